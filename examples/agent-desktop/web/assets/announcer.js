/** Says things to people who listen to the screen instead of looking at it. */
import { h } from './dom.js';

const polite = h('div', { class: 'visually-hidden', role: 'status', aria: { live: 'polite' } });
const assertive = h('div', { class: 'visually-hidden', role: 'alert', aria: { live: 'assertive' } });

/** @returns {Node[]} the live regions, to be put into the page once, before anything is said */
export const liveRegions = () => [polite, assertive];

/** @param {string} text @param {boolean} [urgent] whether it may interrupt what is being said */
export function announce(text, urgent = false) {
  const region = urgent ? assertive : polite;
  // A new node each time: the same words twice are two announcements.
  region.replaceChildren(h('p', {}, text));
}
