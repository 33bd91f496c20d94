import { unseenOfAll } from '../chats.js';
import { h, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import './parlor-chats.js';
import './parlor-figures.js';
import './parlor-team-now.js';
import { View } from './view.js';

/** @typedef {import('../store.js').Panel} Panel */

/** @type {Panel[]} */
const PANELS = ['now', 'chats', 'figures'];

/** @type {Record<Panel, string>} */
const SYMBOLS = { now: 'eye', chats: 'chat', figures: 'bars' };

/** The Team view: what goes on at the desk (for supervisors), chats with colleagues, and figures. */
export class ParlorTeam extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['view', 'session', 'chats', 'messages'];

  build() {
    this.badge = h('span', { class: 'badge', hidden: true });
    this.tabs = h('div', { class: 'tabs', role: 'tablist', aria: { label: desk.team.panels }, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.stepTabs(event) } },
      ...PANELS.map((panel) => h('button', {
        type: 'button', role: 'tab', class: 'tab', id: `team-tab-${panel}`, testid: `team-${panel}`, data: { panel }, aria: { controls: `team-pane-${panel}` },
        on: { click: () => store.setView({ panel }) },
      }, icon(SYMBOLS[panel]), desk.team.panel[panel], panel === 'chats' ? this.badge : null)));
    this.panes = PANELS.map((panel) => h('div', { class: 'team-pane', id: `team-pane-${panel}`, role: 'tabpanel', data: { panel }, aria: { labelledby: `team-tab-${panel}` } },
      document.createElement({ now: 'parlor-team-now', chats: 'parlor-chats', figures: 'parlor-figures' }[panel])));
    this.append(h('section', { class: 'team', testid: 'team', aria: { labelledby: 'team-title' } },
      h('header', { class: 'team-head' }, h('h2', { id: 'team-title' }, desk.team.title), this.tabs),
      ...this.panes));
  }

  draw() {
    const { panel } = store.view;
    for (const tab of this.tabs.children) {
      const selected = tab.dataset.panel === panel;
      setAttribute(tab, 'aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      // Who is there and what everybody has is for supervisors.
      if (tab.dataset.panel === 'now') tab.hidden = !store.supervises;
    }
    for (const pane of this.panes) pane.hidden = pane.dataset.panel !== panel;
    const unseen = unseenOfAll();
    this.badge.hidden = unseen === 0;
    setText(this.badge, String(unseen));
    this.badge.title = desk.communication.unread(unseen);
  }

  /** @param {KeyboardEvent} event */
  stepTabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const tabs = Array.from(this.tabs.children).filter((tab) => !tab.hidden);
    const at = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    const tab = tabs[(at + step + tabs.length) % tabs.length];
    event.preventDefault();
    store.setView({ panel: tab.dataset.panel });
    tab.focus();
  }
}

customElements.define('parlor-team', ParlorTeam);
