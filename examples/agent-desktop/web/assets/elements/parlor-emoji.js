import { api, NoAnswer, Problem } from '../api.js';
import { h, setAttribute } from '../dom.js';
import { icon } from '../icons.js';
import { desk } from '../strings.js';

/** @typedef {{emoji: string, name: string, group?: string}} Emoji */
/** @typedef {"menu" | "full"} Size */

/** What the quick menu has: what agents say most, in the order of a conversation. */
const QUICK = ['\u{1F44B}', '\u{1F642}', '\u{1F600}', '\u{1F602}', '\u{1F44D}', '\u{1F44C}', '\u{1F64F}', '\u{1F389}', '\u2764\uFE0F', '\u{1F914}', '\u{1F615}', '\u{1F622}'];

/** Somebody who pauses this long wants to see what was found, milliseconds. */
const SEARCH_MS = 120;

/** All of them, with their names in the language of the browser; read once. @type {Promise<Emoji[]> | null} */
let catalogue = null;

const all = () => {
  catalogue ??= api.emoji(navigator.language).then(({ emoji }) => emoji);
  // What did not come is asked for again the next time.
  catalogue.catch(() => { catalogue = null; });
  return catalogue;
};

/**
 * A button that opens a picker above a message field: a quick menu that leads to all of them, or all of them at once, with
 * those that were sent last and a search (r66-r75).
 */
export class ParlorEmoji extends HTMLElement {
  /** @type {Size} */
  size = 'menu';
  /** @type {(emoji: string) => void} */
  onpick = () => {};
  /** What was asked last: older answers are not shown. */
  asked = 0;

