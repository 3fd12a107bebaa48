/**
 * Reads XML into plain elements. Made for text that a device sends: it does not recurse, no entity but the five of XML is known, and
 * what it builds is bounded. The DOM of @xmldom/xmldom, which judges this reader in the tests, took five
 * times as long and 300 MB for a description of 5 MB, and gigabytes for text that means harm.
 */
export interface XmlElement {
  /** Without a name space prefix. */
  readonly tag: string;
  /** By name, without a prefix. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Text directly inside, trimmed. */
  readonly text: string;
}

/** Elements deeper than this are not a GenICam description (Group in Group, StructReg, StructEntry, field: some six). */
const DEEPEST = 32;
/** A description of 5 MB has 170 000 elements, with five attributes at the most (the root has fifteen). */
const MOST_ELEMENTS = 1_000_000;
const MOST_ATTRIBUTES = 100;

interface OpenElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const NAME = /[^\s<>/=&"'!?]+/y;
const ATTRIBUTE = /\s+([^\s<>/=&"'!?]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const NOTHING: ReadonlyMap<string, string> = new Map();

/** Parses one document. Throws Error with the line and what is wrong there. */
export function readXmlText(text: string): XmlElement {
  return new Reader(text).read();
}

class Reader {
  readonly #text: string;
  readonly #open: OpenElement[] = [];
  #root: XmlElement | null = null;
  #elements = 0;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): XmlElement {
    while (this.#at < this.#text.length) {
      const tag = this.#text.indexOf('<', this.#at);
      const end = tag < 0 ? this.#text.length : tag;
      if (end > this.#at) this.#characters(this.#text.slice(this.#at, end), true);
      this.#at = end;
      if (tag >= 0) this.#markup();
    }
    const [unclosed] = this.#open.slice(-1);
    if (unclosed !== undefined) throw this.#wrong(`<${unclosed.name}> is not closed`);
    if (this.#root === null) throw this.#wrong('there is no element');
    return this.#root;
  }

  #markup(): void {
    if (this.#startsWith('<!--')) this.#skipTo('-->');
    else if (this.#startsWith('<![CDATA[')) {
      const start = this.#at + '<![CDATA['.length;
      this.#skipTo(']]>');
      this.#characters(this.#text.slice(start, this.#at - 3), false);
    } else if (this.#startsWith('<?')) this.#skipTo('?>');
    else if (this.#startsWith('<!DOCTYPE')) this.#documentType();
    else if (this.#startsWith('</')) this.#endTag();
    else this.#startTag();
  }

  #startTag(): void {
    const name = this.#match(NAME, this.#at + 1)?.[0];
    if (name === undefined) throw this.#wrong('"<" begins no tag');
    if (this.#root !== null && this.#open.length === 0) throw this.#wrong(`<${name}> stands behind the end`);
    if (this.#open.length > DEEPEST) throw this.#wrong('elements are nested too deeply');
    this.#elements++;
    if (this.#elements > MOST_ELEMENTS) throw this.#wrong(`there are more than ${MOST_ELEMENTS} elements`);
    const attributes = this.#attributes(name);
    const end = this.#match(TAG_END, this.#at);
    if (end === null) throw this.#wrong(`the tag <${name}> is broken`);
    this.#open.push({ name, attributes, children: [], text: '' });
    if (end[1] === '/') this.#close();
  }

  #attributes(tag: string): ReadonlyMap<string, string> {
    let found: Map<string, string> | null = null;
    for (;;) {
      const match = this.#match(ATTRIBUTE, this.#at);
      if (match === null) return found ?? NOTHING;
      found ??= new Map();
      if (found.size === MOST_ATTRIBUTES) throw this.#wrong(`<${tag}> has too many attributes`);
      const name = match[1] ?? '';
      const local = withoutPrefix(name);
      if (local === name && found.has(name)) throw this.#wrong(`<${tag}> has ${name} twice`);
      if (local === name || !found.has(local)) found.set(local, this.#decode(match[2] ?? match[3] ?? ''));
    }
  }

  #endTag(): void {
    const name = this.#match(NAME, this.#at + 2)?.[0];
    const end = this.#match(TAG_END, this.#at);
    const open = this.#open[this.#open.length - 1];
    if (name === undefined || end === null || end[1] === '/') throw this.#wrong('an end tag is broken');
    if (open?.name !== name)
      throw this.#wrong(`</${name}> closes ${open === undefined ? 'nothing' : `<${open.name}>`}`);
    this.#close();
  }

  #close(): void {
    const open = this.#open.pop();
    if (open === undefined) throw this.#wrong('an end tag is broken');
    const { name, attributes, children, text } = open;
    const element = { tag: withoutPrefix(name), attributes, children, text: text.trim() };
    const parent = this.#open[this.#open.length - 1];
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  #characters(text: string, encoded: boolean): void {
    const open = this.#open[this.#open.length - 1];
    if (open !== undefined) open.text += encoded ? this.#decode(text) : text;
    else if (text.trim().replace('\ufeff', '') !== '') throw this.#wrong('there is text outside of the elements');
  }

  /** Its declarations are skipped: entities made there are not known. */
  #documentType(): void {
    if (this.#root !== null || this.#open.length > 0) throw this.#wrong('DOCTYPE stands in the middle');
    let brackets = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      const character = this.#text[at];
      if (this.#text.startsWith('<!--', at)) {
        at = this.#text.indexOf('-->', at);
        if (at < 0) break;
      } else if (character === '"' || character === "'") {
        at = this.#text.indexOf(character, at + 1);
        if (at < 0) break;
      } else if (character === '[') brackets++;
      else if (character === ']') brackets--;
      else if (character === '>' && brackets === 0) {
        this.#at = at + 1;
        return;
      }
    }
    throw this.#wrong('DOCTYPE does not end');
  }

  #decode(text: string): string {
    let decoded = '';
    let from = 0;
    for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', from)) {
      const end = text.indexOf(';', at);
      const name = text.slice(at + 1, end < 0 || end > at + 12 ? at + 12 : end);
      const meaning = end < 0 || end > at + 12 ? undefined : meaningOf(name);
      if (meaning === undefined) throw this.#wrong(`&${name} is not known`);
      decoded += text.slice(from, at) + meaning;
      from = end + 1;
    }
    return from === 0 ? text : decoded + text.slice(from);
  }

  #startsWith(mark: string): boolean {
    return this.#text.startsWith(mark, this.#at);
  }

  #skipTo(mark: string): void {
    const end = this.#text.indexOf(mark, this.#at + 2);
    if (end < 0) throw this.#wrong(`${mark} is missing`);
    this.#at = end + mark.length;
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #wrong(why: string): Error {
    let line = 1;
    for (let at = this.#text.indexOf('\n'); at >= 0 && at < this.#at; at = this.#text.indexOf('\n', at + 1)) line++;
    return new Error(`line ${line}: ${why}`);
  }
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** What the reference `&name;` stands for. */
function meaningOf(name: string): string | undefined {
  const code = /^#(?:x([0-9a-fA-F]+)|(\d+))$/.exec(name);
  if (code === null) return ENTITIES.get(name);
  const point = code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}

function withoutPrefix(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
