/** @import { MarkdownIt, StateBlock, StateInline } from '../vendor/markdown-it-15.0.3/markdown-it.esm.min.mjs' */

/** Longest formula in a line of text; what is longer is text. */
const INLINE_CHARS_MAX = 2_000;

/**
 * Teaches the parser formulas as models write them: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` there or in lines
 * of their own. Their tokens are `math_inline` and `math_block`; `markup` is what opened them, `meta.source` all of one in
 * a line of text, and `meta.rest` what stands in the line of a block after its end, null if it has none.
 *
 * @param {MarkdownIt} parser
 */
export function math(parser) {
  const interrupts = ['paragraph', 'blockquote', 'list'];
  parser.block.ruler.before('fence', 'math_block', blockRule, { alt: interrupts });
  parser.inline.ruler.before('escape', 'math_inline', inlineRule);
}

/**
 * As with a fence, the first line decides: what follows belongs to the formula until it is closed, or a line is blank.
 *
 * @param {StateBlock} state
 * @param {number} startLine
 * @param {number} endLine
 * @param {boolean} silent
 */
function blockRule(state, startLine, endLine, silent) {
  const at = startOf(state, startLine);
  const mark = state.src.slice(at, at + 2);
  if (indentOf(state, startLine) >= 4 || (mark !== '$$' && mark !== '\\[')) return false;
  const close = mark === '$$' ? '$$' : '\\]';
  const first = state.src.slice(at + 2, state.eMarks[startLine]).trimEnd();
  const closed = first.indexOf(close);
  if (closed === 0 || (closed > 0 && closed + 2 < first.length)) return false; // a formula in a line of text, or none
  if (silent) return true;
  const lines = [first];
  let line = startLine + 1;
  for (; !lines.at(-1)?.includes(close) && line < endLine; line++) {
    if (state.isEmpty(line) || indentOf(state, line) < 0) break;
    lines.push(state.src.slice(startOf(state, line), state.eMarks[line]).trimEnd());
  }
  const [tex = '', rest = null] = splitAt(lines.join('\n'), close);
  const token = state.push('math_block', 'math', 0);
  Object.assign(token, { block: true, content: tex.trim(), map: [startLine, line], markup: mark, meta: { rest } });
  state.line = line;
  return true;
}

/** @param {string} text @param {string} mark @returns {string[]} what stands before it, and, if it is there, after it */
function splitAt(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** Where the text of a line begins. @param {StateBlock} state @param {number} line */
function startOf({ bMarks, tShift }, line) {
  return (bMarks[line] ?? 0) + (tShift[line] ?? 0);
}

/** How far a line is indented in its block. @param {StateBlock} state @param {number} line */
function indentOf({ sCount, blkIndent }, line) {
  return (sCount[line] ?? 0) - blkIndent;
}

/** @param {StateInline} state @param {boolean} silent */
function inlineRule(state, silent) {
  const { src, pos } = state;
  const first = src[pos];
  if (first !== '$' && first !== '\\') return false;
  const mark = /^(?:\$\$?|\\[([])/.exec(src.slice(pos, pos + 2))?.[0];
  if (!mark) return false;
  const rest = src.slice(pos + mark.length, Math.min(state.posMax, pos + INLINE_CHARS_MAX));
  const end = mark === '$' ? endOfDollar(rest, src[pos - 1] ?? '') : rest.indexOf({ $$: '$$', '\\(': '\\)', '\\[': '\\]' }[mark] ?? '');
  if (end < 1 || rest.slice(0, end).trim() === '') return false;
  if (!silent) {
    const token = state.push('math_inline', 'math', 0);
    const source = src.slice(pos, pos + mark.length * 2 + end);
    Object.assign(token, { content: rest.slice(0, end).trim(), markup: mark, meta: { source } });
  }
  state.pos += mark.length * 2 + end;
  return true;
}

/**
 * Where a formula after a dollar ends: at the next dollar, unless one of the two is money, or a name in a shell.
 *
 * @param {string} rest
 * @param {string} before
 */
function endOfDollar(rest, before) {
  if (/[\s$]/.test(rest[0] ?? ' ') || /[\p{L}\p{N}]/u.test(before)) return -1;
  const end = /(?<!\\)(?:\\\\)*\$/.exec(rest);
  if (!end) return -1;
  const at = end.index + end[0].length - 1;
  return /\s/.test(rest[at - 1] ?? ' ') || /[\p{L}\p{N}$]/u.test(rest[at + 1] ?? '') ? -1 : at;
}
