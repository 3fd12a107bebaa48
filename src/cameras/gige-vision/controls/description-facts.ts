/** What a camera's description says of a feature without a question to the camera. */
import { childrenOf, childText } from '../genicam/description.js';
import { FeatureError } from '../genicam/feature-error.js';
import type { AccessMode, FeatureNode } from '../genicam/feature-node.js';
import type { NodeMap } from '../genicam/node-map.js';

/** A feature, and the categories that it stands under, the outermost first. */
export interface PlacedFeature {
  readonly name: string;
  readonly path: readonly string[];
}

/** A broken node is no node; its fault shows when it is read. */
export function nodeOf(map: NodeMap, name: string): FeatureNode | null {
  try {
    return map.has(name) ? map.node(name) : null;
  } catch (error) {
    if (error instanceof FeatureError) return null;
    throw error;
  }
}

/** Categories deeper than this are not looked into; makers' are three deep. */
const DEEPEST_CATEGORY = 32;

/** All features below Root in the order of the description, each once; ports and hidden ones left out. */
export function placedFeatures(map: NodeMap): PlacedFeature[] {
  const found: PlacedFeature[] = [];
  const seen = new Set<string>();
  const walk = (name: string, path: readonly string[]) => {
    if (seen.has(name) || !map.has(name) || path.length > DEEPEST_CATEGORY) return;
    seen.add(name);
    const node = nodeOf(map, name);
    if (node?.kind === 'Category') {
      const inside = name === 'Root' ? path : [...path, name];
      for (const feature of childrenOf(node.element, 'pFeature')) walk(feature.text, inside);
    } else if (node === null || (node.kind !== 'Port' && childText(node.element, 'Visibility') !== 'Invisible')) {
      found.push({ name, path });
    }
  };
  walk('Root', []);
  return found;
}

/** The node and those that hold its value in turn. */
export function valueChain(map: NodeMap, name: string): FeatureNode[] {
  const chain: FeatureNode[] = [];
  const seen = new Set<string>();
  for (let at: string | undefined = name; at !== undefined && !seen.has(at); ) {
    seen.add(at);
    const node = nodeOf(map, at);
    if (node === null) break;
    chain.push(node);
    at = childText(node.element, 'pValue') ?? childText(node.element, 'pValueIndexed');
  }
  return chain;
}

/** What may be done with it where nothing locks it. */
export function unlockedAccess(chain: readonly FeatureNode[]): AccessMode {
  const modes = chain.flatMap(({ element, kind }) => {
    const knife = kind === 'SwissKnife' || kind === 'IntSwissKnife' ? ['RO'] : [];
    return [...knife, childText(element, 'ImposedAccessMode'), childText(element, 'AccessMode')];
  });
  if (modes.includes('NA') || (modes.includes('RO') && modes.includes('WO'))) return 'NA';
  return modes.includes('RO') ? 'RO' : modes.includes('WO') ? 'WO' : 'RW';
}

/** Children of a node that name others on which its value, its limits or its state hang. */
const REFERRING =
  /^(pValue|pValueCopy|pValueIndexed|pValueDefault|pIndex|pMin|pMax|pInc|pVariable|pAddress|pLength|pIsImplemented|pIsAvailable|pIsLocked|pInvalidator|pCommandValue)$/;

/** The names of the nodes that a node's value, limits and state hang on directly. */
function referencesOf(map: NodeMap, name: string): string[] {
  return (nodeOf(map, name)?.element.children ?? []).flatMap((child) => {
    if (REFERRING.test(child.tag)) return child.text;
    const isNode = child.tag === 'EnumEntry' || child.tag === 'IntSwissKnife';
    return isNode ? child.children.filter(({ tag }) => REFERRING.test(tag)).map(({ text }) => text) : [];
  });
}

/** The names of all nodes that a node's value, limits and state hang on, its own included. */
export function closureOf(map: NodeMap, name: string): ReadonlySet<string> {
  return reachedFrom([name], (at) => referencesOf(map, at));
}

/**
 * The other way round: the names of all nodes that hang on any of `names`, those included. A list for each feature would not do: in a
 * description that means harm everything hangs on everything.
 */
export function dependentsOf(
  map: NodeMap,
  features: readonly string[],
): (names: Iterable<string>) => ReadonlySet<string> {
  const dependents = new Map<string, string[]>();
  const references = (at: string) => {
    const found = referencesOf(map, at);
    for (const name of found) listed(dependents, name).push(at);
    return found;
  };
  reachedFrom(features, references);
  return (names) => reachedFrom(names, (at) => dependents.get(at) ?? []);
}

function listed(lists: Map<string, string[]>, name: string): string[] {
  const known = lists.get(name) ?? [];
  lists.set(name, known);
  return known;
}

function reachedFrom(names: Iterable<string>, next: (name: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set(names);
  for (const at of reached) for (const name of next(at)) reached.add(name);
  return reached;
}

/** An enumeration or a boolean, with the names of the nodes that hold its value. */
export interface Switch {
  readonly name: string;
  readonly chain: readonly string[];
}

/** What people switch other features by. */
export function switchesOf(map: NodeMap, placed: readonly PlacedFeature[]): Switch[] {
  return placed.flatMap(({ name }) => {
    const kind = nodeOf(map, name)?.kind;
    if (kind !== 'Enumeration' && kind !== 'Boolean') return [];
    return { name, chain: valueChain(map, name).map((node) => node.name) };
  });
}

/** `ExposureTime` -> `Exposure time`, `GevSCPSPacketSize` -> `Gev SCPS packet size`. */
export function spacedName(name: string): string {
  const words = name
    .replace(/_/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .split(/\s+/);
  return words.map((word, i) => (i > 0 && /^[A-Z][a-z\d]/.test(word) ? word.toLowerCase() : word)).join(' ');
}

const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    µs: 'us',
    μs: 'us',
    '°C': 'Cel',
    C: 'Cel',
    degC: 'Cel',
    Celsius: 'Cel',
    Bytes: 'B',
    bytes: 'B',
    Byte: 'B',
    pixels: 'px',
    Pixels: 'px',
    pixel: 'px',
    fps: 'Hz',
  }),
);

/** A unit as our controls spell it. */
export function standardUnit(unit: string | null): string | null {
  return unit === null ? null : (UNITS.get(unit) ?? unit);
}
