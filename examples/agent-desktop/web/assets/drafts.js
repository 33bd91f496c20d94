/** What an agent has typed and not sent, kept per agent and message field across reloads. */
import * as storage from './storage.js';
import { store } from './store.js';

/** Says that a draft was changed by something other than its own field. */
export const changes = new EventTarget();

/** @param {string} key */
const keyOf = (key) => `parlor.${store.me?.agent ?? ''}.draft.${key}`;

/** @param {string} key @returns {string} */
export function draft(key) {
  return storage.read(keyOf(key)) ?? '';
}

/** @param {string} key @param {string} text */
export function keepDraft(key, text) {
  if (text === '') storage.remove(keyOf(key));
  else storage.write(keyOf(key), text);
}

/** Takes a text out of its field again: it is on its way after all. @param {string} key @param {string} text */
export function withdrawDraft(key, text) {
  const typed = draft(key);
  if (text === '' || !typed.startsWith(text)) return;
  keepDraft(key, typed.slice(text.length).replace(/^\n/, ''));
  changes.dispatchEvent(new CustomEvent('draft', { detail: key }));
}

/**
 * Gives a text back to its field: it was refused, or moved from another field. Anything typed meanwhile stays below.
 * @param {string} key
 * @param {string} text
 */
export function restoreDraft(key, text) {
  const typed = draft(key);
  if (text === '' || typed.startsWith(text)) return;
  keepDraft(key, typed === '' ? text : `${text}\n${typed}`);
  changes.dispatchEvent(new CustomEvent('draft', { detail: key }));
}
