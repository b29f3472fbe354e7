import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { GrowingText } from '../page/markdown/growing.js';
import { loadFor } from '../page/markdown/libraries.js';
import { treeOf } from '../page/markdown/markup.js';

globalThis.self = globalThis; // where KaTeX, as in a worker, puts itself
await loadFor('$ ```');

/** What the edits of a growing text make of an empty element. */
class Shown {
  root = ['root', null, []];
  made = 0;
  #growing = new GrowingText();

  grow(more) {
    this.#growing.grow(more);
    do {
      for (const { path, keep, add = [], text } of this.#growing.step()) {
        const [parent, at] = [path.slice(0, -1).reduce((node, i) => node[2][i], this.root), path.at(-1)];
        if (text !== undefined) {
          assert.equal(typeof parent[2][at], 'string');
          parent[2][at] += text;
        } else {
          const element = path.length === 0 ? this.root : parent[2][at];
          element[2].splice(keep, Infinity, ...structuredClone(add));
        }
        this.made += JSON.stringify(add).length + (text?.length ?? 0);
      }
    } while (this.#growing.behind);
    return this;
  }

  get blocks() {
    const sections = this.root[2].map(([tag, attributes, blocks]) => {
      assert.deepEqual([tag, attributes], ['div', { class: 'section' }]);
      return blocks;
    });
    assert.ok(sections.every(({ length }) => length > 0 && length <= 32));
    return sections.flat();
  }
}

/** Written so that a person can read it: `<p>a<em>b</>`; a code block is its language and its code. */
function written(node) {
  if (typeof node === 'string') return node;
  const [tag, attributes, children] = node;
  const inner = children.map(written).join('');
  if (tag === 'figure') return `<${written(children[0][2][0])}|${textOf(children[1])}>`;
  if (attributes?.class === 'katex') return `<math ${/<annotation x-tex>(.*?)<\/>/s.exec(inner)?.[1]}>`;
  const said = Object.entries(attributes ?? {}).filter(([name]) => !['tabindex', 'type', 'disabled', 'encoding', 'xmlns'].includes(name));
  if (tag === 'annotation') return `<annotation x-tex>${inner}</>`;
  return `<${[tag, ...said.map(([name, value]) => value || name)].join(' ')}>${inner}</>`.replace(/<span>(.*?)<\/>/gs, '$1');
}

function elementsOf(node) {
  return typeof node === 'string' ? [] : [node, ...node[2].flatMap(elementsOf)];
}

function textOf(node) {
  return typeof node === 'string' ? node : node[2].map(textOf).join('');
}

const blocks = (text) => new Shown().grow(text).blocks.map(written).join('|');

for (const [name, text, expected] of [
  ['paragraphs', 'one\ntwo\n\n\nthree', '<p>one\ntwo</>|<p>three</>'],
  ['line ends of all kinds', 'one\r\ntwo\rthree', '<p>one\ntwo\nthree</>'],
  ['headings, below the page’s own', '# a\n#### b ##\n#c', '<h2>a</>|<h5>b</>|<p>#c</>'],
  ['a rule, also right below a paragraph', 'a\n***\nb\n---\nc', '<p>a</>|<hr></>|<p>b</>|<hr></>|<p>c</>'],
  ['emphasis', '*a* **b** ***c*** _d_ __e__ ~~f~~', '<p><em>a</> <strong>b</> <em><strong>c</></> <em>d</> <strong>e</> <s>f</></>'],
  ['no emphasis', '2 * 3 * 4, snake_case_name, a*, ** a**', '<p>2 * 3 * 4, snake_case_name, a*, ** a**</>'],
  ['code spans', '`a*b*` ``c`d`` `e', '<p><code>a*b*</> <code>c`d</> `e</>'],
  ['escapes', '\\*a\\* \\`b\\` c\\d \\', '<p>*a* `b` c\\d \\</>'],
  ['links', '[a](https://x.example/b_c_d) http://y.example/?q=1#f, (https://z.example). [m](mailto:a@b.example)',
    '<p><a https://x.example/b_c_d>a</> <a http://y.example/?q=1#f>http://y.example/?q=1#f</>, (<a https://z.example>https://z.example</>). <a mailto:a@b.example>m</></>'],
  ['names that only look like addresses', 'run file.py, see readme.md or a@b.example', '<p>run file.py, see readme.md or a@b.example</>'],
  ['definitions of links', '[1]: https://x.example', '<p>[1]: <a https://x.example>https://x.example</></>'],
  ['an unordered list', '- a\n- b', '<ul><li>a</><li>b</></>'],
  ['an ordered list from its number', '3. a\n4. b', '<ol 3><li>a</><li>b</></>'],
  ['lists in lists', '- a\n  - b\n    - c\n- d', '<ul><li>a<ul><li>b<ul><li>c</></></></></><li>d</></>'],
  ['an item of several paragraphs', '- a\n\n  c\n- d\n\nend', '<ul><li><p>a</><p>c</></><li><p>d</></></>|<p>end</>'],
  ['a list of tasks', '- [ ] a\n- [x] b\n- [y] c', '<ul><li task><input></> a</><li task><input checked></> b</><li>[y] c</></>'],
  ['code in a list', '- a\n  ```js\n  b()\n\n    c\n  ```', '<ul><li>a<js|b()\n\n  c></></>'],
  ['a quotation', '> a\n> - b\n\nc', '<blockquote><p>a</><ul><li>b</></></>|<p>c</>'],
  ['code blocks', '```js\n*a*\n\n# b\n```\nc\n~~~\n```\n~~~', '<js|*a*\n\n# b>|<p>c</>|<text|```>'],
  ['a code block that is still arriving', 'a\n```py\nb\n\nc', '<p>a</>|<py|b\n\nc>'],
  ['an indented code block that is still arriving', '  ```\n  a\n    b', '<text|a\n  b>'],
  ['a table', 'x\n\n| a | b |\n|---|--:|\n| 1 | *2*<br>3 |\n\ny',
    '<p>x</>|<div table><table><thead><tr><th>a</><th right>b</></></><tbody><tr><td>1</><td right><em>2</><br></>3</></></></></>|<p>y</>'],
  ['formulas in a line', 'a $x_1$ b \\(y\\) c', '<p>a <math x_1> b <math y> c</>'],
  ['more formulas in a paragraph than a person reads', '$a$ '.repeat(151), `<p>${'<math a> '.repeat(150)}$a$</>`],
  ['formulas in lines of their own', '$$\nx\n$$\nand\n\\[ y \\]', '<div formula><span katex-display><math x></></>|<p>and</>|<div formula><span katex-display><math y></></>'],
  ['a formula whose lines look like something else', 'a:\n$$\nx\n+ y\n- z\n$$ b', '<p>a:</>|<div formula><span katex-display><math x\n+ y\n- z></></>|<p>b</>'],
  ['a formula that never ends', '$$ and no more\nb\n\nc', '<p tex>$$\nand no more\nb</>|<p>c</>'],
  ['a formula in its line, set off', 'so $$x$$ it is', '<p>so <span katex-display><math x></> it is</>'],
  ['money and names in a shell', 'from $5 to $6, US$5, $HOME/$PATH or $', '<p>from $5 to $6, US$5, $HOME/$PATH or $</>'],
  ['a formula that is still arriving', 'a\n\n$$\n\\frac{1}', '<p>a</>|<p tex>$$\n\\frac{1}</>'],
  ['no TeX', '$\\nope{$ $$\\frac$$', '<p><code tex>\\nope{</> <code tex>\\frac</></>'],
  ['a formula that goes too deep', `$${'{'.repeat(500)}x${'}'.repeat(500)}$`, /^<p><code tex>\{\{/],
  ['a picture', '![a cat](https://x.example/c.png)', '<p><a https://x.example/c.png image>a cat</></>'],
  ['markup', '<b>a</b> &amp; <script>alert(1)</script>', '<p><b>a</b> & <script>alert(1)</script></>'],
  ['addresses that run code', '[a](javascript:alert(1)) [b](data:text/html,x) [c](//x) [d](vbscript:x) <javascript:alert(1)>',
    '<p>[a](javascript:alert(1)) [b](data:text/html,x) [c](//x) [d](vbscript:x) <javascript:alert(1)></>'],
  ['lists that go too deep', `${'- '.repeat(60)}a`, /^<ul>.*<p plain>(- )+a<\/>/],
  ['nesting that nobody follows', `${'> '.repeat(40)}- a`, /^<blockquote>.*<p plain>.*> - a<\/>/],
  ['a table that nobody reads', `${'|a'.repeat(200)}|\n${'|-'.repeat(200)}|`, /^<p plain>\|a\|a/],
  ['nothing', ' \n\n', ''],
]) {
  test(`given ${name}, then it is shown as such`, () => {
    if (expected instanceof RegExp) assert.match(blocks(text), expected);
    else assert.equal(blocks(text), expected);
  });
}

test('given TeX that would leave the page, then it does not', () => {
  const text = '$\\href{https://x.example}{a}$ $\\url{https://x.example}$ $\\includegraphics{https://x.example/a.png}$ $\\htmlClass{copy}{a}$';
  const [paragraph] = new Shown().grow(text).blocks;
  for (const [tag, attributes] of elementsOf(paragraph)) {
    assert.ok(!['a', 'img'].includes(tag), tag);
    assert.notEqual(attributes?.class, 'copy');
  }
});

test('given long lists and tables, then they are in pieces that go on where the last one ended', () => {
  const list = new Shown().grow(Array.from({ length: 1_000 }, (_, i) => `${i + 5}. item`).join('\n')).blocks;
  assert.ok(list.length > 1);
  let next = 5;
  for (const [tag, { start, class: piece }, items] of list) {
    assert.deepEqual([tag, Number(start)], ['ol', next]);
    assert.equal(piece, next === 5 ? undefined : 'piece');
    next += items.length;
  }
  assert.equal(next, 1_005);

  const tables = new Shown().grow(`|a|b|\n|-|-|\n${'|1|2|\n'.repeat(1_000)}`).blocks;
  assert.ok(tables.length > 1);
  assert.ok(tables.every((table) => written(table).includes('<thead><tr><th>a</><th>b</></></>')));
  assert.equal(tables.flatMap((table) => table[2][0][2][1][2]).length, 1_000);
});

test('given code of a known language, then it is in colour, and the code is the same', () => {
  const code = 'const a = "<b>&amp;" + `x`; // \u{1F600}';
  const [figure] = new Shown().grow(`\`\`\`js\n${code}\n`).blocks;

  assert.equal(textOf(figure[2][1]), code);
  assert.deepEqual(figure[2][1][2][0][2][0][2][0], ['span', { class: 'hljs-keyword' }, ['const']]);
});

test('given much code, then it is in parts that end with a line, and the code is the same', () => {
  const code = Array.from({ length: 400 }, (_, i) => `const a${i} = "x"; // comment ${i}`).join('\n');
  const [figure] = new Shown().grow(`\`\`\`js\n${code}\n`).blocks;
  const lines = figure[2][1][2][0][2];

  assert.equal(textOf(figure[2][1]), code);
  assert.ok(lines.length > 4);
  for (const part of lines.slice(0, -1)) assert.match(textOf(part), /\n$/);
});

test('given markup of a library, then what it says comes back, and what is none becomes text', () => {
  assert.deepEqual(treeOf('<a b="&quot;&amp;lt;" c="">x &lt;</a><d e="f"/>g'), [['a', { b: '"&lt;', c: '' }, ['x <']], ['d', { e: 'f' }, []], 'g']);
  assert.deepEqual(treeOf('1 < 2 </b><script'), ['1 ', '<', ' 2 ', '<', 'script']);
});

function random(seed) {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

const PIECES = ['*', '**', '_', '`', '```', '```js\n', '\n', '\n\n', '\n', '> ', '- ', '1. ', '  ', '    ', '# ', '---\n', '[', '](', 'https://x', ')', '\\', 'a', 'b', ' ', '<img>', '$', '$$', '$$\n', '\\[', '\\]', '|', '|-|-|\n', '|a|b|\n', '😀', '~~~', '~~', '===', '[ ] ', '\r\n', '\r'];
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test('given any text, in whatever pieces it comes, then it looks the same, and no block that ended changes', () => {
  const next = random(seed);
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: next(60) }, () => PIECES[next(PIECES.length)]).join('');
    const whole = new Shown().grow(text).grow('');
    const growing = new Shown();
    for (let at = 0; at < text.length; ) {
      const most = 1 + next(1 + next(12));
      growing.grow(text.slice(at, at + most));
      at += most;
    }
    assert.deepEqual(growing.blocks, whole.blocks, `seed ${seed}: ${JSON.stringify(text)}`);
  }
});

test('given a long text, in whatever pieces it comes, then it stands in the same sections', () => {
  const next = random(seed);
  for (let round = 0; round < 12; round++) {
    const kinds = ['# a\n', 'some words\n\n', '- a\n- b\n\n', '|a|b|\n|-|-|\n|c|d|\n\n', '```js\nlet a\n```\n', '> a\n\n', '$$\nx\n$$\n', '---\n', 'x'.repeat(2_000) + '\n\n'];
    const text = Array.from({ length: 250 }, () => kinds[next(kinds.length)]).join('');
    const whole = new Shown().grow(text);
    const growing = new Shown();
    for (let at = 0; at < text.length; ) {
      const most = 1 + next(300);
      growing.grow(text.slice(at, at + most));
      at += most;
    }
    assert.deepEqual(growing.root, whole.root, `seed ${seed}`);
    assert.ok(whole.root[2].length > 3);
    assert.ok(growing.made < 20 * whole.made, `${growing.made} was told of ${whole.made}: what has ended is told once`);
  }
});

for (const [name, text] of [
  ['list', '- item\n'.repeat(20_000)],
  ['table', `|a|b|\n|-|-|\n${'|1|2|\n'.repeat(20_000)}`],
  ['code block', `\`\`\`\n${'code\n'.repeat(20_000)}`],
  ['quotation', '> quoted\n'.repeat(12_000)],
  ['paragraph', 'words \n'.repeat(16_000)],
  ['line', 'words '.repeat(16_000)],
]) {
  test(`given one ${name} of 100 kB that arrives, then no more is told than there is, and nothing is lost`, () => {
    const growing = new Shown();
    for (let at = 0; at < text.length; at += 500) growing.grow(text.slice(at, at + 500));
    const whole = new Shown().grow(text);
    const shown = growing.blocks.map(textOf).join('');

    assert.ok(growing.made < 4 * whole.made, `${growing.made} was told of ${whole.made}`);
    const words = /item|1|code|quoted|words/g;
    assert.equal(shown.match(words).length, text.match(words).length);
  });
}

test('given any text, then nothing of it is lost', () => {
  const next = random(seed);
  for (let round = 0; round < 1000; round++) {
    const text = Array.from({ length: next(60) }, () => PIECES[next(PIECES.length)]).join('');
    // What names the language of a code block, and a cell too many in a row of a table, is shown nowhere.
    if (/```|~~~|\||\$|\\\[/.test(text)) continue;
    const words = (of) => of.match(/[ab😀]/gu)?.length ?? 0;
    assert.equal(words(new Shown().grow(text).blocks.map(textOf).join('')), words(text), `seed ${seed}: ${JSON.stringify(text)}`);
  }
});
