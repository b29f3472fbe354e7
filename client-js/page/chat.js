import { Lastword } from './client/lastword.js';
import { sharedFetch } from './client/shared.js';
import { ConversationView } from './conversation.js';
import { copy } from './copy.js';
import { draft, keepDraft } from './drafts.js';
import { Reader } from './markdown/reader.js';
import { Models } from './models.js';
import { Nodes } from './nodes.js';
import { forget, keyIn, newKey, recent, remember } from './recent.js';
import { Sidebar } from './sidebar.js';
import { workerUrl } from './trusted.js';
import { part } from './turn.js';

const page = {
  prompt: /** @type {HTMLTextAreaElement} */ (part(document.body, '#prompt')),
  send: /** @type {HTMLButtonElement} */ (part(document.body, '#send')),
  stop: part(document.body, '#stop'),
  model: /** @type {HTMLSelectElement} */ (part(document.body, '#model')),
  scroll: part(document.body, '#scroll'),
  toEnd: part(document.body, '#to-end'),
  turns: part(document.body, '#turns'),
  welcome: part(document.body, '#welcome'),
  title: part(document.body, '#title'),
  notice: part(document.body, '#notice'),
  status: part(document.body, '#status'),
  sidebar: part(document.body, '#sidebar'),
  confirm: /** @type {HTMLDialogElement} */ (part(document.body, '#confirm')),
};
const client = new Lastword({ base: new URL('.', location.href).href.replace(/\/$/, ''), ...streams() });
const reader = new Reader();
const models = new Models(page.model);
const sidebar = new Sidebar(part(document.body, '#conversations'), (key, title) => void deleteConversation(key, title));
/** @type {ConversationView | undefined} */
let open;
/** Whether the reader is at the end of the conversation, and wants to stay there. */
let following = true;
/** Where the page stood when it was last looked at. */
let lastTop = 0;
/** What an earlier life of this page was about to say: it may have been said. */
let unsaid = '';

/** One reader of streams for all tabs, where a browser would keep only six connections for them. */
function streams() {
  const [loaded] = performance.getEntriesByType('navigation');
  const many = /^h[23]/.test(/** @type {PerformanceNavigationTiming | undefined} */ (loaded)?.nextHopProtocol ?? '');
  if (many || typeof SharedWorker === 'undefined') return {};
  return { fetchStream: sharedFetch(new SharedWorker(workerUrl('client/shared-worker.js'), { type: 'module', name: 'lastword 1' })) };
}

/** Shows the conversation that the address names, or a new one under a key that then stands in the address. */
function show() {
  const key = keyIn(location.hash) ?? newKey();
  if (open?.key === key) return;
  open?.close();
  history.replaceState(null, '', `#${key}`);
  following = true;
  notice('');
  /** @type {ConversationView} */
  const conversation = new ConversationView(client, reader, key, page.turns, {
    changed: () => open === conversation && refresh(),
    grown: stayAtEnd,
    reached: (reachable) => open === conversation && notice(reachable ? '' : 'The gateway cannot be reached. Trying again…'),
  });
  open = conversation;
  unsaid = draft(key);
  type(unsaid);
  refresh();
  void conversation.open();
}

/** Brings everything around the turns up to date. */
function refresh() {
  const turns = open?.turns ?? [];
  const running = open?.running ?? false;
  const said = turns.find(({ input, known }) => input !== null && known)?.input ?? '';
  const last = turns.at(-1);
  if (open && unsaid !== '' && last?.known && last.input === unsaid) {
    if (page.prompt.value === unsaid) page.prompt.value = '';
    keepDraft(open.key, (unsaid = ''));
  }
  if (open && said !== '' && !recent().some(({ key }) => key === open?.key)) remember(open.key, said);
  page.welcome.hidden = turns.length > 0;
  page.stop.hidden = !running;
  page.send.hidden = running;
  fit();
  announce(turns.length === 0 ? '' : running ? 'The answer is being written.' : `The answer: ${last?.label}.`);
  name();
  stayAtEnd();
}

/** Says which conversation is open. */
function name() {
  const title = sidebar.show(open?.key);
  page.title.textContent = title;
  document.title = `${title} · Lastword`;
}

function stayAtEnd() {
  if (following) {
    page.scroll.scrollTop = page.scroll.scrollHeight;
    lastTop = page.scroll.scrollTop;
  }
  page.toEnd.hidden = following;
}

/** Says to those who do not see the page what happens on it. @param {string} what */
function announce(what) {
  if (page.status.textContent !== what) page.status.textContent = what;
}

