/** Reaching a contact outside Parlor: one action for each number and address on file (r55, r56). */
import { api, Problem } from './api.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { report } from './work.js';

/** @typedef {import('./types.js').Action} Action */

/** @param {string} contact */
export async function loadActions(contact) {
  try {
    store.actions.set(contact, (await api.actions(contact)).actions);
    store.changed('contacts');
  } catch (error) {
    // Not for this account: then there is nothing to choose from.
    if (!(error instanceof Problem)) report(error);
  }
}

/** @param {Action} action @returns {string} */
export const keyOf = ({ action, address }) => `${action} ${address}`;

/** Launches that are on their way. @type {Set<string>} */
export const launching = new Set();

/** Starts one. The transcript says what comes of it. @param {string} contact @param {Action} action */
export async function launch(contact, action) {
  const key = `${contact} ${keyOf(action)}`;
  if (launching.has(key)) return;
  launching.add(key);
  store.changed('contacts');
  try {
    const { message } = await api.launch(contact, action.action, action.address);
    store.putMessage(message);
    store.notice(desk.transcript.outside(message.content.notice?.outside, store.me?.agent ?? ''));
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_carried') store.notice(desk.outside.failed(action), 'error');
    else report(error);
  }
  launching.delete(key);
  store.changed('contacts');
}
