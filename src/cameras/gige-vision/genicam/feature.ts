/** What a feature tells of itself now: for lists, pages, and controls made from a camera's description. */
import { childrenOf, childText, type XmlElement } from './description.js';
import { EnumerationNode } from './enumeration-node.js';
import type { EnumEntryNode, FeatureAccess, FeatureNode, NodeLookup } from './feature-node.js';
import { CategoryNode, INTEGER_MAX, INTEGER_MIN, IntegerNode } from './value-node.js';

export type FeatureKind =
  | 'integer'
  | 'float'
  | 'boolean'
  | 'enumeration'
  | 'command'
  | 'string'
  | 'register'
  | 'category'
  | 'port'
  | 'other';

/** For whom a feature is meant; `Invisible` ones are for programs. */
export type Visibility = 'Beginner' | 'Expert' | 'Guru' | 'Invisible';

/** What is fixed in the description: reading it asks the camera nothing. */
export interface FeatureText {
  readonly name: string;
  readonly kind: FeatureKind;
  /** Of GenICam's SFNC (true) or the maker's own name. */
  readonly standard: boolean;
  /** The name for people; `name` where the description has none. */
  readonly displayName: string;
  /** One line, null where there is none. */
  readonly toolTip: string | null;
  /** Longer than the tool tip, null where there is none. */
  readonly description: string | null;
  readonly documentationUrl: string | null;
  readonly visibility: Visibility;
  readonly deprecated: boolean;
  /** Belongs into a file that keeps the camera's settings. */
  readonly streamable: boolean;
  /** Physical unit of a number, as the description spells it: `us`, `dB`, `Hz`. */
  readonly unit: string | null;
  /** How a number is shown: Linear, Logarithmic, Boolean, PureNumber, HexNumber, IPV4Address, MACAddress. */
  readonly representation: string | null;
  /** Of floats: Automatic, Fixed, Scientific. */
  readonly displayNotation: string | null;
  /** Of floats: digits shown. */
  readonly displayPrecision: number | null;
  /** Features that this one is a selector of: their values belong to what is selected here. */
  readonly selects: readonly string[];
  /** Selectors of this feature. */
  readonly selectors: readonly string[];
  /** Of the event that brings this feature, null for most. */
  readonly eventId: number | null;
}

/** A value that an enumeration can have. */
export interface FeatureEntry {
  /** What is read and written. */
  readonly name: string;
  readonly displayName: string;
  readonly toolTip: string | null;
  readonly visibility: Visibility;
  /** The camera's number for it. */
  readonly value: bigint;
  /** What it stands for as a number (binning factors, frequencies), where the description says so. */
  readonly numericValue: number | null;
  /** Can be chosen now. */
  readonly available: boolean;
}

export interface Feature extends FeatureText {
  /** What can be done now, and why not more. */
  readonly access: FeatureAccess;
  /** Limits of a number now (bigint: kind `integer`), null where the camera has none or they cannot be read now. */
  readonly min: bigint | number | null;
  readonly max: bigint | number | null;
  readonly step: bigint | number | null;
  /** The only values that an integer can have, null where they are not listed (mostly). */
  readonly validValues: readonly bigint[] | null;
  /** Of kind `enumeration`: all implemented entries; `available` says which can be chosen now. */
  readonly entries: readonly FeatureEntry[];
}

/** A category with what is in it, in the order of the description. */
export interface FeatureCategory {
  readonly name: string;
  readonly displayName: string;
  readonly toolTip: string | null;
  readonly visibility: Visibility;
  readonly features: readonly string[];
  readonly categories: readonly FeatureCategory[];
}

const KIND_OF: ReadonlyMap<string, FeatureKind> = new Map(
  Object.entries<FeatureKind>({
    Integer: 'integer',
    IntReg: 'integer',
    MaskedIntReg: 'integer',
    StructEntry: 'integer',
    IntSwissKnife: 'integer',
    IntConverter: 'integer',
    Float: 'float',
    FloatReg: 'float',
    SwissKnife: 'float',
    Converter: 'float',
    Boolean: 'boolean',
    Enumeration: 'enumeration',
    Command: 'command',
    String: 'string',
    StringReg: 'string',
    Register: 'register',
    Category: 'category',
    Port: 'port',
  }),
);

