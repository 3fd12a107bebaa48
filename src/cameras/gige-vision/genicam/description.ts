/** A camera's GenICam XML as plain elements, without knowledge of what they mean. */
import { SaxesParser } from 'saxes';
import { reasonOf } from '#gps/errors.js';
import { FeatureError } from './feature-error.js';

export interface XmlElement {
  /** Without a name space prefix. */
  readonly tag: string;
  /** By name, without a prefix. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, trimmed. */
  readonly text: string;
}

/**
 * Bounds of what a device may make us build. No bound of time is needed: reading takes time in proportion to the text, some 0.1 us a
 * character.
 */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Elements deeper than this are not a GenICam description (Group in Group, StructReg, StructEntry, field: some six). */
const DEEPEST = 32;
/** A description of 5 MB has 170 000 elements, with five attributes at the most (the root has fifteen). */
const MOST_ELEMENTS = 1_000_000;
const MOST_ATTRIBUTES = 100;

/**
 * Parses XML; entities of its own are not known. Throws FeatureError `genicam.xml` with line and column where it is not well-formed, or
 * larger than any description.
 */
export function parseXml(text: string): XmlElement {
  try {
    return readDocument(text);
  } catch (cause) {
    const why = `the camera's GenICam description is not well-formed XML: ${reasonOf(cause)}`;
    throw new FeatureError('genicam.xml', why, { cause });
  }
}

interface OpenElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map();

function readDocument(text: string): XmlElement {
  if (text.length > MOST_CHARACTERS)
    throw new Error(`it has ${text.length} characters, ${MOST_CHARACTERS} at the most`);
  // Name spaces are not checked, but cut off: some makers use a prefix and do not declare it.
  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let attributes = 0;
  const require = (holds: boolean, why: string) => {
    if (!holds) throw parser.makeError(why);
  };
  const append = (characters: string) => {
    const element = open[open.length - 1];
    if (element !== undefined) element.text += characters;
  };
  // The first error ends it: saxes would go on behind it.
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentagstart', () => {
    attributes = 0;
    elements++;
    require(open.length < DEEPEST, 'elements are nested too deeply');
    require(elements <= MOST_ELEMENTS, `there are more than ${MOST_ELEMENTS} elements`);
  });
  parser.on('attribute', () => {
    attributes++;
    require(attributes <= MOST_ATTRIBUTES, `an element has more than ${MOST_ATTRIBUTES} attributes`);
  });
  parser.on('opentag', (tag) => {
    const found = attributes === 0 ? NO_ATTRIBUTES : localNames(tag.attributes);
    open.push({ tag: withoutPrefix(tag.name), attributes: found, children: [], text: '' });
  });
  parser.on('text', append);
  parser.on('cdata', append);
  parser.on('closetag', () => {
    const element = open.pop();
    if (element === undefined) return;
    element.text = element.text.trim();
    const parent = open[open.length - 1];
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  // A declaration must be the first of all; some makers leave a line free before it.
  parser.write(text.trimStart()).close();
  if (root === null) throw parser.makeError('there is no element');
  return root;
}

/** An attribute without a prefix counts before one with. */
function localNames(attributes: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes)) {
    const local = withoutPrefix(name);
    if (local === name || !found.has(local)) found.set(local, value);
  }
  return found;
}

function withoutPrefix(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

/** Text of the first child with that tag, or undefined. */
export function childText(element: XmlElement, tag: string): string | undefined {
  return element.children.find((child) => child.tag === tag)?.text;
}

export function childrenOf(element: XmlElement, tag: string): readonly XmlElement[] {
  return element.children.filter((child) => child.tag === tag);
}
