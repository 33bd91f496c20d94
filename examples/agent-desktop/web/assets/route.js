/** The address of what is on the screen (`#interactions/ID`, `#communication/ID`, `#team/chats/ID`), for reloads and the Back button. */
import { store } from './store.js';

/** @typedef {import('./store.js').Panel} Panel */

/** @type {Panel[]} */
const PANELS = ['now', 'chats', 'figures'];

/** @returns {string} */
function hash() {
  const { tab, interaction, contact, panel, chat } = store.view;
  if (tab === 'team') return `#team/${panel}${panel === 'chats' && chat !== null ? `/${encodeURIComponent(chat)}` : ''}`;
  const shown = tab === 'interactions' ? interaction : contact;
  return shown === null ? `#${tab}` : `#${tab}/${encodeURIComponent(shown)}`;
}

/** Shows what the address says. */
export function readRoute() {
  const [tab, ...rest] = location.hash.slice(1).split('/');
  const [first = '', second = ''] = rest;
  if (tab === 'communication') store.setView({ tab, contact: decoded(first) });
  else if (tab === 'interactions') store.setView({ tab, interaction: decoded(first) });
  else if (tab === 'team') store.setView({ tab, panel: PANELS.find((panel) => panel === first) ?? 'now', chat: decoded(second) });
}

/** @param {string} text @returns {string | null} */
function decoded(text) {
  try {
    return text === '' ? null : decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Keeps the address in step with the view. */
export function followRoute() {
  window.addEventListener('popstate', () => { if (store.session === 'in') readRoute(); });
  store.subscribe(['view'], () => {
    if (store.session === 'in' && location.hash !== hash()) history.pushState(null, '', hash());
  });
}
