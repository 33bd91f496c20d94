/**
 * What the agent wrote and the server has not answered. It is kept in the browser until there is an answer and repeated
 * with the same id, so a broken connection, a reload or a restart of the server neither loses nor doubles a message.
 */
import { api, NoAnswer, Problem } from './api.js';
import { now } from './clock.js';
import { draft, restoreDraft, withdrawDraft } from './drafts.js';
import { newId } from './ids.js';
import { loadDetail } from './people.js';
import * as storage from './storage.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { wellFormed } from './text.js';

/** @typedef {import('./types.js').PendingWrite} PendingWrite */

/** Pauses before the next attempt, milliseconds; the last one repeats. A live feed shortens them. */
const PAUSES_MS = [500, 1_000, 2_000, 3_000];

// One key per write: two windows of the same agent never overwrite each other's.
const prefix = () => `parlor.${store.me?.agent ?? ''}.outbox.`;

/** Messages to one addressee go one after the other. @type {Set<string>} */
const busy = new Set();
let attempts = 0;
/** @type {number | undefined} */
let timer;

/** @param {PendingWrite} write */
const addressee = (write) => write.interaction ?? write.contact;

/** Takes up what an earlier page of this agent left behind. */
export function loadOutbox() {
  store.outbox = storage.keys(prefix())
    .map((key) => /** @type {PendingWrite | null} */ (storage.read(key)))
    .filter((write) => write !== null)
    .sort((a, b) => a.order - b.order);
  store.changed('outbox');
  flush();
}

/**
 * Accepts a text for sending. It is durable here before the first attempt.
 * @param {Omit<PendingWrite, "id" | "at" | "order">} what
 */
export function post(what) {
  const order = Math.max(Date.now(), ...store.outbox.map((write) => write.order + 1));
  const write = { ...what, text: wellFormed(what.text), id: newId(), at: now(), order };
  storage.write(prefix() + write.id, write);
  store.outbox = [...store.outbox, write];
  store.changed('outbox');
  flush();
}

/** Tries everything that waits. */
export function flush() {
  window.clearTimeout(timer);
  for (const write of store.outbox) {
    if (!busy.has(addressee(write))) void sendAll(addressee(write));
  }
}

/** Tries at once: the connection is back. */
export function hurry() {
  attempts = 0;
  flush();
}

/** @param {string} to */
async function sendAll(to) {
  busy.add(to);
  const agent = store.me?.agent;
  try {
    for (let write = next(to); write !== undefined; write = next(to)) {
      await send(write);
      // Somebody else may have signed in meanwhile; their outbox is another one.
      if (store.me?.agent !== agent) return;
      attempts = 0;
    }
  } catch (error) {
    if (error instanceof NoAnswer) retryLater();
    else if (!(error instanceof Problem)) throw error;
  } finally {
    busy.delete(to);
  }
}

/** @param {string} to */
const next = (to) => store.outbox.find((write) => addressee(write) === to);

/** @param {PendingWrite} write */
async function send(write) {
  const key = prefix() + write.id;
  try {
    const answer = await deliver(write);
    store.putMessage(answer.message);
    if (answer.interaction) store.putInteraction(answer.interaction);
  } catch (error) {
    // Without an answer, or without a session, it stays for the next attempt.
    if (!(error instanceof Problem) || error.status === 401) throw error;
    restoreDraft(write.draft, write.text);
    const warned = error.code === 'not_sms_capable';
    store.notice(desk.problem(error), 'error', warned ? anyway(write) : undefined);
    // What is known of the number stands there too.
    if (warned) void loadDetail(write.contact);
  }
  storage.remove(key);
  store.outbox = store.outbox.filter(({ id }) => id !== write.id);
  store.changed('outbox');
}

/** A warning is heeded: it goes out all the same (r130). @param {PendingWrite} write @returns {import('./store.js').Remedy} */
const anyway = (write) => ({
  label: desk.sends.anyway,
  run: () => {
    // What stands in the field now: it may have been changed since the warning.
    const text = draft(write.draft).trim() === '' ? write.text : draft(write.draft);
    withdrawDraft(write.draft, text);
    post({ ...write, text, force: true });
  },
});

/** @param {PendingWrite} write @returns {Promise<{message: import('./types.js').Message, interaction?: import('./types.js').Interaction}>} */
function deliver(write) {
  switch (write.what) {
    case 'message': return api.sendMessage(/** @type {string} */ (write.interaction), write.id, write.text, filesOf(write), write.force ?? false);
    case 'note': return api.sendNote(/** @type {string} */ (write.interaction), write.id, write.text);
    case 'consult': return api.writeInConsult(/** @type {string} */ (write.interaction), /** @type {string} */ (write.consult), write.id, write.text);
    case 'whisper': return api.whisper(/** @type {string} */ (write.interaction), write.id, write.text);
    case 'chat': return api.writeToColleague(/** @type {string} */ (write.consult), write.id, write.text);
    case 'communication': return api.writeToContact(write.contact, write.id, write.channel ?? '', write.point ?? null, write.text, filesOf(write), write.force ?? false);
  }
}

/** @param {PendingWrite} write */
const filesOf = (write) => (write.files ?? []).map(({ id }) => id);

function retryLater() {
  const pause = PAUSES_MS[Math.min(attempts, PAUSES_MS.length - 1)];
  attempts += 1;
  window.clearTimeout(timer);
  timer = window.setTimeout(flush, pause * (0.75 + Math.random() / 2));
}
