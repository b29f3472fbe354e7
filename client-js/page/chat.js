import { Lastword } from './client/lastword.js';
import { ConversationView } from './conversation.js';
import { forget, keyIn, newKey, recent, remember } from './recent.js';
import { part } from './turn.js';

const client = new Lastword({ base: new URL('.', location.href).href.replace(/\/$/, '') });
const page = {
  prompt: /** @type {HTMLTextAreaElement} */ (part(document.body, '#prompt')),
  send: /** @type {HTMLButtonElement} */ (part(document.body, '#send')),
  stop: part(document.body, '#stop'),
  model: /** @type {HTMLSelectElement} */ (part(document.body, '#model')),
  scroll: part(document.body, '#scroll'),
  turns: part(document.body, '#turns'),
  welcome: part(document.body, '#welcome'),
  title: part(document.body, '#title'),
  notice: part(document.body, '#notice'),
  status: part(document.body, '#status'),
  sidebar: part(document.body, '#sidebar'),
  conversations: part(document.body, '#conversations'),
};
const models = loadModels();
/** @type {ConversationView | undefined} */
let open;
/** Whether the reader is at the end of the conversation, and wants to stay there. */
let following = true;

/** Shows the conversation that the address names, or a new one under a key that then stands in the address. */
function show() {
  const key = keyIn(location.hash) ?? newKey();
  if (open?.key === key) return;
  open?.close();
  history.replaceState(null, '', `#${key}`);
  following = true;
  notice('');
  const conversation = new ConversationView(client, key, page.turns, {
    changed: () => open === conversation && refresh(),
    grown: stayAtEnd,
    reached: (reachable) => notice(reachable ? '' : 'The gateway cannot be reached. Trying again…'),
  });
  open = conversation;
  refresh();
  void conversation.open();
}

/** Brings everything around the turns up to date. */
function refresh() {
  const turns = open?.turns ?? [];
  const running = open?.running ?? false;
  const said = turns.find(({ input, stream }) => input !== null && stream !== null)?.input ?? '';
  if (open && said !== '' && !recent().some(({ key }) => key === open?.key)) remember(open.key, said);
  page.welcome.hidden = turns.length > 0;
  page.stop.hidden = !running;
  page.send.hidden = running;
  page.send.disabled = page.prompt.value.trim() === '';
  announce(turns.length === 0 ? '' : running ? 'The answer is being written.' : `The answer: ${stateOf(turns.at(-1))}.`);
  listConversations();
  stayAtEnd();
}

function stayAtEnd() {
  if (following) page.scroll.scrollTop = page.scroll.scrollHeight;
}

/** @param {import('./turn.js').TurnView | undefined} turn */
function stateOf(turn) {
  return turn ? part(turn.element, '.label').textContent : '';
}

/** Says to those who do not see the page what happens on it. @param {string} what */
function announce(what) {
  if (page.status.textContent !== what) page.status.textContent = what;
}

function listConversations() {
  const known = recent();
  const title = known.find(({ key }) => key === open?.key)?.title ?? 'New chat';
  page.title.textContent = title;
  document.title = `${title} · Lastword`;
  const template = /** @type {HTMLTemplateElement} */ (part(document.body, 'template#conversation'));
  const shown = JSON.stringify([known, open?.key]);
  if (page.conversations.dataset.shown === shown) return;
  page.conversations.dataset.shown = shown;
  page.conversations.replaceChildren(
    ...known.map((one) => {
      const item = /** @type {HTMLElement} */ (template.content.firstElementChild?.cloneNode(true));
      const link = /** @type {HTMLAnchorElement} */ (part(item, 'a'));
      link.href = `#${one.key}`;
      link.textContent = one.title;
      if (one.key === open?.key) link.ariaCurrent = 'page';
      const remove = part(item, 'button');
      remove.ariaLabel = `Remove “${one.title}” from this list`;
      remove.addEventListener('click', () => {
        forget(one.key);
        if (one.key === open?.key) startNew();
        else listConversations();
      });
      return item;
    }),
  );
}

async function send() {
  const text = page.prompt.value.trim();
  const conversation = open;
  if (text === '' || !conversation || conversation.running) return;
  page.prompt.value = '';
  fit();
  following = true;
  notice('');
  try {
    await models;
    await conversation.send(text, page.model.value || 'default');
    remember(conversation.key, text);
    listConversations();
  } catch (error) {
    notice(`Not sent: ${error instanceof Error ? error.message : error}`);
    if (page.prompt.value === '') page.prompt.value = text;
    fit();
  }
}

function startNew() {
  history.pushState(null, '', `#${newKey()}`);
  show();
  page.prompt.focus();
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

/** Fills the choice of models; with one there is nothing to choose. */
async function loadModels() {
  try {
    const response = await fetch('v1/models');
    const { data } = await response.json();
    page.model.append(...data.map((/** @type {{ id: string }} */ { id }) => new Option(id)));
  } catch {
    // An endpoint without a list of models may still answer.
  }
  page.model.hidden = page.model.options.length < 2;
}

part(document.body, '#composer').addEventListener('submit', (event) => {
  event.preventDefault();
  void send();
});
page.prompt.addEventListener('input', fit);
page.prompt.addEventListener('keydown', (event) => {
  // While an input method composes a character, Enter belongs to it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
page.stop.addEventListener('click', () => {
  void open?.stop();
  page.prompt.focus();
});
part(document.body, '#new-chat').addEventListener('click', startNew);
part(document.body, '#suggestions').addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  page.prompt.value = target.textContent;
  void send();
});
page.scroll.addEventListener('scroll', () => {
  const { scrollTop, scrollHeight, clientHeight } = page.scroll;
  following = scrollHeight - scrollTop - clientHeight < 48;
});
page.sidebar.addEventListener('click', ({ target }) => {
  const chosen = target instanceof HTMLAnchorElement || (target instanceof HTMLElement && target.id === 'new-chat');
  if (chosen && page.sidebar.matches(':popover-open')) page.sidebar.hidePopover();
});
window.addEventListener('hashchange', show);
window.addEventListener('popstate', show);
window.addEventListener('storage', listConversations);
show();
