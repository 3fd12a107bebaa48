import { DOMParser, type Element } from '@xmldom/xmldom';
import * as assert from 'uvu/assert';
import { readXmlText, type XmlElement } from '#src/cameras/gige-vision/genicam/xml-reader.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** The same document as @xmldom/xmldom reads it. */
function judged(text: string): XmlElement {
  const root = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(message);
    },
  }).parseFromString(text, 'text/xml').documentElement;
  if (root === null) throw new Error('no element');
  return convert(root);
}

function convert(element: Element): XmlElement {
  const children: XmlElement[] = [];
  let text = '';
  for (let node = element.firstChild; node !== null; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE) children.push(convert(node as Element));
    else if (node.nodeType === node.TEXT_NODE || node.nodeType === node.CDATA_SECTION_NODE) text += node.nodeValue;
  }
  const attributes = new Map(Array.from(element.attributes, ({ localName, value }) => [localName ?? '', value]));
  return { tag: element.localName ?? '', attributes, children, text: text.trim() };
}

/** A document with all that XML has, of random shape. */
function randomXml(random: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const text = () =>
    pick([
      '',
      ' ',
      'word',
      '1 &lt; 2 &amp;&amp; 3 &gt; 2',
      '&#65;&#x42;',
      '\u00b5s \u2192',
      '<![CDATA[<a> & ]] >]]>',
      '<!-- <b> - -->',
      '<?go on?>',
    ]);
  const attributes = () =>
    [`Name="N${Math.floor(random() * 9)}"`, "Comment='a &quot;b&quot; c'", 'Offset = "4"'].filter(() => random() < 0.4);
  const element = (depth: number): string => {
    const tag = pick(['Integer', 'x:Float', 'Group', 'pValue', '\u00dcber']);
    const open = [tag, ...attributes()].join(pick([' ', '\n  ']));
    if (random() < 0.2) return `<${open}/>`;
    const inside = Array.from(
      { length: Math.floor(random() * 4) },
      () => text() + (depth < 6 ? element(depth + 1) : ''),
    );
    return `<${open}>${inside.join('')}${text()}</${tag}${pick(['', ' '])}>`;
  };
  const head = pick(['', '<?xml version="1.0"?>\n', '<!DOCTYPE Root [<!ELEMENT Root ANY><!-- ] -->]>', '<!-- a -->']);
  return `${head}<Root xmlns="http://a" xmlns:x="http://b">${element(0)}</Root>\n<!-- end -->`;
}

test('documents are read as @xmldom/xmldom reads them', () => {
  const random = randomOf(1);
  for (let i = 0; i < 400; i++) {
    const text = randomXml(random);
    assert.equal(readXmlText(text), judged(text), text);
  }
});

test('text that is not well-formed is refused with its line', () => {
  const wrong: [string, RegExp][] = [
    ['', /no element/],
    ['words', /text outside/],
    ['<a>', /line 1: <a> is not closed/],
    ['<a>\n\n</b>', /line 3: <\/b> closes <a>/],
    ['</a>', /closes nothing/],
    ['<a/><b/>', /behind the end/],
    ['<a/>words', /text outside/],
    ['<a b="1" b="2"/>', /b twice/],
    ['<a b=1/>', /broken/],
    ['<a b="<"/>', /broken/],
    ['<a', /broken/],
    ['<a>&unknown;</a>', /&unknown is not known/],
    ['<a>&#0;</a>', /not known/],
    ['<a>& b</a>', /not known/],
    ['<a><!-- </a>', /--> is missing/],
    ['<a><![CDATA[ </a>', /\]\]> is missing/],
    ['<a>< b/></a>', /begins no tag/],
    ['<!DOCTYPE a [ ', /does not end/],
    ['<a><!DOCTYPE a></a>', /in the middle/],
  ];
  for (const [text, why] of wrong) assert.throws(() => readXmlText(text), why, text);
});

test('text made to do harm is refused before it does', () => {
  const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>';
  assert.throws(() => readXmlText(bomb), /&c is not known/);
  assert.throws(
    () => readXmlText('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    /&b is not known/,
  );
  assert.throws(() => readXmlText('<a>'.repeat(300_000)), /too deeply/);
  assert.throws(() => readXmlText(`<a>${'<b/>'.repeat(1_000_001)}</a>`), /more than 1000000 elements/);
  assert.throws(() => readXmlText(`<a ${Array.from({ length: 5000 }, (_, i) => `a${i}=""`).join(' ')}/>`), /too many/);
  for (const text of [
    '<a>&'.repeat(9),
    `<a>${'&'.repeat(1_000_000)}`,
    `<a ${' '.repeat(1_000_000)}`,
    '<!--'.repeat(100_000),
  ])
    assert.throws(() => readXmlText(text), /line/);
});

test('random faults in a document end in another document or an error, never in anything else', () => {
  const random = randomOf(2);
  for (let i = 0; i < 3000; i++) {
    const text = [...randomXml(random)];
    for (let faults = 1 + Math.floor(random() * 4); faults > 0; faults--)
      text[Math.floor(random() * text.length)] = '<>&;"\'/=![]-? a\0'[Math.floor(random() * 16)] as string;
    try {
      readXmlText(text.join(''));
    } catch (error) {
      assert.match((error as Error).message, /^line \d+: /);
    }
  }
});

test.run();
