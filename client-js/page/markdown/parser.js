import MarkdownIt from '../vendor/markdown-it-15.0.3/markdown-it.esm.min.mjs';
import { codeBlock } from './code.js';
import { formula } from './libraries.js';
import { math } from './math.js';
import { parts } from './parts.js';
import { inPieces } from './pieces.js';

/** @import { Token } from '../vendor/markdown-it-15.0.3/markdown-it.esm.min.mjs' */
/** @import { TreeNode } from './tree.js' */

/**
 * A code block that has not ended.
 *
 * @typedef {object} OpenFence
 * @property {string} mark what it began with
 * @property {number} indent of that
 * @property {string} info the words after it
 * @property {number} body where its lines begin
 */

/**
 * One block of a text.
 *
 * @typedef {object} Block
 * @property {number} at where it begins
 * @property {TreeNode[]} nodes
 * @property {boolean} sure whether it stays a block of its own, whatever follows: the lines that make it one are whole
 * @property {number} cut where it can be cut in two, at its last item or row; 0 where it has none
 * @property {string} head what then has to stand before its second part: the first two lines of a table
 * @property {OpenFence | null} fence
 */

/** More than this in one paragraph is no prose: it is shown as it is. */
const PARAGRAPH_CHARS_MAX = 16_000;
/** Quotes in lists in quotes …: what is deeper stays text. */
const NESTING_MAX = 24;
/** A table with more columns is none that anybody reads. */
const COLUMNS_MAX = 100;
/** So many formulas are set in one paragraph; each is some dozens of elements. */
const FORMULAS_MAX = 150;
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);

const parser = new MarkdownIt({ html: false, linkify: true });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
parser.validateLink = (/** @type {string} */ url) => URL.canParse(url) && PROTOCOLS.has(new URL(url).protocol);
math(parser);
// A line of dashes under a paragraph is a rule, as models mean it, and not half of a heading that comes and goes while
// text arrives. A definition of a link would vanish, for what refers to it may be on the page already.
parser.disable(['lheading', 'reference']);
parser.block.ruler.before('table', 'as_it_is', (state, startLine, endLine, silent) => {
  const deep = state.level >= NESTING_MAX;
  if (!deep && !wide(state.src.slice(state.bMarks[startLine], state.eMarks[startLine]))) return false;
  if (silent) return true;
  let line = startLine + 1;
  while (line < endLine && (deep || !state.isEmpty(line))) line++;
  const token = state.push('as_it_is', 'p', 0);
  Object.assign(token, { content: state.getLines(startLine, line, state.blkIndent, false), map: [startLine, line] });
  state.line = line;
  return true;
});
parser.inline.ruler.before('autolink', 'break', (state, silent) => {
  const found = state.src[state.pos] === '<' && /^<br ?\/?>/i.exec(state.src.slice(state.pos, state.pos + 6));
  if (!found) return false;
  if (!silent) state.push('hardbreak', 'br', 0);
  state.pos += found[0].length;
  return true;
});
parser.core.ruler.at('inline', ({ tokens, md, env, Token }) => {
  for (const token of tokens) {
    if (token.type !== 'inline') continue;
    token.children = [];
    if (token.content.length <= PARAGRAPH_CHARS_MAX) md.inline.parse(token.content, md, env, token.children);
    else token.children.push(Object.assign(new Token('text', '', 0), { content: token.content }));
    for (const formula of token.children.filter(({ type }) => type === 'math_inline').slice(FORMULAS_MAX)) {
      Object.assign(formula, { type: 'text', content: /** @type {{ source: string }} */ (formula.meta).source });
    }
  }
});

/** Whether a line has more cells than a table may. @param {string} line */
function wide(line) {
  let bars = 0;
  for (let at = line.indexOf('|'); at >= 0 && bars <= COLUMNS_MAX; at = line.indexOf('|', at + 1)) bars++;
  return bars > COLUMNS_MAX;
}

/**
 * The blocks of a text whose line ends are LF.
 *
 * @param {string} text
 * @returns {Block[]}
 */
export function parse(text) {
  const lineAt = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineAt.push(at + 1);
  const at = (/** @type {number} */ line) => lineAt[line] ?? text.length;
  const tokens = parser.parse(text, {});
  /** @type {Block[]} */
  const blocks = [];
  for (let from = 0; from < tokens.length; ) {
    const to = endOf(tokens, from);
    const own = tokens.slice(from, to);
    const [first] = own;
    const map = first?.map ?? [0, 0];
    const fence = first ? openFence(first, text, at) : null;
    const sure = text.endsWith('\n') || at(first ? recognised(first, map) : 0) < text.length;
    const block = { at: at(map[0]), nodes: treeOf(own), sure, cut: 0, head: '', fence };
    const last = own.findLast(({ type, level }) => (type === 'list_item_open' && level === 1) || (type === 'tr_open' && level === 2));
    if (last?.map && last.map[0] > map[0]) block.cut = at(last.map[0]);
    if (first?.type === 'table_open') block.head = text.slice(block.at, at(map[0] + 2));
    blocks.push(block);
    from = to;
  }
  return blocks;
}

/** Where the block ends that begins at a token. @param {Token[]} tokens @param {number} from */
function endOf(tokens, from) {
  let depth = 0;
  for (let to = from; to < tokens.length; to++) {
    depth += tokens[to]?.nesting ?? 0;
    if (depth === 0) return to + 1;
  }
  return tokens.length;
}

