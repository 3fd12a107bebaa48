/**
 * The features of a camera, by name, as its GenICam description defines them over its registers. Kinds: Integer,
 * IntReg, MaskedIntReg, StructReg, Float, FloatReg, Boolean, Enumeration, Command, String, StringReg, Register,
 * SwissKnife, IntSwissKnife, Converter, IntConverter, Category. Others (ports, DCAM locks) can be named, not read.
 */
import { childrenOf, parseXml, type XmlElement } from './description.js';
import {
  categoryTree,
  describeFeature,
  type Feature,
  type FeatureCategory,
  type FeatureText,
  featureText,
} from './feature.js';
import { FeatureError } from './feature-error.js';
import { type FeatureAccess, FeatureNode, type Limits, type NodeLookup, type RegisterPort } from './feature-node.js';
import { ConverterNode, KnifeNode } from './knife-node.js';
import { FloatRegisterNode, IntegerRegisterNode, RegisterNode, StringRegisterNode } from './register-node.js';
import {
  BooleanNode,
  CategoryNode,
  CommandNode,
  EnumerationNode,
  FloatNode,
  IntegerNode,
  StringNode,
} from './value-node.js';

type NodeClass = new (map: NodeLookup, element: XmlElement, name: string) => FeatureNode;

const KINDS: ReadonlyMap<string, NodeClass> = new Map<string, NodeClass>([
  ['Integer', IntegerNode],
  ['IntReg', IntegerRegisterNode],
  ['MaskedIntReg', IntegerRegisterNode],
  ['StructEntry', IntegerRegisterNode],
  ['Float', FloatNode],
  ['FloatReg', FloatRegisterNode],
  ['Boolean', BooleanNode],
  ['Enumeration', EnumerationNode],
  ['Command', CommandNode],
  ['String', StringNode],
  ['StringReg', StringRegisterNode],
  ['Register', RegisterNode],
  ['SwissKnife', KnifeNode],
  ['IntSwissKnife', KnifeNode],
  ['Converter', ConverterNode],
  ['IntConverter', ConverterNode],
  ['Category', CategoryNode],
]);

export class NodeMap implements NodeLookup {
  readonly port: RegisterPort;
  readonly #elements = new Map<string, XmlElement>();
  /** Questions known to end, by what they are about. */
  readonly #withoutCircle = new Set<string>();
  readonly #nodes = new Map<string, FeatureNode>();
  #selectors: Map<string, readonly string[]> | null = null;

  /** Throws FeatureError `genicam.xml` when `xml` is no GenICam description. */
  constructor(xml: string, port: RegisterPort) {
    this.port = port;
    const root = parseXml(xml);
    if (root.tag !== 'RegisterDescription')
      throw new FeatureError(
        'genicam.xml',
        `the camera's description begins with ${root.tag}, not RegisterDescription`,
      );
    this.#collect(root);
  }

  has(name: string): boolean {
    return this.#elements.has(name);
  }

  /** The names of all features below category `name`, categories themselves left out. */
  featuresOf(category = 'Root'): string[] {
    const names: string[] = [];
    const seen = new Set<string>();
    const walk = (name: string) => {
      if (seen.has(name) || !this.has(name)) return;
      seen.add(name);
      const node = this.node(name);
      if (node instanceof CategoryNode) node.features.forEach(walk);
      else names.push(name);
    };
    walk(category);
    return names;
  }

