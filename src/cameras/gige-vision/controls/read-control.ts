/** One control as the camera has it now. */
import { AppulseError } from '#gps/errors.js';
import {
  type Choice,
  type Control,
  type ControlDeclaration,
  type ControlValue,
  declareControl,
} from '../../controls.js';
import { childrenOf, childText, type XmlElement } from '../genicam/description.js';
import type { FeatureNode } from '../genicam/feature-node.js';
import type { NodeMap } from '../genicam/node-map.js';
import { GvcpError } from '../gvcp-client.js';
import { changesAtRest, comesBack, groupOf, heldByStation, shapesFrames } from './control-names.js';
import {
  closureOf,
  nodeOf,
  type PlacedFeature,
  spacedName,
  unitOf,
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
  /** Names of all nodes that it hangs on. */
  readonly closure: ReadonlySet<string>;
}

/** Null for what this camera does not have although its description does. @throws GvcpError of a camera that does not answer */
export async function readControl(map: NodeMap, source: ControlSource): Promise<Control | null> {
  const { feature, name, path } = source;
  const rest = { name, group: groupOf(name, path), shapesFrames: shapesFrames(name) };
  try {
    const node = map.node(feature);
    return await read(map, node, source, rest);
  } catch (error) {
    if (isSilence(error) || !(error instanceof AppulseError)) throw error;
    const given = { ...rest, label: spacedName(feature), type: 'text', help: '', readOnly: true } as const;
    return { ...declareControl(given), value: null, unavailable: error.message };
  }
}

type Rest = Pick<ControlDeclaration, 'name' | 'group' | 'shapesFrames'>;

async function read(map: NodeMap, node: FeatureNode, source: ControlSource, rest: Rest): Promise<Control | null> {
  const { feature, name } = source;
  if (await isFalse(map, node.element, 'pIsImplemented')) return null;
  const chain = valueChain(map, feature);
  const access = await node.access();
  const declared = unlockedAccess(chain);
  const shape = await shapeOf(node, access !== 'NA');
  const lock = access === 'WO' || (access === 'RO' && declared !== 'RO') ? await lockOf(map, chain) : null;
  const why = heldByStation(feature) ?? (access === 'NA' ? await absence(map, node) : (lock?.why ?? null));
  const reading = access === 'RO' || access === 'RW' ? await valueNow(node, shape.type) : { value: null, why: null };
  // A whole number beyond 53 bits is shown, and taken, in digits.
  const digits = typeof reading.value === 'string' && shape.type === 'integer';
  const reads = declared === 'RO' || (access === 'RO' && lock === null) || node.kind === 'Register';
  const readOnly = reads && shape.type !== 'command';
  const declaration = declareControl({
    ...rest,
    ...shape,
    ...(digits ? { type: 'text', minimum: null, maximum: null, step: null } : {}),
    label: childText(node.element, 'DisplayName') ?? spacedName(name),
    unit: shape.type === 'integer' || shape.type === 'float' ? unitOf(chain) : null,
    readOnly,
    live: !(changesAtRest(name) || isStreamLocked(map, chain)),
    kept: !readOnly && shape.type !== 'command' && heldByStation(feature) === null && comesBack(name),
    help: childText(node.element, 'ToolTip') ?? childText(node.element, 'Description') ?? '',
  });
  return { ...declaration, value: reading.value, unavailable: why ?? reading.why };
}

type Shape = Pick<ControlDeclaration, 'type' | 'minimum' | 'maximum' | 'step' | 'choices'>;

const WITHOUT_RANGE = { minimum: null, maximum: null, step: null, choices: [] } as const;

