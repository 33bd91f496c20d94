import { liveRegions } from '../announcer.js';
import { h } from '../dom.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import './parlor-alerts.js';
import './parlor-bar.js';
import './parlor-communication.js';
import './parlor-header.js';
import './parlor-interaction.js';
import './parlor-notices.js';
import './parlor-offers.js';
import './parlor-sign-in.js';
import './parlor-team.js';
import { View } from './view.js';

/** The whole desk: the sign-in page, or the workspace of an agent. */
export class ParlorDesk extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['session', 'view'];

  build() {
    this.place = h('div', { class: 'place' });
    this.append(this.place, document.createElement('parlor-notices'), ...liveRegions());
  }

  draw() {
    const { session } = store;
    // Signing in as somebody else begins with an empty desk, so nothing of the last one stays on the screen.
    const shown = session === 'in' ? `in ${store.me?.agent}` : session;
    if (this.shown !== shown) {
      this.shown = shown;
      this.place.replaceChildren(...this.page());
    }
    if (session !== 'in') return;
    const { tab } = store.view;
    if (this.interactions) this.interactions.hidden = tab !== 'interactions';
    if (this.communication) this.communication.hidden = tab !== 'communication';
    if (this.team) this.team.hidden = tab !== 'team';
  }

  /** @returns {HTMLElement[]} */
  page() {
    switch (store.session) {
      case 'loading': return [h('main', { class: 'opening', id: 'main' }, h('span', { class: 'brand-mark', aria: { hidden: true } }), h('p', { role: 'status' }, desk.loading))];
      case 'out': return [document.createElement('parlor-sign-in')];
      default:
    }
    this.interactions = document.createElement('parlor-interaction');
    this.communication = document.createElement('parlor-communication');
    this.team = document.createElement('parlor-team');
    return [h('div', { class: 'workspace' },
      h('a', { class: 'skip', href: '#main', on: { click: (/** @type {Event} */ event) => this.skip(event) } }, desk.skip),
      document.createElement('parlor-header'), document.createElement('parlor-bar'),
      h('div', { class: 'pop-ups' }, document.createElement('parlor-offers'), document.createElement('parlor-alerts')),
      h('main', { class: 'main', id: 'main', tabindex: '-1' }, this.interactions, this.communication, this.team))];
  }

  /** The address keeps saying what is on the screen, so the link is followed by hand. @param {Event} event */
  skip(event) {
    event.preventDefault();
    document.getElementById('main')?.focus();
  }
}

customElements.define('parlor-desk', ParlorDesk);
