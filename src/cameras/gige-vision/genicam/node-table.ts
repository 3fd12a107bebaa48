/** What a camera's description consists of, by name: everything that can be known without asking the camera. */
import { childrenOf, childText, parseXml, type XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';
import { NodeLinks } from './node-links.js';

/** What the root of a description says of itself; empty text where it says nothing. */
export interface DescriptionInfo {
  readonly vendor: string;
  readonly model: string;
  readonly toolTip: string;
  /** Of the GenApi schema that it follows: `1.1.0`. */
  readonly schemaVersion: string;
  /** Of the description itself: `3.0.12`. */
  readonly version: string;
}

/** What belongs to each entry of a StructReg, where the entry does not say otherwise (GenApi 1.1, StructReg). */
const SHARED: ReadonlySet<string> = new Set([
  'Address',
  'pAddress',
  'pIndex',
  'IntSwissKnife',
  'Length',
  'pLength',
  'pPort',
  'Endianess',
  'AccessMode',
  'Cachable',
  'PollingTime',
  'pInvalidator',
  'pIsImplemented',
  'pIsAvailable',
  'pIsLocked',
  'pError',
  'Sign',
  'Streamable',
  'Unit',
  'Representation',
]);

export class NodeTable {
  readonly info: DescriptionInfo;
  readonly links: NodeLinks;
  readonly #elements = new Map<string, XmlElement>();
  readonly #selectors = new Map<string, string[]>();
  readonly #problems: string[] = [];

  /** Throws FeatureError `genicam.xml` when `xml` is no GenICam description. */
  constructor(xml: string) {
    const root = parseXml(xml);
    if (root.tag !== 'RegisterDescription')
      throw new FeatureError(
        'genicam.xml',
        `the camera's description begins with ${root.tag}, not RegisterDescription`,
      );
    this.info = infoOf(root);
    const [major] = this.info.schemaVersion.split('.');
    if (major !== '' && major !== '1')
      this.#problems.push(`it follows GenApi schema ${this.info.schemaVersion}; 1.0 and 1.1 are known`);
    this.#collect(root);
    for (const [selector, element] of this.#elements)
      for (const { text } of childrenOf(element, 'pSelected')) {
        const known = this.#selectors.get(text);
        if (known === undefined) this.#selectors.set(text, [selector]);
        else known.push(selector);
      }
    this.links = new NodeLinks(this.#elements);
  }

  has(name: string): boolean {
    return this.#elements.has(name);
  }

  element(name: string): XmlElement | undefined {
    return this.#elements.get(name);
  }

  get names(): readonly string[] {
    return [...this.#elements.keys()];
  }

  /** The features that select `name`. */
  selectorsOf(name: string): readonly string[] {
    return this.#selectors.get(name) ?? [];
  }

  /** What is wrong with the description, for whoever looks into a camera's trouble. Features that have no part in it work all the same. */
  problems(): readonly string[] {
    return [...this.#problems, ...this.links.missing()];
  }

  /** Groups are folded away; an entry of a StructReg becomes a register with the fields of its structure. */
  #collect(parent: XmlElement): void {
    for (const element of parent.children) {
      if (element.tag === 'Group') this.#collect(element);
      else if (element.tag === 'StructReg') this.#collectStructure(element);
      else this.#add(element);
    }
  }

  #collectStructure(structure: XmlElement): void {
    const shared = structure.children.filter((child) => SHARED.has(child.tag));
    for (const entry of childrenOf(structure, 'StructEntry'))
      this.#add({ ...entry, children: [...entry.children, ...shared] });
  }

  /** Of two nodes with the same name the first counts. */
  #add(element: XmlElement): void {
    const name = element.attributes.get('Name');
    if (name === undefined || name === '') return;
    if (this.#elements.has(name)) this.#problems.push(`there are two nodes named ${name}; the second is left out`);
    else this.#elements.set(name, element);
  }
}

function infoOf({ attributes }: XmlElement): DescriptionInfo {
  const text = (name: string) => attributes.get(name) ?? '';
  const version = (prefix: string) =>
    ['MajorVersion', 'MinorVersion', 'SubMinorVersion']
      .map((part) => text(prefix + part))
      .filter((part) => part !== '')
      .join('.');
  return {
    vendor: text('VendorName'),
    model: text('ModelName'),
    toolTip: text('ToolTip'),
    schemaVersion: version('Schema'),
    version: version(''),
  };
}

/** The entries of an enumeration: its own, and those that stand elsewhere and are named by pEnumEntry (GenApi 1.0). */
export function enumEntriesOf(element: XmlElement, find: (name: string) => XmlElement | undefined): XmlElement[] {
  return element.children.flatMap((child) => {
    if (child.tag === 'EnumEntry') return child;
    return child.tag === 'pEnumEntry' ? (find(child.text) ?? []) : [];
  });
}

/** Identity of the chunk or event whose bytes a port leads to: hexadecimal digits without 0x, as descriptions have them. */
export function portIdOf(port: XmlElement, tag: 'ChunkID' | 'EventID'): number | null {
  const text = childText(port, tag) ?? '';
  return /^(0x)?[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ''), 16) : null;
}