async function send() {
  const text = page.prompt.value.trim();
  const conversation = open;
  if (text === '' || !conversation || conversation.running) return;
  keepDraft(conversation.key, text); // until the gateway has it
  type('');
  following = true;
  notice('');
  try {
    await conversation.send(text, models.chosen());
    keepDraft(conversation.key, '');
    remember(conversation.key, text);
    name();
  } catch (error) {
    if (open !== conversation) return; // its draft is kept
    const stopped = error instanceof DOMException && error.name === 'AbortError';
    if (!stopped) notice(`Not sent: ${error instanceof Error ? error.message : error}`);
    if (page.prompt.value === '') type(text);
  }
}

/** Puts a text where a person writes. @param {string} text */
function type(text) {
  page.prompt.value = text;
  fit();
}

function startNew() {
  history.pushState(null, '', `#${newKey()}`);
  show();
  page.prompt.focus();
}

/** @param {string} title @param {string} text @returns {Promise<boolean>} whether a person wants it deleted */
function confirmed(title, text) {
  part(page.confirm, '#confirm-title').textContent = title;
  part(page.confirm, '#confirm-text').textContent = text;
  page.confirm.returnValue = '';
  page.confirm.showModal();
  return new Promise((resolve) => {
    page.confirm.addEventListener('close', () => resolve(page.confirm.returnValue === 'delete'), { once: true });
  });
}

/** @param {string} key @param {string} title */
async function deleteConversation(key, title) {
  if (!(await confirmed('Delete this conversation?', `“${title}” is deleted for everyone, with all its answers, and cannot be brought back.`))) return;
  try {
    if (key === open?.key && open.running) await open.stop();
    await client.deleteConversation(key);
    forget(key);
    keepDraft(key, '');
    if (key === open?.key) startNew();
    else name();
  } catch (error) {
    notice(`Not deleted: ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} stream */
async function deleteTurn(stream) {
  if (!(await confirmed('Delete this answer?', 'The question and its answer are deleted for everyone, and cannot be brought back.'))) return;
  await open?.delete(stream).catch((error) => notice(`Not deleted: ${error.message}`));
}

/** @param {string} what */
function notice(what) {
  page.notice.textContent = what;
  page.notice.hidden = what === '';
}

/** As high as what is written in it, within what the style allows. */
function fit() {
  page.prompt.style.height = 'auto';
  page.prompt.style.height = `${page.prompt.scrollHeight}px`;
  page.send.disabled = page.prompt.value.trim() === '';
}

function stop() {
  void open?.stop();
  page.prompt.focus();
}

part(document.body, '#composer').addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
page.prompt.addEventListener('input', () => {
  fit();
  unsaid = '';
  if (open) keepDraft(open.key, page.prompt.value);
});
page.prompt.addEventListener('keydown', (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
page.stop.addEventListener('click', stop);
document.addEventListener('keydown', (event) => {
  const elsewhere = page.confirm.open || page.sidebar.matches(':popover-open') || event.target === page.model;
  if (event.key === 'Escape' && !event.isComposing && !elsewhere && open?.running) stop();
});
part(document.body, '#new-chat').addEventListener('click', startNew);
part(document.body, '#suggestions').addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  type(target.textContent);
  void send();
});
page.turns.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  const turn = open?.turns.find(({ element }) => element.contains(button));
  if (!button || !turn) return;
  if (button.classList.contains('copy')) void copy(button, button.closest('figure')?.querySelector('code')?.textContent ?? '');
  if (button.dataset.do === 'copy') void copy(button, turn.text);
  if (button.dataset.do === 'delete') void deleteTurn(turn.stream);
});
page.scroll.addEventListener('scroll', () => {
  const { scrollTop, scrollHeight, clientHeight } = page.scroll;
  // Only who goes up leaves the end: the answer may have grown since the page itself went there.
  if (scrollHeight - scrollTop - clientHeight < 48) following = true;
  else if (scrollTop < lastTop) following = false;
  lastTop = scrollTop;
  page.toEnd.hidden = following;
});
page.toEnd.addEventListener('click', () => {
  following = true;
  stayAtEnd();
  page.prompt.focus();
});
page.sidebar.addEventListener('click', ({ target }) => {
  const chosen = target instanceof HTMLAnchorElement || (target instanceof HTMLElement && target.id === 'new-chat');
  if (chosen && page.sidebar.matches(':popover-open')) page.sidebar.hidePopover();
});
for (const change of ['online', 'offline']) window.addEventListener(change, () => open?.refresh());
window.addEventListener('hashchange', show);
window.addEventListener('popstate', show);
window.addEventListener('storage', name);
show();
new Nodes(part(document.body, '#nodes'), notice);
