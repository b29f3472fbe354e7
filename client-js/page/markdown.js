/**
 * Light Markdown for text that is still arriving: what is not finished yet is shown as it stands. Nothing becomes
 * markup that is not named here, and text reaches the page as text nodes alone.
 *
 * @typedef {object} MarkdownElement
 * @property {keyof HTMLElementTagNameMap} tag
 * @property {MarkdownNode[]} children
 * @property {string} [href] of a link; http or https
 * @property {string} [language] of a code block, as the author named it
 * @property {number} [start] number of an ordered list's first item
 *
 * @typedef {string | MarkdownElement} MarkdownNode
 */

/** Quotes in lists in quotes …: deeper than this, text stays text. */
const DEPTH_MAX = 8;

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( *)([-*+]|\d{1,9}[.)])( +|$)/;
const BLANK = /^\s*$/;

/**
 * The blocks of a text, each with the lines that it came from: the same lines make the same block.
 *
 * @param {string} text
 * @returns {{ source: string, block: MarkdownElement }[]}
 */
export function parseBlocks(text) {
  return blocksOf(text.split(/\r\n|[\r\n]/), 0);
}

/** @param {string[]} lines @param {number} depth */
function blocksOf(lines, depth) {
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    const end = blockEnd(lines, at, depth);
    if (!BLANK.test(line(lines, at))) {
      const own = lines.slice(at, end);
      blocks.push({ source: own.join('\n'), block: blockOf(own, depth) });
    }
    at = end;
  }
  return blocks;
}

/** Where the block that begins at a line ends. @param {string[]} lines @param {number} at @param {number} depth */
function blockEnd(lines, at, depth) {
  const first = line(lines, at);
  let end = at + 1;
  const fence = FENCE.exec(first)?.[1];
  if (fence) {
    while (end < lines.length && !closes(fence, line(lines, end))) end++;
    return Math.min(end + 1, lines.length);
  }
  if (BLANK.test(first) || HEADING.test(first) || RULE.test(first)) return end;
  if (depth < DEPTH_MAX && QUOTE.test(first)) {
    while (end < lines.length && QUOTE.test(line(lines, end))) end++;
    return end;
  }
  if (depth < DEPTH_MAX && ITEM.test(first)) return listEnd(lines, at);
  while (end < lines.length && !BLANK.test(line(lines, end)) && !interrupts(line(lines, end))) end++;
  return end;
}

/** A list goes on over its items, what is indented below them, and blank lines in between. */
function listEnd(/** @type {string[]} */ lines, /** @type {number} */ at) {
  const ordered = isOrdered(line(lines, at));
  let end = at + 1;
  for (let next = end; next < lines.length; next++) {
    const text = line(lines, next);
    if (BLANK.test(text)) continue;
    const item = ITEM.test(text) && !RULE.test(text);
    const goesOn = item ? isOrdered(text) === ordered || /^ {2,}/.test(text) : /^ {2,}/.test(text);
    const lazy = !item && next === end && !interrupts(text);
    if (!goesOn && !lazy) break;
    end = next + 1;
  }
  return end;
}

/** @param {string[]} lines @param {number} depth @returns {MarkdownElement} */
function blockOf(lines, depth) {
  const first = line(lines, 0);
  const fence = FENCE.exec(first);
  if (fence) {
    const closed = lines.length > 1 && closes(fence[1] ?? '', line(lines, lines.length - 1));
    const code = lines.slice(1, closed ? -1 : undefined).join('\n');
    return { tag: 'pre', children: [{ tag: 'code', children: [code] }], language: fence[2] ?? '' };
  }
  const heading = HEADING.exec(first);
  if (heading) {
    // The page has an h1 of its own; an answer's headings begin below it.
    const tag = /** @type {'h2'} */ (`h${Math.min((heading[1] ?? '').length + 1, 6)}`);
    return { tag, children: parseInline(heading[2] ?? '') };
  }
  if (RULE.test(first)) return { tag: 'hr', children: [] };
  if (depth < DEPTH_MAX && QUOTE.test(first)) {
    const inner = blocksOf(lines.map((text) => text.replace(QUOTE, '')), depth + 1);
    return { tag: 'blockquote', children: inner.map(({ block }) => block) };
  }
  if (depth < DEPTH_MAX && ITEM.test(first)) return listOf(lines, depth);
  return { tag: 'p', children: parseInline(lines.map((text) => text.trim()).join('\n')) };
}

/** @param {string[]} lines @param {number} depth @returns {MarkdownElement} */
function listOf(lines, depth) {
  const indent = (ITEM.exec(line(lines, 0))?.[1] ?? '').length;
  /** @type {string[][]} */
  const items = [];
  let width = 0;
  for (const text of lines) {
    const item = ITEM.exec(text);
    if (item && (item[1] ?? '').length < indent + 2 && !RULE.test(text)) {
      width = item[0].length;
      items.push([text.slice(width)]);
    } else {
      items.at(-1)?.push(text.slice(Math.min(width, text.search(/\S|$/))));
    }
  }
  const children = items.map((item) => ({ tag: /** @type {'li'} */ ('li'), children: itemOf(item, depth) }));
  if (!isOrdered(line(lines, 0))) return { tag: 'ul', children };
  return { tag: 'ol', children, start: parseInt(line(lines, 0).trim(), 10) };
}