/** The line after those that make a block what it is. @param {Token} first @param {[number, number]} map */
function recognised({ type }, [from]) {
  return from + (type === 'table_open' ? 2 : 1);
}

/** @param {Token} token @param {string} text @param {(line: number) => number} at @returns {OpenFence | null} */
function openFence({ type, map, markup, info }, text, at) {
  if (type !== 'fence' || !map) return null;
  const line = text.slice(at(map[0]), at(map[0] + 1));
  // Closed, it ends with a line of its own, which is not in the content.
  const closing = text.slice(at(map[1] - 1), at(map[1])).trim();
  const closed = map[1] - map[0] > 1 && closing.length >= markup.length && closing === markup.charAt(0).repeat(closing.length);
  const second = text.indexOf('\n', at(map[0] + 1)) >= 0; // until it is whole, all may be a table
  if (closed || !second) return null;
  return { mark: markup, indent: line.search(/\S/), info, body: at(map[0] + 1) };
}

/** @param {Token[]} tokens @returns {TreeNode[]} */
function treeOf(tokens) {
  /** @type {TreeNode[]} */
  const roots = [];
  /** @type {TreeNode[][]} */
  const open = [roots];
  for (const token of tokens) {
    const siblings = open.at(-1) ?? roots;
    if (token.nesting === -1) {
      if (!token.hidden) open.pop();
      const parent = open.at(-1) ?? roots;
      if (token.type === 'list_item_close') asTask(parent.at(-1));
      if (/^(bullet_list|ordered_list|table)_close$/.test(token.type)) parent.push(...inPieces(parent.pop() ?? ''));
    } else if (token.type === 'inline') {
      siblings.push(...treeOf(token.children ?? []));
    } else if (token.nesting === 1) {
      if (!token.hidden) open.push(put(siblings, token));
    } else {
      siblings.push(...leaf(token));
    }
  }
  return roots;
}

/** Opens an element; its children go into what comes back. @param {TreeNode[]} siblings @param {Token} token */
function put(siblings, token) {
  /** @type {TreeNode[]} */
  const children = [];
  const { tag } = token;
  if (tag === 'table') {
    siblings.push(['div', { class: 'table', tabindex: '0' }, [['table', null, children]]]);
  } else if (/^h[1-6]$/.test(tag)) {
    siblings.push([`h${Math.min(Number(tag[1]) + 1, 6)}`, null, children]); // the page has its own first heading
  } else {
    siblings.push([tag, attributesOf(token), children]);
  }
  return children;
}

/** Makes an item that begins with `[ ]` or `[x]` one with a box. @param {TreeNode | undefined} item */
function asTask(item) {
  if (!Array.isArray(item)) return;
  const [first] = item[2];
  const text = Array.isArray(first) && first[0] === 'p' ? first[2] : item[2];
  const box = typeof text[0] === 'string' && /^\[([ xX])\] /.exec(text[0]);
  if (!box) return;
  const attributes = { type: 'checkbox', disabled: '', ...(box[1] === ' ' ? {} : { checked: '' }) };
  text.splice(0, 1, ['input', attributes, []], ' ', box.input.slice(4));
  item[1] = { class: 'task' };
}

/** @param {Token} token @returns {Record<string, string> | null} */
function attributesOf(token) {
  if (token.tag === 'a') return { href: `${token.attrGet('href') ?? ''}` };
  if (token.tag === 'ol') return token.attrGet('start') === null ? null : { start: `${token.attrGet('start')}` };
  const side = /text-align:(left|center|right)/.exec(`${token.attrGet('style') ?? ''}`)?.[1];
  return side ? { class: side } : null;
}

/** @param {Token} token @returns {TreeNode[]} */
function leaf(token) {
  switch (token.type) {
    case 'softbreak':
      return ['\n'];
    case 'hardbreak':
      return [['br', null, []]];
    case 'hr':
      return [['hr', null, []]];
    case 'code_inline':
      return [['code', null, [token.content]]];
    case 'fence':
    case 'code_block':
      return [codeBlock(token.content.replace(/\n$/, ''), token.info)];
    case 'math_inline':
      return formula(token.content, token.markup !== '$' && token.markup !== '\\(');
    case 'math_block':
      return formulaBlock(token.content, token.markup, /** @type {{ rest: string | null }} */ (token.meta).rest);
    case 'as_it_is':
      return [['p', { class: 'plain' }, parts(token.content)]];
    case 'image':
      return [image(token)];
    default:
      return parts(token.content);
  }
}

/** @param {string} tex @param {string} mark @param {string | null} rest @returns {TreeNode[]} */
function formulaBlock(tex, mark, rest) {
  if (rest === null) return [['p', { class: 'tex' }, [`${mark}\n${tex}`]]]; // has not ended, or never will
  /** @type {TreeNode} */
  const block = ['div', { class: 'formula', tabindex: '0' }, formula(tex, true)];
  return rest.trim() === '' ? [block] : [block, ['p', null, [rest.trim()]]];
}

/** A picture from elsewhere would tell its server who reads, and what: it is a link. @param {Token} token @returns {TreeNode} */
function image(token) {
  const href = `${token.attrGet('src') ?? ''}`;
  return ['a', { href, class: 'image' }, [token.content || href]];
}
