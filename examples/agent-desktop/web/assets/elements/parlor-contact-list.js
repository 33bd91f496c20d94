import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { loadContacts, loadMoreContacts, showContact } from '../people.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { avatar, renameAvatar } from './avatar.js';
import { View } from './view.js';

/** A search begins this long after the last key, milliseconds. */
const SEARCH_AFTER_MS = 250;

/** The contacts, with what is unread and who is active now. */
export class ParlorContactList extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['contacts', 'view', 'session'];

  build() {
    this.search = h('input', {
      type: 'search', testid: 'contacts-search', dir: 'auto', placeholder: desk.communication.search, autocomplete: 'off',
      aria: { label: desk.communication.search }, on: { input: () => this.searchSoon() },
    });
    this.all = this.scopeButton('all', desk.communication.all);
    this.mine = this.scopeButton('assigned', desk.communication.mine);
    this.list = h('ul', { class: 'contact-list' });
    this.state = h('p', { class: 'transcript-state' });
    this.more = h('button', { type: 'button', class: 'quiet older', hidden: true, on: { click: () => loadMoreContacts() } }, desk.communication.more);
    this.append(
      h('div', { class: 'contact-tools' }, h('div', { class: 'search' }, icon('search'), this.search),
        h('div', { class: 'segmented', role: 'group', aria: { label: desk.communication.scope } }, this.all, this.mine)),
      h('div', { class: 'contact-scroll', on: { scroll: (/** @type {Event} */ event) => this.scrolled(/** @type {HTMLElement} */ (event.target)) } }, this.list, this.state, this.more));
  }

  /** @param {"all" | "assigned"} scope @param {string} words */
  scopeButton(scope, words) {
    return h('button', { type: 'button', testid: `scope-${scope}`, on: { click: () => loadContacts({ scope }) } }, words);
  }

  draw() {
    const { list, contacts, view } = store;
    if (view.tab === 'communication' && !list.loaded && !list.loading && !list.failed) void loadContacts();
    setAttribute(this.all, 'aria-pressed', String(list.scope === 'all'));
    setAttribute(this.mine, 'aria-pressed', String(list.scope === 'assigned'));
    const shown = list.ids.map((id) => contacts.get(id)).filter((contact) => contact !== undefined);
    reconcile(this.list, shown, ({ id }) => id, (contact) => this.make(contact), (element, contact) => this.update(element, contact));
    const empty = list.search !== '' ? desk.communication.noMatches : list.scope === 'assigned' ? desk.communication.noneMine : desk.communication.noContacts;
    setText(this.state, list.failed ? desk.transcript.failed : !list.loaded ? desk.transcript.loading : shown.length === 0 ? empty : '');
    this.state.hidden = this.state.textContent === '';
    this.more.hidden = list.next === null;
  }

  /** @param {import('../types.js').ContactSummary} contact */
  make(contact) {
    const name = visible(contact.display_name || desk.unknownContact);
    return h('li', {}, h('button', { type: 'button', class: 'contact-item', testid: 'contact-item', data: { contact: contact.id }, on: { click: () => showContact(contact.id) } },
      h('span', { class: 'contact-face' }, avatar(contact.id, name), h('span', { class: 'dot', testid: 'contact-dot', role: 'img', hidden: true, aria: { label: desk.communication.activeNow } })),
      h('span', { class: 'contact-words' }, h('span', { class: 'contact-name' }), h('span', { class: 'contact-last' })),
      h('span', { class: 'contact-side' }, h('time', {}), h('span', { class: 'unread' }))));
  }

  /** @param {HTMLElement} element @param {import('../types.js').ContactSummary} contact */
  update(element, contact) {
    const item = /** @type {HTMLElement} */ (element.firstElementChild);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (item.querySelector(selector));
    const name = contact.display_name || desk.unknownContact;
    setAttribute(item, 'aria-current', store.view.contact === contact.id ? 'true' : null);
    renameAvatar(find('.avatar'), name);
    if (find('.contact-name').textContent !== visible(name)) find('.contact-name').replaceChildren(nameNode(name));
    const dot = find('.dot');
    dot.hidden = contact.active_channels.length === 0;
    dot.title = dot.hidden ? '' : desk.communication.active(contact.active_channels);
    const { last } = contact;
    const own = last?.author.kind === 'agent' && last.author.name === store.me?.agent;
    setText(find('.contact-last'), last === null ? '' : `${own ? `${desk.you}: ` : ''}${oneLine(last.text, 80)}`);
    const at = find('time');
    setText(at, last === null ? '' : time.short(last.at));
    if (last !== null) at.dateTime = last.at;
    this.drawUnread(find('.unread'), contact.unread);
  }

  /** The number is there only when there is something unread (r108). @param {HTMLElement} place @param {number | null} unread */
  drawUnread(place, unread) {
    const text = unread === null || unread === 0 ? '' : String(unread);
    if (place.dataset.count === text) return;
    place.dataset.count = text;
    if (text === '') place.replaceChildren();
    else place.replaceChildren(h('span', { class: 'count', testid: 'contact-unread', title: desk.communication.unread(Number(unread)) }, text));
  }

  searchSoon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => loadContacts({ search: this.search.value.trim() }), SEARCH_AFTER_MS);
  }

  /** @param {HTMLElement} box */
  scrolled(box) {
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 200) void loadMoreContacts();
  }
}

customElements.define('parlor-contact-list', ParlorContactList);