  connectedCallback() {
    document.addEventListener('pointerdown', this.elsewhere);
    if (this.button !== undefined) return;
    this.button = h('button', {
      type: 'button', class: 'icon-button', testid: 'emoji', title: desk.emoji.open, aria: { label: desk.emoji.open, haspopup: 'dialog', expanded: false },
      on: { click: () => this.toggle(this.panel.hidden) },
    }, icon('smile'));
    this.search = h('input', { type: 'search', testid: 'emoji-search', placeholder: desk.emoji.search, aria: { label: desk.emoji.search }, on: { input: () => this.typed() } });
    this.views = h('div', { class: 'emoji-views', role: 'group', aria: { label: desk.emoji.views } },
      ...['recent', 'all'].map((view) => h('button', { type: 'button', class: 'quiet small', testid: `emoji-${view}`, data: { view }, on: { click: () => void this.show(view) } }, desk.emoji[view])));
    this.state = h('p', { class: 'hint', role: 'status', testid: 'emoji-state' });
    this.list = h('div', { class: 'emoji-list', testid: 'emoji-list', on: { click: (/** @type {Event} */ event) => this.clicked(event), keydown: (/** @type {KeyboardEvent} */ event) => this.moved(event) } });
    this.more = h('button', { type: 'button', class: 'quiet small', testid: 'emoji-more', on: { click: () => void this.enlarge() } }, desk.emoji.more);
    this.panel = h('div', { class: 'emoji-panel', role: 'dialog', testid: 'emoji-panel', hidden: true, aria: { label: desk.emoji.open }, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event) } },
      this.search, this.views, this.state, this.list, this.more);
    this.append(this.button, this.panel);
    this.addEventListener('focusout', (event) => {
      const to = /** @type {FocusEvent} */ (event).relatedTarget;
      if (to instanceof Node && !this.contains(to)) this.toggle(false);
    });
  }

  disconnectedCallback() {
    this.toggle(false);
    document.removeEventListener('pointerdown', this.elsewhere);
  }

  elsewhere = (/** @type {Event} */ event) => {
    if (event.target instanceof Node && !this.contains(event.target)) this.toggle(false);
  };

  /** @param {boolean} open */
  toggle(open) {
    if (this.panel.hidden !== open) return;
    this.panel.hidden = !open;
    setAttribute(this.button, 'aria-expanded', String(open));
    if (!open) return;
    this.search.value = '';
    if (this.size === 'full') void this.enlarge();
    else this.drawMenu();
  }

  drawMenu() {
    this.panel.dataset.size = 'menu';
    for (const part of [this.search, this.views, this.state]) part.hidden = true;
    this.more.hidden = false;
    this.draw(QUICK.map((emoji) => ({ emoji, name: '' })));
    this.focusFirst();
    void all().then((known) => {
      for (const item of this.items()) {
        const name = known.find(({ emoji }) => emoji === item.textContent)?.name ?? '';
        item.title = name;
        if (name !== '') item.setAttribute('aria-label', name);
      }
    }, () => {});
  }

  async enlarge() {
    this.panel.dataset.size = 'full';
    for (const part of [this.search, this.views, this.state]) part.hidden = false;
    this.more.hidden = true;
    this.search.focus();
    await this.show('recent');
    // Who never sent one begins with all of them.
    if (this.view === 'recent' && this.items().length === 0 && this.search.value === '') await this.show('all');
  }

  /** @param {string} view */
  async show(view) {
    this.view = view;
    this.search.value = '';
    for (const button of this.views.children) setAttribute(button, 'aria-pressed', String(/** @type {HTMLElement} */ (button).dataset.view === view));
    await this.fill(async () => {
      const known = await all();
      if (view === 'all') return known;
      return (await api.recentEmoji()).emoji.map((emoji) => ({ emoji, name: known.find((one) => one.emoji === emoji)?.name ?? emoji }));
    }, view === 'recent' ? desk.emoji.noRecent : '');
  }

  typed() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      const words = this.search.value.trim();
      if (words === '') void this.show(this.view ?? 'all');
      else void this.fill(async () => (await api.emoji(navigator.language, words)).emoji, desk.emoji.nothing);
    }, SEARCH_MS);
  }

  /** @param {() => Promise<Emoji[]>} read @param {string} nothing what is said when there is none */
  async fill(read, nothing) {
    this.asked += 1;
    const { asked } = this;
    try {
      const emoji = await read();
      if (asked !== this.asked) return;
      this.draw(emoji);
      this.state.textContent = emoji.length === 0 ? nothing : '';
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof Problem)) throw error;
      if (asked === this.asked) this.state.textContent = error instanceof NoAnswer ? desk.later(error.status) : desk.problem(error);
    }
  }

  /** @param {Emoji[]} emoji */
  draw(emoji) {
    const items = emoji.map(({ emoji: characters, name }, at) => h('button', { type: 'button', class: 'emoji', testid: 'emoji-item', tabindex: at === 0 ? '0' : '-1', title: name, aria: { label: name || characters } }, characters));
    this.list.replaceChildren(...items);
    this.list.scrollTop = 0;
  }

  /** @returns {HTMLElement[]} */
  items() {
    return /** @type {HTMLElement[]} */ (Array.from(this.list.children));
  }

  focusFirst() {
    this.items()[0]?.focus();
  }

  /** @param {Event} event */
  clicked(event) {
    const item = event.target instanceof Element ? event.target.closest('.emoji') : null;
    if (item === null) return;
    this.toggle(false);
    this.onpick(item.textContent ?? '');
  }

  /** One of them is in the order of Tab; the arrows go to the others. @param {KeyboardEvent} event */
  moved(event) {
    const items = this.items();
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    if (at < 0) return;
    const columns = Math.max(1, items.findIndex((item) => item.offsetTop > items[0].offsetTop));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = items[Math.min(Math.max(at + step, 0), items.length - 1)];
    items[at].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      this.toggle(false);
      this.button?.focus();
    } else if (event.target === this.search && ['Enter', 'ArrowDown'].includes(event.key)) {
      event.preventDefault();
      this.focusFirst();
    }
  }
}

customElements.define('parlor-emoji', ParlorEmoji);
