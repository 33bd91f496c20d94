/** How people and their channels are called on the screen. Never empty (r34): without a name, their address stands in. */
import { store } from './store.js';
import { desk } from './strings.js';

/** @param {import('./types.js').Interaction} interaction @returns {string} the contact's name */
export function nameOf(interaction) {
  return interaction.contact.display_name || interaction.point?.address || desk.unknownContact;
}

/** @param {string} contact @returns {string} the name of any contact the desk has seen */
export function nameOfContact(contact) {
  const summary = store.contacts.get(contact)?.display_name;
  if (summary) return summary;
  const detail = store.details.get(contact);
  if (detail?.contact.display_name) return detail.contact.display_name;
  for (const interaction of store.interactions.values()) {
    if (interaction.contact.id === contact) return nameOf(interaction);
  }
  return store.alerts.get(contact)?.contact.display_name || detail?.points[0]?.address || desk.unknownContact;
}

/** @param {import('./types.js').Author} author @param {string} contact @returns {string} who wrote something */
export function nameOfAuthor(author, contact) {
  switch (author.kind) {
    case 'contact': return nameOfContact(contact);
    case 'agent': return author.name === store.me?.agent ? desk.you : desk.agent(author.name ?? '');
    case 'bot': return author.name ?? desk.transcript.bot;
    default: return author.name ?? '';
  }
}