  /** What a feature is, from the description alone: the camera is asked nothing. Throws FeatureError `feature.unknown`. */
  about(name: string): FeatureText {
    return featureText(this.node(name), this.#selectorsOf(name));
  }

  /**
   * What a feature is and what can be done with it now: kind, access and why not more, limits, entries. Its value is not read.
   * Throws FeatureError, and what the port throws.
   */
  describe(name: string): Promise<Feature> {
    return describeFeature(this.node(name), this.#selectorsOf(name));
  }

  /** What can be done with a feature now, and why not more. Throws FeatureError. */
  access(name: string): Promise<FeatureAccess> {
    return this.node(name).accessNow();
  }

  /** The tree of categories as the camera's maker made it. Throws FeatureError `feature.unknown` when there is no such category. */
  tree(category = 'Root'): FeatureCategory {
    return categoryTree(this, category);
  }

  /** Throws FeatureError `feature.unknown`; `genicam.xml` when the value of the node depends on itself. */
  node(name: string): FeatureNode {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const element = this.#elements.get(name);
    if (element === undefined) throw new FeatureError('feature.unknown', `the camera has no feature named ${name}`);
    this.#requireNoCircle(name);
    const node = new (KINDS.get(element.tag) ?? FeatureNode)(this, element, name);
    this.#nodes.set(name, node);
    return node;
  }

  async integer(name: string): Promise<bigint> {
    return (await this.#readable(name)).readInteger();
  }

  async float(name: string): Promise<number> {
    return (await this.#readable(name)).readFloat();
  }

  /** The symbol of an enumeration, `true` or `false`, a number in digits, text; bytes of a Register in hexadecimal. */
  async text(name: string): Promise<string> {
    return (await this.#readable(name)).readText();
  }

  /** Sets a feature, after a look at its access mode and its limits. Throws FeatureError. */
  async set(name: string, value: bigint | number | string | boolean): Promise<void> {
    const node = this.node(name);
    const access = await node.access();
    if (access !== 'RW' && access !== 'WO')
      throw new FeatureError(
        'feature.access',
        `${name} cannot be set${access === 'NA' ? ' now' : ': it is read only'}`,
      );
    if (typeof value === 'boolean') return node.writeInteger(value ? 1n : 0n);
    const number = typeof value === 'string' ? numberFrom(value, node) : value;
    if (typeof number === 'string') return node.writeText(number);
    if (typeof number === 'bigint') {
      requireWithin(name, number, await node.integerLimits());
      return node.writeInteger(number);
    }
    requireWithin(name, number, await node.floatLimits());
    return node.writeFloat(number);
  }

  async execute(name: string): Promise<void> {
    await this.node(name).execute();
  }

  /** Who selects `name`, found once for all. */
  #selectorsOf(name: string): readonly string[] {
    if (this.#selectors === null) {
      this.#selectors = new Map();
      for (const [selector, element] of this.#elements)
        for (const { text } of childrenOf(element, 'pSelected'))
          this.#selectors.set(text, [...(this.#selectors.get(text) ?? []), selector]);
    }
    return this.#selectors.get(name) ?? [];
  }

  async #readable(name: string): Promise<FeatureNode> {
    const node = this.node(name);
    const access = await node.access();
    if (access !== 'RO' && access !== 'RW')
      throw new FeatureError(
        'feature.access',
        `${name} cannot be read${access === 'NA' ? ' now' : ': it is write only'}`,
      );
    return node;
  }

  /** Groups are folded away; an entry of a StructReg becomes a register with the fields of its structure. */
  #collect(parent: XmlElement): void {
    for (const element of parent.children) {
      if (element.tag === 'Group') this.#collect(element);
      else if (element.tag === 'StructReg') this.#collectStructure(element);
      else {
        const name = element.attributes.get('Name');
        if (name !== undefined) this.#elements.set(name, element);
      }
    }
  }

  #collectStructure(structure: XmlElement): void {
    const shared = structure.children.filter((child) => child.tag !== 'StructEntry');
    for (const entry of structure.children) {
      const name = entry.tag === 'StructEntry' ? entry.attributes.get('Name') : undefined;
      if (name !== undefined) this.#elements.set(name, { ...entry, children: [...entry.children, ...shared] });
    }
  }

  /** A value, or a limit, that depends on itself would be read for ever. */
  #requireNoCircle(start: string): void {
    const finished = this.#withoutCircle;
    const path = new Set<string>();
    const visit = (question: Question) => {
      const key = `${question.about} of ${question.name}`;
      if (finished.has(key)) return;
      if (path.has(key))
        throw new FeatureError('genicam.xml', `the ${key} depends on itself in the camera's description`);
      path.add(key);
      const element = this.#elements.get(question.name);
      if (element !== undefined) for (const next of questionsBehind(element, question.about)) visit(next);
      path.delete(key);
      finished.add(key);
    };
    visit({ name: start, about: 'value' });
    visit({ name: start, about: 'limits' });
  }
}

/** What is asked of a node. */
interface Question {
  readonly name: string;
  readonly about: 'value' | 'limits';
}

/** What must be asked of other nodes to answer a question about `element`. */
function questionsBehind(element: XmlElement, about: Question['about']): Question[] {
  return element.children.flatMap((child): Question[] => {
    const value: Question[] = [{ name: child.text, about: 'value' }];
    switch (child.tag) {
      case 'pValue':
      case 'pValueIndexed':
      case 'pValueDefault':
        return [{ name: child.text, about }];
      case 'pVariable':
        return /\.(Min|Max|Inc)$/.test(child.attributes.get('Name') ?? '')
          ? [{ name: child.text, about: 'limits' }]
          : value;
      case 'pIndex': {
        const offset = child.attributes.get('pOffset');
        return offset === undefined ? value : [...value, { name: offset, about: 'value' }];
      }
      case 'pLength':
        return value;
      case 'pAddress':
      case 'pCommandValue':
        return about === 'value' ? value : [];
      case 'IntSwissKnife':
        return about === 'value' ? questionsBehind(child, 'value') : [];
      case 'pMin':
      case 'pMax':
      case 'pInc':
        return about === 'limits' ? value : [];
      default:
        return [];
    }
  });
}

const WHOLE_KINDS: ReadonlySet<string> = new Set(['Integer', 'IntReg', 'MaskedIntReg', 'StructEntry', 'IntConverter']);
const FLOAT_KINDS: ReadonlySet<string> = new Set(['Float', 'FloatReg', 'Converter']);

/** Text for a feature that is a number becomes one, as on a command line; other text stays. */
function numberFrom(text: string, node: FeatureNode): bigint | number | string {
  const trimmed = text.trim();
  if (WHOLE_KINDS.has(node.kind) && /^(-?\d+|0x[0-9a-f]+)$/i.test(trimmed)) return BigInt(trimmed);
  const number = Number(trimmed);
  return FLOAT_KINDS.has(node.kind) && trimmed !== '' && !Number.isNaN(number) ? number : text;
}

function requireWithin<T extends bigint | number>(name: string, value: T, limits: Limits<T> | null): void {
  if (limits === null || (value >= limits.min && value <= limits.max)) return;
  throw new FeatureError('feature.range', `${name} = ${value} is outside ${limits.min} to ${limits.max}`);
}
