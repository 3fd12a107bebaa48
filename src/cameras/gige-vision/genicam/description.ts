/** A camera's GenICam XML as plain elements, without knowledge of what they mean. */
import { DOMParser, type Node } from '@xmldom/xmldom';
import { FeatureError } from './feature-error.js';

export interface XmlElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, trimmed. */
  readonly text: string;
}

/** Elements deeper than this are not a GenICam description (Group, StructReg, StructEntry, field: five). */
const DEEPEST = 32;

/** Parses XML. Throws FeatureError `genicam.xml`. */
export function parseXml(text: string): XmlElement {
  try {
    const document = new DOMParser({
      onError: (level, message) => {
        if (level !== 'warning') throw new Error(message);
      },
    }).parseFromString(text, 'text/xml');
    if (document.documentElement === null) throw new Error('it is empty');
    return convert(document.documentElement as unknown as DomElement, 0);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new FeatureError('genicam.xml', `the camera's GenICam description is not well-formed XML: ${why}`, { cause });
  }
}

interface DomElement extends Node {
  readonly localName: string;
  readonly attributes: ArrayLike<{ readonly localName: string; readonly value: string }>;
}

const ELEMENT = 1;
const TEXT = 3;
const CDATA = 4;

function convert(element: DomElement, depth: number): XmlElement {
  if (depth > DEEPEST) throw new Error('elements are nested too deeply');
  const children: XmlElement[] = [];
  let text = '';
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === ELEMENT) children.push(convert(node as unknown as DomElement, depth + 1));
    else if (node.nodeType === TEXT || node.nodeType === CDATA) text += node.nodeValue ?? '';
  }
  const attributes = new Map(Array.from(element.attributes, (attribute) => [attribute.localName, attribute.value]));
  return { tag: element.localName, attributes, children, text: text.trim() };
}

/** Text of the first child with that tag, or undefined. */
export function childText(element: XmlElement, tag: string): string | undefined {
  return element.children.find((child) => child.tag === tag)?.text;
}

export function childrenOf(element: XmlElement, tag: string): readonly XmlElement[] {
  return element.children.filter((child) => child.tag === tag);
}
