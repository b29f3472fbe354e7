/** @import { Edit, TreeNode } from './tree.js' */

const HTML = new Set(
  'p h2 h3 h4 h5 h6 hr br em strong s code pre a ul ol li blockquote table thead tbody tr th td input div span figure figcaption button'.split(' '),
);
const MATHML = new Set(
  'math semantics annotation mrow mi mo mn ms mtext mspace msup msub msubsup mfrac msqrt mroot munder mover munderover mtable mtr mtd mlabeledtr mstyle mpadded mphantom menclose mmultiscripts mprescripts none'.split(' '),
);
const SVG = new Set(['svg', 'path', 'line', 'g']);
const ATTRIBUTES = new Set(
  `class start type disabled checked tabindex aria-hidden width height viewBox preserveAspectRatio d x1 x2 y1 y2 stroke-width
  display mathvariant mathcolor mathbackground mathsize stretchy fence separator form accent accentunder lspace rspace depth voffset
  linethickness notation encoding minsize maxsize movablelimits symmetric largeop displaystyle scriptlevel rowspacing columnspacing
  columnalign rowalign columnlines rowlines frame framespacing side minlabelspacing`.split(/\s+/),
);
const STYLES = new Set(
  `height width min-width top left bottom position margin-left margin-right margin-top padding-left padding-right vertical-align
  border-bottom-width border-top-width border-right-width border-left-width border-right-style border-style border-width border-color
  color background-color text-shadow`.split(/\s+/),
);
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);

/** So many nodes are made between two looks at the clock. */
const NODES = 24;

/**
 * Applies changes to an element. Nothing is ever parsed as HTML: elements and attributes are made one by one, and only
 * those that are named here.
 *
 * @param {Element} root
 * @param {Edit[]} edits
 * @returns {Generator<void, void, void>} yields where the rest can wait for the next frame
 */
export function* apply(root, edits) {
  let made = 0;
  for (const { path, keep = 0, add = [], text } of edits) {
    const node = path.reduce((/** @type {Node | undefined} */ parent, at) => parent?.childNodes[at], root);
    if (!node) throw new Error(`there is no ${path} in what is shown`);
    if (text !== undefined) {
      /** @type {Text} */ (node).appendData(text);
      continue;
    }
    while (node.childNodes.length > keep) node.lastChild?.remove();
    /** @type {{ parent: Node, nodes: TreeNode[], next: number }[]} */
    const open = [{ parent: node, nodes: add, next: 0 }];
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const next = top.nodes[top.next++];
      if (next === undefined) {
        open.pop();
        continue;
      }
      const child = typeof next === 'string' ? document.createTextNode(next) : build(next[0], next[1]);
      top.parent.appendChild(child);
      if (typeof next !== 'string') open.push({ parent: child, nodes: next[2], next: 0 });
      if (++made % NODES === 0) yield;
    }
  }
}

/** @param {string} tag @param {Record<string, string> | null} attributes */
function build(tag, attributes) {
  const element = create(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === 'href') link(element, value);
    else if (name === 'style') style(/** @type {HTMLElement} */ (element), value);
    else if (ATTRIBUTES.has(name)) element.setAttribute(name, value);
  }
  return element;
}

/** @param {string} tag */
function create(tag) {
  if (SVG.has(tag)) return document.createElementNS('http://www.w3.org/2000/svg', tag);
  if (MATHML.has(tag)) return document.createElementNS('http://www.w3.org/1998/Math/MathML', tag);
  return document.createElement(HTML.has(tag) ? tag : 'span');
}

/** @param {Element} element @param {string} url */
function link(element, url) {
  if (!(element instanceof HTMLAnchorElement) || !URL.canParse(url) || !PROTOCOLS.has(new URL(url).protocol)) return;
  element.href = url;
  element.target = '_blank';
  element.rel = 'noopener noreferrer';
}

/** Declarations one by one: a style attribute is what the page's policy forbids. @param {HTMLElement | SVGElement} element @param {string} text */
function style(element, text) {
  for (const declaration of text.split(';')) {
    const colon = declaration.indexOf(':');
    const name = declaration.slice(0, colon).trim();
    if (STYLES.has(name)) element.style.setProperty(name, declaration.slice(colon + 1).trim());
  }
}
