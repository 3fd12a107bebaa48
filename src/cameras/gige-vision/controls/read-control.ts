/** One control as the camera has it now. */
import { AppulseError } from '#gps/errors.js';
import {
  type Choice,
  type Control,
  type ControlDeclaration,
  type ControlValue,
  declareControl,
} from '../../controls.js';
import { childText } from '../genicam/description.js';
import type { Feature, FeatureKind } from '../genicam/feature.js';
import type { AccessMode, FeatureNode } from '../genicam/feature-node.js';
import type { NodeMap } from '../genicam/node-map.js';
import { GvcpError } from '../gvcp-client.js';
import { changesAtRest, comesBack, groupOf, heldByStation, shapesFrames } from './control-names.js';
import { defaultValue } from './default-value.js';
import {
  closureOf,
  nodeOf,
  type PlacedFeature,
  type Switch,
  spacedName,
  standardUnit,
  unlockedAccess,
  valueChain,
} from './description-facts.js';

/** Look-up tables and the like are no values for a list. */
const LONGEST_REGISTER = 64;
const STREAM_LOCK = 'TLParamsLocked';

/** What is known of a control once and for all. */
export interface ControlSource {
  /** As the camera calls it. */
  readonly feature: string;
  /** As the control is called. */
  readonly name: string;
  readonly path: PlacedFeature['path'];
  /** Of all features: what may lock this one. */
  readonly switches: readonly Switch[];
  /** The description says which of its features belong into a file of settings. */
  readonly marksKept: boolean;
}

/** Null for what this camera does not have although its description does. @throws GvcpError of a camera that does not answer */
export async function readControl(map: NodeMap, source: ControlSource): Promise<Control | null> {
  const { feature, name, path } = source;
  const rest = { name, group: groupOf(name, path) };
  try {
    const node = map.node(feature);
    return await read(map, node, source, rest);
  } catch (error) {
    if (isSilence(error) || !(error instanceof AppulseError)) throw error;
    return unreadControl(source, error.message);
  }
}

/** A control of which nothing is known but its name, and why. */
export function unreadControl({ feature, name, path }: ControlSource, why: string): Control {
  const given = { name, group: groupOf(name, path), label: spacedName(feature), type: 'text', help: '' } as const;
  return { ...declareControl({ ...given, readOnly: true }), value: null, unavailable: why };
}

type Rest = Pick<ControlDeclaration, 'name' | 'group'>;

async function read(map: NodeMap, node: FeatureNode, source: ControlSource, rest: Rest): Promise<Control | null> {
  const { feature, name } = source;
  const about = await map.describe(feature);
  const { mode, why } = about.access;
  if (why === 'not-implemented') return null;
  const chain = valueChain(map, feature);
  const type = TYPE_OF[about.kind] ?? 'text';
  const lock = why === 'locked' ? await lockOf(map, chain, source.switches) : null;
  const absent = mode === 'NA' && why !== 'locked' ? await absence(map, feature) : null;
  const reading = mode === 'RO' || mode === 'RW' ? await valueNow(node, type) : { value: null, why: null };
  // A whole number beyond 53 bits is shown, and taken, in digits.
  const digits = typeof reading.value === 'string' && type === 'integer';
  const isReading = unlockedAccess(chain) === 'RO' || (mode === 'RO' && why !== 'locked') || about.kind === 'register';
  const readOnly = isReading && type !== 'command';
  const held = heldByStation(feature);
  const isLocked = isStreamLocked(map, chain);
  const comesAgain = comesBack(name) && (about.streamable || !source.marksKept);
  const plain = declareControl({
    ...rest,
    type: digits ? 'text' : type,
    ...(digits ? {} : rangeOf(about)),
    choices: choicesOf(about),
    label: about.displayName === feature ? spacedName(name) : about.displayName,
    unit: type === 'integer' || type === 'float' ? standardUnit(about.unit) : null,
    readOnly,
    live: !(changesAtRest(name) || isLocked),
    // What makers lock while frames stream, and count to the image, is of the frames' shape, whatever they call it.
    shapesFrames: shapesFrames(name) || (isLocked && rest.group === 'Image'),
    kept: !readOnly && type !== 'command' && held === null && comesAgain,
    help: about.toolTip ?? about.description ?? '',
  });
  const declaration = { ...plain, default: defaultValue(node.element, plain) };
  const odd = oddity(declaration, reading.value, mode);
  return { ...declaration, value: reading.value, unavailable: held ?? absent ?? lock?.why ?? reading.why ?? odd };
}

