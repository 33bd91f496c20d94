import { h } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { initials } from '../text.js';

/** How many colours the style sheet has. */
const COLOURS = 6;

/**
 * The round mark of a person: decorative, their name stands beside it.
 * @param {string} id gives the colour, so that it stays when the name changes
 * @param {string} name
 * @param {string} [kind] the channel kind to show on it
 * @returns {HTMLElement}
 */
export function avatar(id, name, kind) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return h('span', { class: `avatar avatar-${sum % COLOURS}`, aria: { hidden: true } },
    h('span', { class: 'avatar-initials' }, initials(name)),
    kind === undefined ? null : h('span', { class: 'avatar-kind' }, icon(iconOfKind(kind))));
}

/** @param {HTMLElement} element an avatar @param {string} name */
export function renameAvatar(element, name) {
  const text = /** @type {HTMLElement} */ (element.querySelector('.avatar-initials'));
  const letters = initials(name);
  if (text.textContent !== letters) text.textContent = letters;
}