/** An item's first paragraph stands in the item itself. @param {string[]} lines @param {number} depth */
function itemOf(lines, depth) {
  const blocks = blocksOf(lines, depth + 1).map(({ block }) => block);
  return blocks.flatMap((block, i) => (i === 0 && block.tag === 'p' ? block.children : [block]));
}

/** @param {string[]} lines @param {number} at */
function line(lines, at) {
  return lines[at] ?? '';
}

/** @param {string} text */
function isOrdered(text) {
  return /^ *\d/.test(text);
}

/** @param {string} text a line that ends the paragraph before it */
function interrupts(text) {
  return FENCE.test(text) || HEADING.test(text) || RULE.test(text) || QUOTE.test(text) || ITEM.test(text);
}

/** @param {string} fence @param {string} text */
function closes(fence, text) {
  const trimmed = text.trim();
  return trimmed.length >= fence.length && trimmed === (fence[0] ?? '').repeat(trimmed.length);
}

const LINK = /\[([^[\]\n]{1,500})\]\((https?:\/\/[^\s()<>]{1,2000})\)/iy;
const ADDRESS = /https?:\/\/[^\s<>"'`*()[\]]{1,2000}/iy;
const SPECIAL = /[\\`*_[h]/g;

/**
 * The inline parts of a text. Takes time in proportion to the text, whatever it holds.
 *
 * @param {string} text
 * @param {number} [depth]
 * @returns {MarkdownNode[]}
 */
export function parseInline(text, depth = 0) {
  /** @type {MarkdownNode[]} */
  const nodes = [];
  /** @type {Set<string>} */
  const unclosed = new Set(); // not found once, not found further on
  let plain = '';
  /** @param {MarkdownElement} node */
  const add = (node) => {
    if (plain !== '') nodes.push(plain);
    plain = '';
    nodes.push(node);
  };
  for (let at = 0; at < text.length; ) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at === text.length) break;
    const found = depth < DEPTH_MAX ? inlineAt(text, at, depth, unclosed) : null;
    if (found?.node) add(found.node);
    else plain += found ? found.text : text[at];
    at = found ? found.end : at + 1;
  }
  if (plain !== '') nodes.push(plain);
  return nodes;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {number} depth
 * @param {Set<string>} unclosed
 * @returns {{ end: number, node: MarkdownElement | null, text: string } | null}
 */
function inlineAt(text, at, depth, unclosed) {
  const char = text[at];
  if (char === '\\') {
    const escaped = /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '');
    return escaped ? { end: at + 2, node: null, text: text[at + 1] ?? '' } : null;
  }
  if (char === '[' || char === 'h') return linkAt(text, at);
  const run = /^(`+|\*+|_+)/.exec(text.slice(at, at + 64))?.[0] ?? '';
  if (char === '`') {
    const close = closing(text, run, at + run.length, unclosed, (end) => text[end + run.length] !== '`' && text[end - 1] !== '`');
    if (close < 0) return { end: at + run.length, node: null, text: run };
    const code = text.slice(at + run.length, close).replace(/^ (.*\S.*) $/s, '$1');
    return { end: close + run.length, node: { tag: 'code', children: [code] }, text: '' };
  }
  return emphasisAt(text, at, run, depth, unclosed);
}

/** @param {string} text @param {number} at */
function linkAt(text, at) {
  const pattern = text[at] === '[' ? LINK : ADDRESS;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (!found || (pattern === ADDRESS && /\w/.test(text[at - 1] ?? ''))) return null;
  const href = (found[2] ?? found[0]).replace(pattern === ADDRESS ? /[.,:;!?]+$/ : /$^/, '');
  if (!URL.canParse(href)) return null;
  const end = pattern === ADDRESS ? at + href.length : at + found[0].length;
  return { end, node: { tag: /** @type {'a'} */ ('a'), children: [found[1] ?? href], href }, text: '' };
}

/** @param {string} text @param {number} at @param {string} run @param {number} depth @param {Set<string>} unclosed */
function emphasisAt(text, at, run, depth, unclosed) {
  const mark = run.slice(0, 3);
  const before = text[at - 1] ?? ' ';
  const plain = { end: at + run.length, node: null, text: run };
  if (run.length > 3 || /\s/.test(text[at + run.length] ?? ' ')) return plain;
  if (mark[0] === '_' && /[\p{L}\p{N}]/u.test(before)) return plain;
  const close = closing(text, mark, at + mark.length, unclosed, (end) => {
    const after = text[end + mark.length] ?? ' ';
    return !/\s/.test(text[end - 1] ?? ' ') && after !== mark[0] && text[end - 1] !== mark[0] && !(mark[0] === '_' && /[\p{L}\p{N}]/u.test(after));
  });
  if (close < 0) return plain;
  const children = parseInline(text.slice(at + mark.length, close), depth + 1);
  /** @type {MarkdownElement} */
  const inner = { tag: mark.length === 1 ? 'em' : 'strong', children };
  const node = mark.length === 3 ? { tag: /** @type {'em'} */ ('em'), children: [inner] } : inner;
  return { end: close + mark.length, node, text: '' };
}

/**
 * @param {string} text
 * @param {string} mark
 * @param {number} from
 * @param {Set<string>} unclosed
 * @param {(end: number) => boolean} fits
 */
function closing(text, mark, from, unclosed, fits) {
  if (unclosed.has(mark)) return -1;
  for (let end = text.indexOf(mark, from); end >= 0; end = text.indexOf(mark, end + 1)) {
    if (end > from && fits(end)) return end;
  }
  unclosed.add(mark);
  return -1;
}
