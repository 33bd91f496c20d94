/** What the agent does with contacts: find them, read and search their conversations, write, and keep their data right. */
import { api, Problem } from './api.js';
import { markSeen, readChat } from './chats.js';
import { post } from './outbox.js';
import { chatOf, store } from './store.js';
import { desk } from './strings.js';
import { report, sayDone, showInteraction } from './work.js';

/** @typedef {import('./conversations.js').Window} Window */

const PAGE = 50;
const CONTACTS = 40;

/** Refreshing follows the conversation forward page by page; this many pages are more than any pause can bring. */
const REFRESH_PAGES = 40;

/**
 * Makes sure that a window on a conversation has its newest page, and everything since.
 * @param {string} contact
 * @param {Window} window
 */
export function openWindow(contact, window) {
  if (!window.loaded) void loadPage(contact, window, 'newest');
  else void refresh(contact, window);
}

/** @param {string} contact @param {Window} window @param {"newest" | "older"} which */
export async function loadPage(contact, window, which) {
  const chat = chatOf(contact);
  if (chat !== null) return readChat(chat);
  if (window.loading !== '' || (which === 'older' && (window.complete || !window.loaded))) return;
  window.loading = which;
  window.failed = false;
  store.changed('messages');
  try {
    const before = which === 'older' ? window.before : null;
    const page = await api.conversation(contact, { before, filter: window.filter, search: window.search, view: window.view, limit: PAGE });
    store.conversation(contact).addPage(window, page, which);
  } catch (error) {
    fail(window, error);
  }
  window.loading = '';
  store.changed('messages');
}

/** Reads what came since the newest page; asking twice changes nothing. @param {string} contact @param {Window} window */
export async function refresh(contact, window) {
  if (window.loading !== '' || window.closed) return;
  // A search has no "since": which messages match is for the server to say.
  if (!window.loaded || window.search !== '' || window.after === null) return loadPage(contact, window, 'newest');
  window.loading = 'newer';
  window.failed = false;
  store.changed('messages');
  try {
    for (let pages = 0; pages < REFRESH_PAGES; pages += 1) {
      const { after } = window;
      const page = await api.conversation(contact, { after, filter: window.filter, view: window.view, limit: PAGE });
      store.conversation(contact).addPage(window, page, 'newer');
      if (page.messages.length === 0 || window.after === after) break;
    }
  } catch (error) {
    fail(window, error);
  }
  window.loading = '';
  store.changed('messages');
}

/** @param {Window} window @param {unknown} error */
function fail(window, error) {
  if (error instanceof Problem && error.code === 'feature_disabled') {
    window.closed = true;
    window.loaded = true;
  } else {
    window.failed = true;
  }
}

/** @type {Map<string, number>} by contact: the newest position that was marked as read */
const marked = new Map();

/** Marks as read what the agent has on their screen. @param {string} contact */
export function markRead(contact) {
  const chat = chatOf(contact);
  if (chat !== null) return markSeen(chat);
  if (document.visibilityState !== 'visible') return;
  const newest = store.conversation(contact).newest();
  const known = marked.get(contact) ?? 0;
  const unread = store.contacts.get(contact)?.unread ?? null;
  if (newest === 0 || (newest <= known && unread === null)) return;
  marked.set(contact, newest);
  store.clearUnread(contact);
  api.markRead(contact, newest).catch(() => {
    // The next message, or the next look, tries again.
    if (marked.get(contact) === newest) marked.set(contact, known);
  });
}

/** Forgets what was marked: another agent may have signed in. */
export function forgetMarks() {
  marked.clear();
}

/** Counts questions for the list, so that the answer to an old one is not taken for the newest. */
let listQuestion = 0;

/** Reads the contact list anew. @param {{scope?: "all" | "assigned", search?: string}} [change] */
export async function loadContacts(change = {}) {
  const question = ++listQuestion;
  store.list = { ...store.list, ...change, loading: true, failed: false };
  store.changed('contacts');
  const { scope, search } = store.list;
  try {
    const answer = await api.contacts({ scope, search, limit: CONTACTS });
    if (question !== listQuestion) return;
    answer.contacts.forEach((contact) => store.contacts.set(contact.id, contact));
    store.list = { ...store.list, ids: answer.contacts.map(({ id }) => id), next: answer.next, loaded: true, loading: false };
  } catch (error) {
    if (question !== listQuestion) return;
    store.list = { ...store.list, loading: false, failed: true };
    report(error);
  }
  store.changed('contacts');
}

export async function loadMoreContacts() {
  const { scope, search, next, loading } = store.list;
  if (next === null || loading) return;
  const question = ++listQuestion;
  store.list = { ...store.list, loading: true };
  try {
    const answer = await api.contacts({ scope, search, after: next, limit: CONTACTS });
    if (question !== listQuestion) return;
    answer.contacts.forEach((contact) => store.contacts.set(contact.id, contact));
    const ids = new Set([...store.list.ids, ...answer.contacts.map(({ id }) => id)]);
    store.list = { ...store.list, ids: Array.from(ids), next: answer.next, loading: false };
  } catch (error) {
    store.list = { ...store.list, loading: false };
    report(error);
  }
  store.changed('contacts');
}

