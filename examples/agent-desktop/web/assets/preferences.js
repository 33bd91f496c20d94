/** Small choices of an agent about their desk, remembered in this browser. */
import * as storage from './storage.js';
import { store } from './store.js';

/** @param {string} name */
const keyOf = (name) => `parlor.${store.me?.agent ?? ''}.preference.${name}`;

/** @param {string} name @param {boolean} otherwise @returns {boolean} */
export function preference(name, otherwise) {
  const kept = storage.read(keyOf(name));
  return typeof kept === 'boolean' ? kept : otherwise;
}

/** @param {string} name @param {boolean} value */
export function setPreference(name, value) {
  storage.write(keyOf(name), value);
}
