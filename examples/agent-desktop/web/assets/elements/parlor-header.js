import { unseenOfAll } from '../chats.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { signOut } from '../session.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { setReadiness, showTab } from '../work.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** The top of the desk: views, status per medium, load, connection, and who is signed in. */
export class ParlorHeader extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['session', 'feed', 'view', 'alerts', 'chats', 'messages'];

  build() {
    this.badge = h('span', { class: 'badge', hidden: true });
    this.interactions = this.tab('interactions', 'chat', desk.header.interactions);
    this.communication = this.tab('communication', 'people', desk.header.communication, this.badge);
    this.colleagues = h('span', { class: 'badge', hidden: true });
    this.team = this.tab('team', 'team', desk.header.team, this.colleagues);
    this.media = h('div', { class: 'media', role: 'group', aria: { label: desk.header.readiness } });
    this.load = h('ul', { class: 'load', aria: { label: desk.header.load } });
    this.feed = h('span', { class: 'feed', role: 'status', testid: 'feed-state' }, h('span', { class: 'feed-dot', aria: { hidden: true } }), h('span', { class: 'feed-words' }));
    this.who = h('span', { class: 'who' });
    this.banner = h('p', { class: 'banner', role: 'status', hidden: true }, icon('alert'), desk.header.reconnectingBanner);
    this.append(
      h('header', { class: 'header' },
        h('h1', { class: 'brand' }, h('span', { class: 'brand-mark', aria: { hidden: true } }), h('span', { class: 'brand-name' }, desk.product)),
        h('nav', { class: 'views', aria: { label: desk.header.views } }, this.interactions, this.communication, this.team),
        h('div', { class: 'header-state' }, this.media, this.load),
        h('div', { class: 'header-who' }, this.feed, this.who,
          h('button', { type: 'button', class: 'icon-button', testid: 'signout', title: desk.header.signOut, aria: { label: desk.header.signOut }, on: { click: () => signOut() } }, icon('leave')))),
      this.banner);
  }

  /** @param {import('../store.js').Tab} tab @param {string} symbol @param {string} label @param {HTMLElement} [badge] */
  tab(tab, symbol, label, badge) {
    return h('button', { type: 'button', class: 'view-tab', testid: `nav-${tab}`, on: { click: () => showTab(tab) } }, icon(symbol), h('span', {}, label), badge);
  }

  draw() {
    const { me, view } = store;
    if (me === null) return;
    for (const [tab, button] of Object.entries({ interactions: this.interactions, communication: this.communication, team: this.team })) {
      setAttribute(button, 'aria-current', view.tab === tab ? 'page' : null);
    }
    this.communication.hidden = !store.has('communication_view');
    // Who only configures is nobody's colleague.
    this.team.hidden = me.role === 'admin';
    const unseen = unseenOfAll();
    this.colleagues.hidden = unseen === 0;
    setText(this.colleagues, String(unseen));
    this.colleagues.title = desk.header.unseen(unseen);
    this.badge.hidden = store.alerts.size === 0;
    setText(this.badge, String(store.alerts.size));
    this.badge.title = desk.header.alerts(store.alerts.size);
    if (this.who.dataset.agent !== me.agent) {
      this.who.dataset.agent = me.agent;
      this.who.replaceChildren(avatar(me.agent, me.agent), nameNode(desk.agent(me.agent), { class: 'who-name', testid: 'me' }));
    }
    this.drawFeed();
    reconcile(this.media, Object.entries(me.readiness), ([medium]) => medium, ([medium]) => this.makeMedium(medium),
      (element, [medium, readiness]) => this.drawMedium(element, medium, readiness));
    const load = Object.entries(me.load);
    this.load.hidden = load.length === 0;
    reconcile(this.load, load, ([name]) => name, () => h('li', {}, h('span', { class: 'load-name', aria: { hidden: true } }), h('span', { class: 'load-count', aria: { hidden: true } }), h('span', { class: 'visually-hidden' })),
      (element, [name, { used, limit }]) => {
        element.dataset.full = String(used >= limit && limit > 0);
        element.dataset.load = name;
        const [label, count, spoken] = element.children;
        setText(label, desk.mediaClass(name));
        setText(count, `${used}/${limit}`);
        setText(spoken, desk.header.loadOf(desk.mediaClass(name), used, limit));
        element.title = spoken.textContent;
      });
  }

  drawFeed() {
    const { feed } = store;
    this.feed.dataset.state = feed;
    const words = { live: desk.header.live, connecting: desk.header.connecting, reconnecting: desk.header.reconnecting }[feed];
    setText(this.feed.lastElementChild, words);
    this.feed.title = words;
    this.banner.hidden = feed !== 'reconnecting';
  }

  /** @param {string} medium */
  makeMedium(medium) {
    const name = desk.medium(medium);
    const menu = h('div', { class: 'menu', popover: 'auto', role: 'menu', aria: { label: desk.header.reasons(name) } });
    const more = h('button', { type: 'button', class: 'medium-more', aria: { haspopup: 'menu', label: desk.header.reasons(name) }, on: { click: () => menu.togglePopover() } }, icon('down'));
    const choose = (/** @type {boolean} */ ready, /** @type {string | null} */ reason) => {
      menu.hidePopover();
      void setReadiness(medium, ready, reason);
    };
    menu.append(h('button', { type: 'button', role: 'menuitem', on: { click: () => choose(true, null) } }, desk.header.ready),
      h('button', { type: 'button', role: 'menuitem', on: { click: () => choose(false, null) } }, desk.header.notReady));
    for (const [code, words] of Object.entries(desk.header.reasonChoices)) {
      menu.append(h('button', { type: 'button', role: 'menuitem', data: { reason: code }, on: { click: () => choose(false, code) } }, `${desk.header.notReady}: ${words}`));
    }
    menu.addEventListener('toggle', (/** @type {any} */ event) => {
      more.setAttribute('aria-expanded', String(event.newState === 'open'));
      if (event.newState !== 'open') return;
      // The top layer knows nothing of its button; it is placed below it here.
      const box = more.getBoundingClientRect();
      menu.style.top = `${box.bottom + 6}px`;
      menu.style.left = `${Math.max(8, Math.min(box.right - menu.offsetWidth, window.innerWidth - menu.offsetWidth - 8))}px`;
      /** @type {HTMLElement} */ (menu.firstElementChild).focus();
    });
    menu.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const items = /** @type {HTMLElement[]} */ (Array.from(menu.children));
      const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      items[(at + step + items.length) % items.length].focus();
    });
    const toggle = h('button', {
      type: 'button', class: 'medium-toggle', testid: `ready-${medium}`,
      on: { click: () => setReadiness(medium, toggle.getAttribute('aria-pressed') !== 'true') },
    }, h('span', { class: 'medium-light', aria: { hidden: true } }), h('span', { class: 'medium-name' }, name), h('span', { class: 'medium-state' }));
    return h('div', { class: 'medium' }, toggle, more, menu);
  }

  /** @param {HTMLElement} element @param {string} medium @param {import('../types.js').Readiness} readiness */
  drawMedium(element, medium, { ready, reason }) {
    const toggle = /** @type {HTMLButtonElement} */ (element.firstElementChild);
    element.dataset.ready = String(ready);
    setAttribute(toggle, 'aria-pressed', String(ready));
    const why = desk.header.reason(reason);
    const because = ready ? undefined : desk.header.because[String(reason)];
    toggle.title = `${desk.header.status(desk.medium(medium), ready)}${ready || why === '' ? '' : ` (${why})`}${because === undefined ? '' : `. ${because}`}`;
    const words = ready ? desk.header.ready : desk.header.notReady;
    // Only what the agent chose, or a rule decided, is worth the room.
    setText(/** @type {Element} */ (toggle.lastElementChild), ready || why === '' || reason === 'logged_in' ? words : `${words} · ${why}`);
  }
}

customElements.define('parlor-header', ParlorHeader);
