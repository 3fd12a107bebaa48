import * as assert from 'uvu/assert';
import { parseXml, type XmlElement } from '#src/cameras/gige-vision/genicam/description.js';
import { FeatureError } from '#src/cameras/gige-vision/genicam/feature-error.js';
import { randomOf } from '#test/support/random.js';
import { test } from '#test/support/test.js';

/** Throws where it ends in anything but an element or the typed error. */
function refusal(text: string): string | null {
  try {
    parseXml(text);
    return null;
  } catch (error) {
    assert.instance(error, FeatureError);
    const { code, message } = error as FeatureError;
    assert.is(code, 'genicam.xml');
    return message;
  }
}

/** Tags, attributes and text in brackets. */
function written({ tag, attributes, children, text }: XmlElement): string {
  const words = [tag, ...[...attributes].map(([name, value]) => `${name}=${value}`)].join(' ');
  return `[${words}|${text}${children.map(written).join('')}]`;
}

test('elements, attributes and text are read with all ways to write them', () => {
  const documents: [string, string][] = [
    ['<a/>', '[a|]'],
    ['\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a>b</a>\n<!-- end -->', '[a|b]'],
    ['\n  <?xml version="1.0"?><a/>', '[a|]'],
    ['<?xml-stylesheet href="a"?><!DOCTYPE a [<!ELEMENT a ANY><!-- ] > -->]><a><?go on?></a >', '[a|]'],
    ['<a>1 &lt; 2 &amp;&amp; &#65;&#x42; &quot;&apos;&gt;</a>', '[a|1 < 2 && AB "\'>]'],
    ['<a>one<!-- <b> - -->two<![CDATA[<c> & ]] >]]> <b/>three</a>', '[a|onetwo<c> & ]] > three[b|]]'],
    ['<a>\r\n  \u00b5s \u2192 \ud83d\udd2d\r\n</a>', '[a|\u00b5s \u2192 \ud83d\udd2d]'],
    [`<a b = "1"\n c='x "y" &lt;' d=">"/>`, '[a b=1 c=x "y" < d=>|]'],
    ['<g:a xmlns:g="http://a" g:b="1" b="2"><x:c/></g:a>', '[a g=http://a b=2|[c|]]'],
    ['<a><b><c>1</c></b><b>2</b></a>', '[a|[b|[c|1]][b|2]]'],
    [
      '<\u00dcber __proto__="1" constructor="2"><__proto__/></\u00dcber>',
      '[\u00dcber __proto__=1 constructor=2|[__proto__|]]',
    ],
  ];
  for (const [text, expected] of documents) assert.is(written(parseXml(text)), expected, text);
});

test('text that is not well-formed is refused, and where', () => {
  const wrong: [string, RegExp][] = [
    ['', /root element/],
    ['words', /text data outside/],
    ['<a>', /: 1:3: unclosed tag: a/],
    ['<a>\n\n</b>', /: 3:4: unexpected close tag/],
    ['</a>', /unmatched closing tag/],
    ['<a/><b/>', /only one root/],
    ['<a/>words', /text data outside/],
    ['<a b="1" b="2"/>', /duplicate attribute: b/],
    ['<a b=1/>', /unquoted/],
    ['<a b="<"/>', /disallowed/],
    ['<a', /root element/],
    ['<a>&unknown;</a>', /undefined entity/],
    ['<a>&#0;</a>', /malformed character entity/],
    ['<a>& b</a>', /unclosed tag/],
    ['<a><!-- </a>', /unclosed/],
    ['<a><![CDATA[ </a>', /unclosed/],
    ['<a>< b/></a>', /disallowed/],
    ['<a>\0</a>', /disallowed/],
    ['<!DOCTYPE a [ ', /root element/],
    ['<a><!DOCTYPE a></a>', /doctype/],
  ];
  for (const [text, why] of wrong) assert.match(refusal(text) ?? 'no error', why, text);
});

test('text made to do harm is refused before it does', () => {
  const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>';
  assert.match(refusal(bomb) ?? '', /undefined entity/);
  const reach = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>';
  assert.match(refusal(reach) ?? '', /undefined entity/);
  assert.match(refusal('<a>'.repeat(300_000)) ?? '', /too deeply/);
  assert.is(refusal('<a>'.repeat(32) + '</a>'.repeat(32)), null);
  assert.match(refusal(`<a>${'<b/>'.repeat(1_000_001)}</a>`) ?? '', /more than 1000000 elements/);
  const attributes = Array.from({ length: 5000 }, (_, i) => `a${i}=""`).join(' ');
  assert.match(refusal(`<a ${attributes}/>`) ?? '', /more than 100 attributes/);
  assert.match(refusal(`<a>${' '.repeat(17 << 20)}</a>`) ?? '', /16777216 at the most/);
  for (const text of [
    '<a>&'.repeat(9),
    `<a>${'&'.repeat(1_000_000)}`,
    `<a>&${'b'.repeat(1_000_000)};</a>`,
    `<a ${' '.repeat(1_000_000)}`,
    '<!--'.repeat(100_000),
    `<!DOCTYPE a ${'['.repeat(1_000_000)}`,
    `<a>${'<![CDATA['.repeat(100_000)}`,
    `<${'a'.repeat(1_000_000)}`,
  ])
    assert.is.not(refusal(text), null, text.slice(0, 20));
});

test('random faults in a document end in another document or a typed error, never in anything else', () => {
  const random = randomOf(2);
  const parts = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '<a>',
    '</a>',
    '<x:b y="1" z=\'2\'/>',
    '<b>',
  ];
  const more = ['</b>', '&lt;', '&#65;', '<![CDATA[<a>]]>', '<!-- a -->', '<?go on?>', ' ', 'word', '\u00b5s'];
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  let read = 0;
  for (let i = 0; i < 3000; i++) {
    const inside = Array.from({ length: Math.floor(random() * 9) }, () =>
      pick([...parts.slice(4, 5), ...more.slice(1)]),
    );
    const text = [...`<a><b>${inside.join('')}</b>${pick([...parts, ...more])}</a>`];
    for (let faults = Math.floor(random() * 3); faults > 0; faults--)
      text[Math.floor(random() * text.length)] = pick([...'<>&;"\'/=![]-? a\0']);
    if (refusal(text.join('')) === null) read++;
  }
  assert.ok(read > 300, `${read} are read`);
});

test.run();