/** `readable`: limits may be asked for. */
async function shapeOf(node: FeatureNode, readable: boolean): Promise<Shape> {
  switch (node.kind) {
    case 'Boolean':
      return { ...WITHOUT_RANGE, type: 'boolean' };
    case 'Command':
      return { ...WITHOUT_RANGE, type: 'command' };
    case 'Enumeration':
      return { ...WITHOUT_RANGE, type: 'choice', choices: readable ? await choicesOf(node) : [] };
    case 'Integer':
    case 'IntReg':
    case 'MaskedIntReg':
    case 'StructEntry':
    case 'IntConverter':
    case 'IntSwissKnife': {
      const limits = readable ? await node.integerLimits() : null;
      return { ...WITHOUT_RANGE, type: 'integer', ...rangeOf(limits) };
    }
    case 'Float':
    case 'FloatReg':
    case 'Converter':
    case 'SwissKnife': {
      const limits = readable ? await node.floatLimits() : null;
      return { ...WITHOUT_RANGE, type: 'float', ...rangeOf(limits) };
    }
    default:
      return { ...WITHOUT_RANGE, type: 'text' };
  }
}

/** Limits that no number holds are none. */
function rangeOf(limits: { min: bigint | number; max: bigint | number; step: bigint | number | null } | null) {
  const known = (limit: bigint | number | null | undefined) => {
    const value = Number(limit ?? Number.NaN);
    const holds = typeof limit === 'bigint' ? Number.isSafeInteger(value) : Math.abs(value) < 1e300;
    return holds ? value : null;
  };
  return { minimum: known(limits?.min), maximum: known(limits?.max), step: known(limits?.step) };
}

async function choicesOf(node: FeatureNode): Promise<Choice[]> {
  const labels = new Map(
    childrenOf(node.element, 'EnumEntry').map((entry) => [
      childText(entry, 'Symbolic') ?? entry.attributes.get('Name') ?? '',
      childText(entry, 'DisplayName'),
    ]),
  );
  return (await node.symbols()).map((name) => ({ name, label: labels.get(name) ?? name }));
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
async function absence(map: NodeMap, node: FeatureNode): Promise<string> {
  const told = nodeOf(map, `${node.name}Unavailable`);
  const words = told === null ? '' : (await told.readText()).trim();
  return words === '' ? "not available in the camera's present mode" : words;
}

interface Lock {
  /** In words; null where the stream is all that locks it. */
  readonly why: string | null;
}

/** What locks it now; null: nothing. */
async function lockOf(map: NodeMap, chain: readonly FeatureNode[]): Promise<Lock | null> {
  for (const { element } of chain) {
    const name = childText(element, 'pIsLocked');
    const node = name === undefined ? null : nodeOf(map, name);
    if (node === null || (await node.readInteger()) === 0n) continue;
    const closure = closureOf(map, node.name);
    if (closure.has(STREAM_LOCK) && (await map.integer(STREAM_LOCK)) !== 0n) return { why: null };
    return { why: await lockInWords(map, closure) };
  }
  return null;
}

/** `locked while ExposureAuto is Continuous` where the description's lock names a feature that people know. */
async function lockInWords(map: NodeMap, closure: ReadonlySet<string>): Promise<string> {
  for (const name of closure) {
    const node = nodeOf(map, name);
    if (node?.kind === 'Enumeration' || node?.kind === 'Boolean')
      return `locked while ${name} is ${await node.readText()}`;
  }
  return 'locked by the camera in its present mode';
}

function isStreamLocked(map: NodeMap, chain: readonly FeatureNode[]): boolean {
  return chain.some(({ element }) => {
    const name = childText(element, 'pIsLocked');
    return name !== undefined && closureOf(map, name).has(STREAM_LOCK);
  });
}

async function isFalse(map: NodeMap, element: XmlElement, tag: string): Promise<boolean> {
  const name = childText(element, tag);
  return name !== undefined && (await map.node(name).readInteger()) === 0n;
}

/** No answer at all: asking for the next one would wait as long again. */
function isSilence(error: unknown): boolean {
  return error instanceof GvcpError && error.code !== 'gvcp.status' && error.code !== 'gvcp.answer';
}
