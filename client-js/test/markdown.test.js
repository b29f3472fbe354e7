import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlocks } from '../page/markdown.js';

/** Writes the tree down in a form that a person can compare. */
function written(node) {
  if (typeof node === 'string') return node;
  const facts = [node.href, node.language, node.start].filter((fact) => fact !== undefined && fact !== '');
  return `<${[node.tag, ...facts].join(' ')}>${node.children.map(written).join('')}</>`;
}

function blocks(text) {
  return parseBlocks(text).map(({ block }) => written(block)).join('|');
}

for (const [name, text, expected] of [
  ['paragraphs', 'one\ntwo\n\n\nthree', '<p>one\ntwo</>|<p>three</>'],
  ['line ends of all kinds', 'one\r\ntwo\rthree', '<p>one\ntwo\nthree</>'],
  ['headings, below the page’s own', '# a\n#### b ##\n#c', '<h2>a</>|<h5>b</>|<p>#c</>'],
  ['a rule', 'a\n***\nb\n- - -', '<p>a</>|<hr></>|<p>b</>|<hr></>'],
  ['emphasis', '*a* **b** ***c*** _d_ __e__', '<p><em>a</> <strong>b</> <em><strong>c</></> <em>d</> <strong>e</></>'],
  ['emphasis in emphasis', '**a *b* c** *a **b** c*', '<p><strong>a <em>b</> c</> <em>a <strong>b</> c</></>'],
  ['no emphasis', '2 * 3 * 4, snake_case_name, a*, ** a**, ****', '<p>2 * 3 * 4, snake_case_name, a*, ** a**, ****</>'],
  ['emphasis that is still arriving', 'a **b *c', '<p>a **b *c</>'],
  ['code spans', '`a*b*` ``c`d`` `e', '<p><code>a*b*</> <code>c`d</> `e</>'],
  ['escapes', '\\*a\\* \\`b\\` c\\d \\', '<p>*a* `b` c\\d \\</>'],
  ['links', '[a](https://x.example/b_c_d) http://y.example/?q=1#f, (https://z.example).',
    '<p><a https://x.example/b_c_d>a</> <a http://y.example/?q=1#f>http://y.example/?q=1#f</>, (<a https://z.example>https://z.example</>).</>'],
  ['an unordered list', '- a\n* b\n+ c', '<ul><li>a</><li>b</><li>c</></>'],
  ['an ordered list from its number', '3. a\n4) b', '<ol 3><li>a</><li>b</></>'],
  ['lists in lists', '- a\n  - b\n    - c\n- d', '<ul><li>a<ul><li>b<ul><li>c</></></></></><li>d</></>'],
  ['a list in a numbered item', '1. a\n   - b\n2. c', '<ol 1><li>a<ul><li>b</></></><li>c</></>'],
  ['an item of several lines and paragraphs', '- a\n  b\nlazy\n\n  c\n- d\n\nend', '<ul><li>a\nb\nlazy<p>c</></><li>d</></>|<p>end</>'],
  ['one list after the other', '- a\n1. b', '<ul><li>a</></>|<ol 1><li>b</></>'],
  ['code in a list', '- a\n  ```js\n  b()\n\n    c\n  ```', '<ul><li>a<pre js><code>b()\n\n  c</></></></>'],
  ['a quotation', '> a\n> - b\n\nc', '<blockquote><p>a</><ul><li>b</></></>|<p>c</>'],
  ['code blocks', '```js\n*a*\n\n# b\n```\nc\n~~~\n```\n~~~', '<pre js><code>*a*\n\n# b</></>|<p>c</>|<pre><code>```</></>'],
  ['a code block that is still arriving', 'a\n```py\nb\n\nc', '<p>a</>|<pre py><code>b\n\nc</></>'],
  ['a fence that has only begun', '``', '<p>``</>'],
  ['markup', '<b>a</b> &amp; <script>alert(1)</script>', '<p><b>a</b> &amp; <script>alert(1)</script></>'],
  ['addresses that run code', '[a](javascript:alert(1)) [b](data:text/html,x) javascript:alert(1) [c](//x)',
    '<p>[a](javascript:alert(1)) [b](data:text/html,x) javascript:alert(1) [c](//x)</>'],
  ['nothing', ' \n\n', ''],
]) {
  test(`given ${name}, then it is shown as such`, () => assert.equal(blocks(text), expected));
}

/** Every node of a tree, and how deep it goes. */
function* nodesOf(node, depth = 1) {
  yield { node, depth };
  if (typeof node !== 'string') for (const child of node.children) yield* nodesOf(child, depth + 1);
}

function random(seed) {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const PIECES = ['*', '**', '_', '`', '```', '\n', '\n\n', '> ', '- ', '1. ', '  ', '# ', '[', '](', 'https://x', ')', '\\', 'a', ' ', '<img>', 'javascript:', '😀', '~~~'];
const TAGS = ['p', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'em', 'strong', 'code', 'pre', 'a', 'ul', 'ol', 'li', 'blockquote'];

test('given any text, then nothing but known elements and web addresses comes out, and the words stay', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  const next = random(seed);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: next(60) }, () => PIECES[next(PIECES.length)]).join('');
    let shown = '';
    for (const { block } of parseBlocks(text)) {
      for (const { node, depth } of nodesOf(block)) {
        assert.ok(depth < 64, `seed ${seed}: ${JSON.stringify(text)}`);
        if (typeof node === 'string') shown += node;
        else {
          assert.ok(TAGS.includes(node.tag), `seed ${seed}: ${node.tag}`);
          if (node.tag === 'a') assert.match(new URL(node.href).protocol, /^https?:$/, `seed ${seed}`);
        }
      }
    }
    const words = (of) => of.match(/a(?!vascript)|😀/g)?.length ?? 0;
    // What is no word in the text may only be what names the language of a code block.
    if (!/```|~~~/.test(text)) assert.equal(words(shown), words(text), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});

for (const piece of ['*a ', '`a ', '[a', '[a](https://', '> ', '- ', '1. \n  ', '```\n', '***a** b* ', '*a `', '\n', '_']) {
  test(`given much of ${JSON.stringify(piece)}, then it comes to an end, and no deeper than a page can show`, () => {
    const text = piece.repeat(Math.ceil(200_000 / piece.length));
    for (const { block } of parseBlocks(text)) for (const { depth } of nodesOf(block)) assert.ok(depth < 64);
  });
}
