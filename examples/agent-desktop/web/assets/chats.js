/** Chats between colleagues (r54): no contact is part of them, and they take no room. */
import { api, Problem } from './api.js';
import { post } from './outbox.js';
import * as storage from './storage.js';
import { conversationOf, store } from './store.js';
import { desk } from './strings.js';
import { report } from './work.js';

/** @typedef {import('./types.js').Chat} Chat */
/** @typedef {import('./types.js').Message} Message */

/** Entries that the server gives at a time. */
const PAGE = 200;

/** How far each chat was read from the server, without a gap. @type {Map<string, number>} */
const reached = new Map();

/** How far each chat was seen by the agent. @type {Map<string, number>} */
const seen = new Map();

/** @param {string} chat */
const keyOf = (chat) => `parlor.${store.me?.agent ?? ''}.chat.${chat}`;

/** Forgets everything: another agent may have signed in. */
export function forgetChats() {
  reached.clear();
  seen.clear();
}

/** @param {Chat} chat @returns {string} the one on the other side */
export const colleagueOf = (chat) => (chat.by === store.me?.agent ? chat.agent : chat.by);

/** Reads which chats there are, and what was written in them since. */
export async function loadChats() {
  const agent = store.me?.agent;
  try {
    const { consults } = await api.chats();
    if (store.me?.agent !== agent) return;
    const open = new Set(consults.map(({ id }) => id));
    consults.forEach((chat) => store.putChat(chat));
    // Those that are missing were ended meanwhile, and one may be on the screen.
    const others = Array.from(store.chats.keys()).filter((id) => !open.has(id));
    const { chat } = store.view;
    if (chat !== null && !open.has(chat) && !others.includes(chat)) others.push(chat);
    for (const id of [...open, ...others]) await readChat(id);
  } catch (error) {
    report(error);
  }
}

/** Reads what was written in a chat since it was read last. @param {string} id */
export async function readChat(id) {
  const window = store.conversation(conversationOf(id)).window('', '');
  if (window.loading !== '') return;
  const agent = store.me?.agent;
  window.loading = 'newest';
  window.failed = false;
  store.changed('messages');
  try {
    for (let more = true; more;) {
      const { consult, messages } = await api.chatMessages(id, reached.get(id) ?? 0);
      if (store.me?.agent !== agent) return;
      // Its address may be all that is known of it.
      if (!store.chats.has(id)) store.chats.set(id, consult);
      store.putChat(consult);
      messages.forEach((message) => store.putMessage(message));
      reached.set(id, messages.at(-1)?.sequence ?? reached.get(id) ?? 0);
      more = messages.length === PAGE;
    }
    window.loaded = true;
  } catch (error) {
    window.failed = true;
    if (error instanceof Problem && error.status === 404) {
      store.chats.delete(id);
      if (store.view.chat === id) store.setView({ chat: null });
    }
  }
  window.loading = '';
  store.changed('messages', 'chats');
}

/** A chat began or ended. @param {Chat} chat */
export function receiveChat(chat) {
  const known = store.chats.get(chat.id);
  const me = store.me?.agent;
  const shown = store.view.tab === 'team' && store.view.chat === chat.id;
  if (known === undefined && chat.ended_at === null && chat.by !== me) store.notice(desk.chats.began(chat.by));
  if (known?.ended_at === null && chat.ended_by !== null && chat.ended_by !== me && !shown) store.notice(desk.chats.over(chat.ended_by));
  store.putChat(chat);
  if (known === undefined && chat.ended_at === null) void readChat(chat.id);
}

/** @param {string} id @returns {number} how far it was seen */
function seenOf(id) {
  let upto = seen.get(id);
  if (upto === undefined) {
    const kept = storage.read(keyOf(id));
    upto = typeof kept === 'number' ? kept : 0;
    seen.set(id, upto);
  }
  return upto;
}

/** @param {Chat} chat @returns {Message[]} what the colleague wrote and the agent has not seen */
export function unseen(chat) {
  if (chat.ended_at !== null) return [];
  const upto = seenOf(chat.id);
  return store.conversation(conversationOf(chat.id)).all()
    .filter(({ author, sequence }) => author.kind === 'agent' && author.name !== store.me?.agent && sequence > upto);
}

/** @returns {number} how many messages of colleagues were not seen */
export const unseenOfAll = () => Array.from(store.chats.values()).reduce((sum, chat) => sum + unseen(chat).length, 0);

/** What is on the screen is seen. @param {string} id */
export function markSeen(id) {
  if (document.visibilityState !== 'visible') return;
  const newest = store.conversation(conversationOf(id)).all().reduce((most, { sequence }) => Math.max(most, sequence), 0);
  if (newest <= seenOf(id)) return;
  seen.set(id, newest);
  storage.write(keyOf(id), newest);
  store.changed('chats');
}

export async function loadColleagues() {
  const agent = store.me?.agent;
  try {
    const { colleagues } = await api.colleagues();
    if (store.me?.agent === agent) store.colleagues = colleagues;
  } catch (error) {
    report(error);
  }
  store.changed('chats');
}

/** @param {string | null} chat */
export function showChat(chat) {
  store.setView({ tab: 'team', panel: 'chats', chat });
}

/** @param {string} agent */
export async function beginChat(agent) {
  try {
    const { consult } = await api.beginChat(agent);
    store.putChat(consult);
    showChat(consult.id);
    void readChat(consult.id);
  } catch (error) {
    report(error);
    void loadColleagues();
  }
}

/** @param {string} chat */
export async function endChat(chat) {
  try {
    await api.endChat(chat);
  } catch (error) {
    report(error);
  }
}

/** @param {string} chat @param {string} text */
export function writeToColleague(chat, text) {
  post({ what: 'chat', contact: conversationOf(chat), interaction: null, channel: null, consult: chat, text, draft: `chat.${chat}` });
}
