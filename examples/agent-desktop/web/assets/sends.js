/** Messages that may have been sent: a person says whether they are sent again or given up. */
import { api, Problem } from './api.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { report } from './work.js';

/** @typedef {"send_again" | "discard"} Resolution */

/** What is on its way to the server, by message. @type {Set<string>} */
const deciding = new Set();

/** @param {any} notice @returns {string | null} the message that a person has to decide about */
export const toDecide = (notice) => (notice?.send?.outcome === 'may_have_been_sent' ? notice.send.message : null);

/**
 * Whether a decision is still wanted: a receipt may have come, or somebody may have decided.
 * @param {import('./types.js').Message} asked the notice that asks
 */
export function isWanted(asked) {
  const message = toDecide(asked.content.notice);
  for (const conversation of store.conversations.values()) {
    for (const known of conversation.messages.values()) {
      if (known.id === message && known.delivery !== null) return false;
      const later = known.content.type === 'system' && known.content.notice?.send?.message === message;
      if (later && known.sequence > asked.sequence) return false;
    }
  }
  return true;
}

/** @param {string} message @param {Resolution} resolution @returns {Promise<boolean>} whether it has been said */
export async function decide(message, resolution) {
  if (deciding.has(message)) return false;
  deciding.add(message);
  try {
    store.putMessage((await api.resolveSend(message, resolution)).message);
    return true;
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'nothing_to_decide')) {
      report(error);
      return false;
    }
    store.notice(desk.sends.decided);
    return true;
  } finally {
    deciding.delete(message);
  }
}
