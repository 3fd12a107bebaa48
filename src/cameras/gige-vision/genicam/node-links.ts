/**
 * How the nodes of a description hang together: which questions a question to one node puts to others, so that a description that
 * leads in a circle, or to more questions than anybody can wait for, is refused before it is followed; and what a write makes stale.
 */
import type { XmlElement } from './description.js';
import { FeatureError } from './feature-error.js';

/** What is asked of a node. */
export type Topic = 'value' | 'limits' | 'access' | 'write';

interface Question {
  readonly name: string;
  readonly topic: Topic;
}

/** A reference from one node to another: the child `tag` holds the name `to`. */
interface Link {
  readonly tag: string;
  readonly to: string;
  /** Of a pVariable: its name in the formula. */
  readonly variable: string;
  /** Inside an IntSwissKnife that computes an address. */
  readonly ofAddress: boolean;
}

const VALUE_TAGS: ReadonlySet<string> = new Set(['pValue', 'pValueIndexed', 'pValueDefault']);
const ADDRESS_TAGS: ReadonlySet<string> = new Set(['pAddress', 'pLength', 'pIndex', 'pOffset']);
const CONDITION_TAGS: ReadonlySet<string> = new Set(['pIsImplemented', 'pIsAvailable', 'pIsLocked']);
const LIMIT_TAGS: ReadonlySet<string> = new Set(['pMin', 'pMax', 'pInc']);
const REGISTER_KINDS: ReadonlySet<string> = new Set([
  'Register',
  'IntReg',
  'MaskedIntReg',
  'StructEntry',
  'FloatReg',
  'StringReg',
]);

/** Makers' features reach some ten nodes deep and ask some hundred questions. */
const DEEPEST = 150;
const MOST_QUESTIONS = 100_000;

interface Effort {
  readonly questions: number;
  readonly depth: number;
}

export class NodeLinks {
  readonly #elements: ReadonlyMap<string, XmlElement>;
  readonly #links = new Map<string, readonly Link[]>();
  readonly #efforts = new Map<string, Effort>();
  /** Nodes whose value is made from the node that is the key. */
  readonly #readers = new Map<string, Set<string>>();
  /** Nodes whose registers a write to the key makes stale by decree: pInvalidator, pSelected. */
  readonly #decreed = new Map<string, Set<string>>();
  readonly #stale = new Map<string, ReadonlySet<string>>();
  readonly #pollingMs = new Map<string, number>();