/** @param {string} contact */
export async function loadDetail(contact) {
  try {
    store.details.set(contact, await api.contact(contact));
    store.changed('contacts');
  } catch (error) {
    report(error);
  }
}

/**
 * @param {string} contact
 * @param {import('./types.js').ContactChange} change
 * @returns {Promise<boolean>} whether it was saved
 */
export async function saveContact(contact, change) {
  try {
    const detail = await api.changeContact(contact, change);
    store.details.set(contact, detail);
    renameContact(contact, detail.contact.display_name);
    store.notice(desk.contact.saved);
    store.changed('contacts');
    return true;
  } catch (error) {
    report(error);
    // Their change is shown, and what was typed stays in the fields.
    if (error instanceof Problem && error.code === 'stale_version') await loadDetail(contact);
    return false;
  }
}

/** @param {string} contact @param {string | null} name */
function renameContact(contact, name) {
  const summary = store.contacts.get(contact);
  if (summary !== undefined) store.contacts.set(contact, { ...summary, display_name: name });
  for (const [id, interaction] of store.interactions) {
    if (interaction.contact.id === contact) store.interactions.set(id, { ...interaction, contact: { id: contact, display_name: name } });
  }
  store.changed('contacts', 'interactions');
}

/**
 * @param {string} contact
 * @param {{channel: string, point: string | null} | null} route on which channel, at which of their addresses
 * @param {string} text
 * @param {{id: string, name: string}[]} [files] uploaded for it
 */
export function writeToContact(contact, route, text, files = []) {
  post({ what: 'communication', contact, interaction: null, channel: route?.channel ?? null, point: route?.point ?? null, text, files, draft: `communication.${contact}` });
}

/** Puts a number on file (r136). @param {string} contact @param {string} number @returns {Promise<boolean>} whether it is */
export async function addNumber(contact, number) {
  try {
    await api.addPoint(contact, 'sms', number);
  } catch (error) {
    report(error);
    return false;
  }
  await loadDetail(contact);
  return true;
}

/** @param {string} contact @param {string} channel @param {string | null} [point] at which of their addresses; else where the last exchange was */
export async function openInteraction(contact, channel, point = null) {
  try {
    const { interaction } = await api.openInteraction(contact, channel, point);
    show(interaction);
  } catch (error) {
    if (error instanceof Problem && error.code === 'already_taken') await showHeld(contact, channel, error.fields.by);
    else report(error);
  }
}

/** @param {import('./types.js').Interaction} interaction */
function show(interaction) {
  store.putInteraction(interaction);
  if (interaction.state === 'offered') {
    const own = Array.from(store.offers.values()).some((offer) => offer.interaction.id === interaction.id);
    store.notice(own ? desk.offer.isYours : desk.offer.isOthers);
  } else {
    showInteraction(interaction.id);
  }
}

/** What a colleague has is shown for reading to those who may; the others are told who has it. @param {string} contact @param {string} channel @param {string | undefined} by */
async function showHeld(contact, channel, by) {
  await loadDetail(contact);
  const held = store.details.get(contact)?.interactions.find((each) => each.channel === channel && each.state === 'active');
  if (held !== undefined) show(held);
  else store.notice(desk.interaction.has(by ?? ''));
}

/** Reads anew what is shown of a colleague's work. @param {import('./types.js').Interaction} known */
export async function rereadShown(known) {
  await loadDetail(known.contact.id);
  const detail = store.details.get(known.contact.id);
  if (detail === undefined) return;
  const now = detail.interactions.find(({ id }) => id === known.id);
  if (now === undefined) {
    // A colleague goes on with it, and what a colleague has is theirs.
    store.removeInteraction(known.id);
    store.notice(desk.interaction.has(''));
    return;
  }
  store.putInteraction(now);
  if (now.state === 'done') sayDone(now);
}

/** @param {string} contact @param {boolean} assigned */
export async function assign(contact, assigned) {
  try {
    await api.assign(contact, assigned);
    const summary = store.contacts.get(contact);
    if (summary !== undefined) store.putContact({ ...summary, assigned });
  } catch (error) {
    report(error);
  }
}

/** Shows a contact in the Communication view. @param {string | null} contact */
export function showContact(contact) {
  store.setView({ tab: 'communication', contact });
  if (contact !== null) store.removeAlert(contact);
}

/** @param {import('./types.js').Alert} alert */
export function showAlert(alert) {
  store.removeAlert(alert.contact.id);
  if (alert.on_show === 'interaction') void openInteraction(alert.contact.id, alert.channel);
  else showContact(alert.contact.id);
}