/** The fixed part. `selectors` are the names of the features that select this one. */
export function featureText(node: FeatureNode, selectors: readonly string[]): FeatureText {
  const { element, name } = node;
  const precision = Number(childText(element, 'DisplayPrecision') ?? Number.NaN);
  const eventId = childText(element, 'EventID');
  return {
    name,
    kind: KIND_OF.get(element.tag) ?? 'other',
    standard: element.attributes.get('NameSpace') === 'Standard',
    displayName: filled(childText(element, 'DisplayName')) ?? name,
    toolTip: filled(childText(element, 'ToolTip')),
    description: filled(childText(element, 'Description')),
    documentationUrl: filled(childText(element, 'DocuURL')),
    visibility: visibilityOf(element),
    deprecated: childText(element, 'IsDeprecated') === 'Yes',
    streamable: childText(element, 'Streamable') === 'Yes',
    unit: filled(node.inherited('Unit')),
    representation: filled(node.inherited('Representation')),
    displayNotation: filled(node.inherited('DisplayNotation')),
    displayPrecision: Number.isInteger(precision) ? precision : null,
    selects: childrenOf(element, 'pSelected').map((child) => child.text),
    selectors,
    eventId: eventId !== undefined && /^[0-9a-f]{1,8}$/i.test(eventId) ? Number.parseInt(eventId, 16) : null,
  };
}

/** Asks the camera for what changes. Throws FeatureError, and what the camera's port throws. */
export async function describeFeature(node: FeatureNode, selectors: readonly string[]): Promise<Feature> {
  const text = featureText(node, selectors);
  const access = await node.accessNow();
  // Limits of what is not there now may hang on registers that are not there either.
  const limits =
    access.mode === 'NA' || (text.kind !== 'integer' && text.kind !== 'float')
      ? null
      : await (text.kind === 'integer' ? node.integerLimits() : node.floatLimits());
  return {
    ...text,
    access,
    min: bound(limits?.min),
    max: bound(limits?.max),
    step: limits?.step ?? null,
    validValues: node instanceof IntegerNode ? node.validValues : null,
    entries: node instanceof EnumerationNode ? await entriesOf(node) : [],
  };
}

/** Categories deeper than this are not shown; makers' are three deep. */
const DEEPEST_CATEGORY = 32;

/** Categories below `name`. Each stands where it is named first: one that contains itself, too. */
export function categoryTree(map: NodeLookup, name: string): FeatureCategory {
  return branch(map, name, new Set([name]), 0);
}

function branch(map: NodeLookup, name: string, seen: Set<string>, depth: number): FeatureCategory {
  const node = map.node(name);
  const features: string[] = [];
  const categories: FeatureCategory[] = [];
  for (const member of node instanceof CategoryNode ? node.features : []) {
    const kind = map.element(member)?.tag;
    if (kind === undefined) continue;
    if (kind !== 'Category') features.push(member);
    else if (!seen.has(member) && depth < DEEPEST_CATEGORY) {
      seen.add(member);
      categories.push(branch(map, member, seen, depth + 1));
    }
  }
  const { displayName, toolTip, visibility } = featureText(node, []);
  return { name, displayName, toolTip, visibility, features, categories };
}

/** The names of all features below `name` in the order of the description, each once; `name` itself where it is no category. */
export function featuresBelow(map: NodeLookup, name: string): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const element = map.element(next);
    if (element === undefined || seen.has(next)) continue;
    seen.add(next);
    if (element.tag !== 'Category') found.push(next);
    else
      waiting.push(
        ...childrenOf(element, 'pFeature')
          .map(({ text }) => text)
          .reverse(),
      );
  }
  return found;
}

async function entriesOf(node: EnumerationNode): Promise<FeatureEntry[]> {
  const entries: FeatureEntry[] = [];
  for (const entry of node.entries()) {
    const access = await entry.accessNow();
    if (access.why !== 'not-implemented') entries.push(describeEntry(entry, access.mode !== 'NA'));
  }
  return entries;
}

function describeEntry(entry: EnumEntryNode, available: boolean): FeatureEntry {
  const { element, symbol } = entry;
  const numeric = Number(childText(element, 'NumericValue') ?? Number.NaN);
  return {
    name: symbol,
    displayName: filled(childText(element, 'DisplayName')) ?? symbol,
    toolTip: filled(childText(element, 'ToolTip')),
    visibility: visibilityOf(element),
    value: entry.value,
    numericValue: Number.isFinite(numeric) ? numeric : null,
    available,
  };
}

/** Beginner where the description says nothing (GenApi's default). */
function visibilityOf(element: XmlElement): Visibility {
  const text = childText(element, 'Visibility') ?? childText(element, 'ImposedVisibility');
  return text === 'Expert' || text === 'Guru' || text === 'Invisible' ? text : 'Beginner';
}

/** No limit is null, not the end of 64 bits or infinity. */
function bound(limit: bigint | number | undefined): bigint | number | null {
  if (limit === undefined || limit === INTEGER_MIN || limit === INTEGER_MAX) return null;
  return typeof limit === 'bigint' || Number.isFinite(limit) ? limit : null;
}

function filled(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