  constructor(elements: ReadonlyMap<string, XmlElement>) {
    this.#elements = elements;
    for (const [name, element] of elements) this.#links.set(name, linksOf(element));
    for (const [name, links] of this.#links)
      for (const { tag, to } of links) {
        if (tag === 'pInvalidator') add(this.#decreed, to, name);
        else if (tag === 'pSelected') add(this.#decreed, name, to);
        // A port is never written, but may be invalidated: with it all that is read through it.
        else if (VALUE_TAGS.has(tag) || ADDRESS_TAGS.has(tag) || tag === 'pVariable' || tag === 'pPort')
          add(this.#readers, to, name);
      }
    for (const [name, element] of elements) this.#spreadPolling(name, element);
  }

  /** Throws FeatureError `genicam.xml` where asking a node would lead in a circle, or too far. */
  requireAnswerable(name: string): void {
    for (const topic of ['value', 'limits', 'access', 'write'] as const) this.#effortOf({ name, topic }, new Set());
  }

  /** Registers whose remembered bytes are not to be trusted after a write to `name`, a register or a value kept here. */
  staleAfter(name: string): ReadonlySet<string> {
    const known = this.#stale.get(name);
    if (known !== undefined) return known;
    const touched = new Set([name]);
    for (const node of touched) {
      for (const reader of this.#readers.get(node) ?? []) touched.add(reader);
      for (const decreed of this.#decreed.get(node) ?? [])
        for (const behind of this.#valuesBehind(decreed)) touched.add(behind);
    }
    const registers = new Set([...touched].filter((node) => this.isRegister(node)));
    this.#stale.set(name, registers);
    return registers;
  }

  /** All registers that the value of `name` is read from, `name` itself if it is one. */
  registersBehind(name: string): string[] {
    return [...this.#valuesBehind(name)].filter((node) => this.isRegister(node));
  }

  /** The shortest PollingTime of a register and of the nodes that read it, in milliseconds; null: it stays as it is. */
  pollingMsOf(register: string): number | null {
    return this.#pollingMs.get(register) ?? null;
  }

  isRegister(name: string): boolean {
    return REGISTER_KINDS.has(this.#elements.get(name)?.tag ?? '');
  }

  /** Sentences about references to nodes that are not there. */
  missing(): string[] {
    const sentences: string[] = [];
    for (const [name, links] of this.#links)
      for (const { tag, to } of links)
        if (!this.#elements.has(to)) sentences.push(`${name} refers by ${tag} to ${to}, which is not there`);
    return sentences;
  }

  /** The nodes that make up a value: not those that say where it lies or whether it can be had. */
  #valuesBehind(name: string): Set<string> {
    const found = new Set([name]);
    for (const node of found)
      for (const { tag, to, ofAddress } of this.#links.get(node) ?? [])
        if (VALUE_TAGS.has(tag) || (tag === 'pVariable' && !ofAddress)) found.add(to);
    return found;
  }

  #spreadPolling(name: string, element: XmlElement): void {
    const text = element.children.find((child) => child.tag === 'PollingTime')?.text ?? '';
    if (!/^\d{1,10}$/.test(text)) return;
    for (const register of this.registersBehind(name))
      this.#pollingMs.set(register, Math.min(Number(text), this.#pollingMs.get(register) ?? Number(text)));
  }

  #effortOf(question: Question, path: Set<string>): Effort {
    const key = `${question.topic} of ${question.name}`;
    const known = this.#efforts.get(key);
    if (known !== undefined) return known;
    if (path.has(key))
      throw new FeatureError('genicam.xml', `the ${key} depends on itself in the camera's description`);
    path.add(key);
    let questions = 1;
    let depth = path.size;
    if (depth <= DEEPEST)
      for (const next of this.#questionsBehind(question)) {
        const effort = this.#effortOf(next, path);
        questions += effort.questions;
        depth = Math.max(depth, path.size + effort.depth);
      }
    if (depth > DEEPEST || questions > MOST_QUESTIONS)
      throw new FeatureError('genicam.xml', `the ${key} leads too far in the camera's description to be followed`);
    path.delete(key);
    const effort = { questions, depth: depth - path.size };
    this.#efforts.set(key, effort);
    return effort;
  }

  /** What must be asked of other nodes to answer a question. */
  #questionsBehind({ name, topic }: Question): Question[] {
    const links = this.#links.get(name);
    if (links === undefined) return [];
    const isCommand = this.#elements.get(name)?.tag === 'Command';
    return links.flatMap(({ tag, to, variable }): Question[] => {
      const value: Question[] = [{ name: to, topic: 'value' }];
      if (VALUE_TAGS.has(tag))
        return isCommand && topic === 'value' ? [...value, { name: to, topic: 'access' }] : [{ name: to, topic }];
      if (tag === 'pIndex' || tag === 'pOffset') return value;
      switch (topic) {
        case 'access':
          return CONDITION_TAGS.has(tag) ? value : tag === 'pPort' ? [{ name: to, topic }] : [];
        case 'limits':
          if (tag === 'pValueCopy') return [{ name: to, topic }];
          if (LIMIT_TAGS.has(tag) || tag === 'pLength') return value;
          return tag === 'pVariable' ? [variableQuestion(to, variable)] : [];
        default:
          if (tag === 'pVariable') return [variableQuestion(to, variable)];
          if (ADDRESS_TAGS.has(tag) || tag === 'pCommandValue') return value;
          if (topic === 'write' && tag === 'pValueCopy') return [{ name: to, topic }];
          return topic === 'write' && (tag === 'pError' || CONDITION_TAGS.has(tag)) ? value : [];
      }
    });
  }
}

/** A variable named X.Min stands for a limit of its node, X.Entry.NAME for a constant (GenApi 1.1, SwissKnife). */
function variableQuestion(name: string, variable: string): Question {
  return { name, topic: /\.(?:Min|Max|Inc)$/i.test(variable) ? 'limits' : 'value' };
}

function linksOf(element: XmlElement, ofAddress = false): Link[] {
  const links: Link[] = [];
  for (const child of element.children) {
    if (child.tag === 'IntSwissKnife') links.push(...linksOf(child, true));
    else if (child.tag === 'EnumEntry') links.push(...linksOf(child).filter(({ tag }) => CONDITION_TAGS.has(tag)));
    else if (isReference(child.tag)) {
      links.push({ tag: child.tag, to: child.text, variable: child.attributes.get('Name') ?? '', ofAddress });
      const offset = child.attributes.get('pOffset');
      if (offset !== undefined) links.push({ tag: 'pOffset', to: offset, variable: '', ofAddress });
    }
  }
  return links;
}

/** References are named p + the property. */
function isReference(tag: string): boolean {
  return /^p[A-Z]/.test(tag);
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
