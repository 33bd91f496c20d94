/** The address of what is on the screen (`#interactions/ID`, `#communication/ID`), for reloads and the Back button. */
import { store } from './store.js';

/** @returns {string} */
function hash() {
  const { tab, interaction, contact } = store.view;
  const shown = tab === 'interactions' ? interaction : contact;
  return shown === null ? `#${tab}` : `#${tab}/${encodeURIComponent(shown)}`;
}

/** Shows what the address says. */
export function readRoute() {
  const [tab, id = ''] = location.hash.slice(1).split('/');
  const shown = id === '' ? null : decoded(id);
  if (tab === 'communication') store.setView({ tab, contact: shown });
  else if (tab === 'interactions') store.setView({ tab, interaction: shown });
}

/** @param {string} text @returns {string | null} */
function decoded(text) {
  try {
    return decodeURIComponent(text);
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