/** What makes no sense about a number. What can be set stays settable, though it begins with a number that is none. */
function oddity(control: ControlDeclaration, value: ControlValue, mode: AccessMode): string | null {
  const { type, readOnly, minimum, maximum } = control;
  if (readOnly && type === 'float' && value === null && mode === 'RO')
    return 'the camera gives no number here: nothing is measured, or its description divides by zero';
  if (!readOnly && minimum !== null && maximum !== null && minimum > maximum)
    return `its limits contradict each other now: at least ${minimum}, at most ${maximum}`;
  return null;
}

const TYPE_OF: Partial<Record<FeatureKind, ControlDeclaration['type']>> = {
  boolean: 'boolean',
  command: 'command',
  enumeration: 'choice',
  float: 'float',
  integer: 'integer',
};

/** Limits that no number holds are none. */
function rangeOf({ min, max, step }: Feature): Pick<ControlDeclaration, 'minimum' | 'maximum' | 'step'> {
  const known = (limit: bigint | number | null) => {
    const value = Number(limit ?? Number.NaN);
    const holds = typeof limit === 'bigint' ? Number.isSafeInteger(value) : Math.abs(value) < 1e300;
    return holds ? value : null;
  };
  return { minimum: known(min), maximum: known(max), step: known(step) };
}

function choicesOf({ entries }: Feature): Choice[] {
  return entries.filter(({ available }) => available).map(({ name, displayName }) => ({ name, label: displayName }));
}

/** A value that cannot be read has its reason; the camera as a whole may be well. */
async function valueNow(
  node: FeatureNode,
  type: ControlDeclaration['type'],
): Promise<{ readonly value: ControlValue; readonly why: string | null }> {
  try {
    return { value: await readValue(node, type), why: null };
  } catch (error) {
    if (isSilence(error) || !(error instanceof AppulseError)) throw error;
    return { value: null, why: error.message };
  }
}

async function readValue(node: FeatureNode, type: ControlDeclaration['type']): Promise<ControlValue> {
  switch (type) {
    case 'command':
      return null;
    case 'boolean':
      return (await node.readInteger()) !== 0n;
    case 'integer': {
      const value = await node.readInteger();
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    }
    case 'float': {
      const value = await node.readFloat();
      return Number.isFinite(value) ? value : null;
    }
    case 'choice':
      return node.readText();
    case 'text':
      return node.kind === 'Register' && (await isLong(node)) ? null : node.readText();
  }
}

async function isLong(node: FeatureNode): Promise<boolean> {
  return 'length' in node && typeof node.length === 'function' && Number(await node.length()) > LONGEST_REGISTER;
}

/** Why it is not there now: in the camera's own words where its description has a place for them. */
async function absence(map: NodeMap, feature: string): Promise<string> {
  const told = nodeOf(map, `${feature}Unavailable`);
  const words = told === null ? '' : (await told.readText()).trim();
  return words === '' ? "not available in the camera's present mode" : words;
}

interface Lock {
  /** In words; null where the stream is all that locks it. */
  readonly why: string | null;
}

/** What locks it now; null: nothing. */
async function lockOf(map: NodeMap, chain: readonly FeatureNode[], switches: readonly Switch[]): Promise<Lock | null> {
  for (const { element } of chain) {
    const name = childText(element, 'pIsLocked');
    const node = name === undefined ? null : nodeOf(map, name);
    if (node === null || (await node.readInteger()) === 0n) continue;
    const closure = closureOf(map, node.name);
    if (closure.has(STREAM_LOCK) && (await map.integer(STREAM_LOCK)) !== 0n) return { why: null };
    return { why: await lockInWords(map, closure, switches) };
  }
  return null;
}

/** `locked while ExposureAuto is Continuous` where what locks it is, or stands behind, a feature that people know. */
async function lockInWords(map: NodeMap, closure: ReadonlySet<string>, switches: readonly Switch[]): Promise<string> {
  for (const { name, chain } of switches) {
    if (!chain.some((behind) => closure.has(behind))) continue;
    const node = map.node(name);
    const value = await node.readText();
    const word = node.kind === 'Boolean' ? (value === 'true' ? 'on' : 'off') : value;
    return `locked while ${name} is ${word}`;
  }
  return 'locked by the camera in its present mode';
}

function isStreamLocked(map: NodeMap, chain: readonly FeatureNode[]): boolean {
  return chain.some(({ element }) => {
    const name = childText(element, 'pIsLocked');
    return name !== undefined && closureOf(map, name).has(STREAM_LOCK);
  });
}

/** No answer at all: asking for the next one would wait as long again. */
function isSilence(error: unknown): boolean {
  return error instanceof GvcpError && error.code !== 'gvcp.status' && error.code !== 'gvcp.answer';
}
