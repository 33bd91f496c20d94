import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOfContact } from '../names.js';
import { assign, loadDetail, openInteraction, showContact, writeToContact } from '../people.js';
import { preference, setPreference } from '../preferences.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { visible } from '../text.js';
import { avatar, renameAvatar } from './avatar.js';
import './parlor-composer.js';
import './parlor-contact-list.js';
import './parlor-transcript.js';
import { View } from './view.js';

/** On which channel, at which address, and whether another address is reached on the same channel. @typedef {{channel: string, point: string, kind: string, address: string, shared: boolean}} Route */

/** @param {Route} route @returns {string} */
const keyOf = ({ channel, point }) => `${channel} ${point}`;

/** The Communication view: every contact, everything ever said with them, and a way to go on. */
export class ParlorCommunication extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['view', 'contacts', 'session', 'messages'];

  /** @type {string | null} */
  shown = null;

  build() {
    this.list = h('aside', { class: 'contacts', id: 'contacts', aria: { label: desk.communication.contacts } }, document.createElement('parlor-contact-list'));
    this.toggle = h('button', { type: 'button', class: 'icon-button', testid: 'contacts-toggle', aria: { controls: 'contacts' }, on: { click: () => this.toggleList() } }, icon('sidebar'));
    this.back = h('button', { type: 'button', class: 'icon-button back', title: desk.communication.back, aria: { label: desk.communication.back }, on: { click: () => showContact(null) } }, icon('back'));
    this.face = h('span', { class: 'face' });
    this.name = h('h2', { id: 'communication-name' });
    this.active = h('span', { class: 'active-now' });
    this.pin = h('button', { type: 'button', class: 'icon-button', testid: 'contact-assign', on: { click: () => this.togglePin() } }, icon('pin'));
    this.channels = h('div', { class: 'channels', role: 'group', aria: { label: desk.communication.channel } });
    this.private = this.filterButton('private', 'lock', desk.communication.private);
    this.public = this.filterButton('public', 'globe', desk.communication.public);
    this.transcript = /** @type {any} */ (document.createElement('parlor-transcript'));
    this.transcript.name({ testid: 'communication-conversation', label: desk.conversation.label, typing: 'communication-typing' });
    this.transcript.speaks = true;
    this.composer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.composer.emoji = 'full';
    this.composer.name({ field: 'communication-composer', send: 'communication-send', label: desk.communication.writeLabel, sendLabel: desk.interaction.send });
    this.composer.onsend = (/** @type {string} */ text, /** @type {{id: string, name: string}[]} */ files) => {
      if (this.shown !== null) writeToContact(this.shown, this.chosen ?? null, text, files);
    };
    this.channel = h('select', { class: 'channel-choice', testid: 'communication-channel', aria: { label: desk.communication.channel }, on: { change: () => this.draw() } });
    this.hint = h('p', { class: 'hint' });
    this.writing = h('div', { class: 'writing' }, h('div', { class: 'writing-hint' }, this.hint, this.channel), this.composer);
    this.nothing = h('div', { class: 'nothing' }, h('span', { class: 'nothing-mark', aria: { hidden: true } }, icon('people')), h('h2', {}, desk.communication.none), h('p', {}, desk.communication.noneHint));
    this.head = h('header', { class: 'ix-head' },
      h('div', { class: 'ix-who' }, this.toggle, this.back, this.face, h('div', { class: 'ix-words' }, h('div', { class: 'ix-title' }, this.name, this.pin), h('div', { class: 'ix-sub' }, this.active))),
      h('div', { class: 'ix-actions' }, h('div', { class: 'segmented', role: 'group', aria: { label: desk.communication.filter } }, this.private, this.public), this.channels));
    this.pane = h('section', { class: 'communication-pane', testid: 'communication', aria: { label: desk.header.communication } }, this.head, this.transcript, this.writing, this.nothing);
    this.append(h('div', { class: 'communication' }, this.list, this.pane));
  }

  /** @param {"private" | "public"} filter @param {string} symbol @param {string} words */
  filterButton(filter, symbol, words) {
    return h('button', { type: 'button', testid: `filter-${filter}`, on: { click: () => store.setView({ filter }) } }, icon(symbol), words);
  }

  draw() {
    if (store.me === null) return;
    const { view } = store;
    const contact = view.contact;
    this.drawToggle();
    const frame = /** @type {HTMLElement} */ (this.firstElementChild);
    frame.dataset.selected = String(contact !== null);
    for (const each of [this.transcript, this.writing, this.face, this.back]) each.hidden = contact === null;
    this.nothing.hidden = contact !== null;
    /** @type {HTMLElement} */ (this.head.querySelector('.ix-actions')).hidden = contact === null;
    /** @type {HTMLElement} */ (this.head.querySelector('.ix-words')).hidden = contact === null;
    if (contact === null) {
      this.shown = null;
      this.transcript.setSource(null);
      return;
    }
    if (this.shown !== contact) {
      this.shown = contact;
      this.pane.dataset.contact = contact;
      this.face.replaceChildren(avatar(contact, nameOfContact(contact)));
    }
    // Not while another tab is open: nobody asked for it yet.
    if (view.tab === 'communication' && !store.details.has(contact) && this.asked !== contact) {
      this.asked = contact;
      void loadDetail(contact);
    }
    this.drawContact(contact);
    this.transcript.emptyText = view.filter === 'private' ? desk.communication.emptyPrivate : desk.communication.emptyPublic;
    if (view.tab === 'communication') this.transcript.setSource({ contact, interaction: null, filter: view.filter, search: '' });
    this.drawWriting(contact);
  }

  /** @param {string} contact */
  drawContact(contact) {
    const name = nameOfContact(contact);
    if (this.name.textContent !== visible(name)) this.name.replaceChildren(nameNode(name));
    renameAvatar(this.face.firstElementChild, name);
    const summary = store.contacts.get(contact);
    const detail = store.details.get(contact);
    const active = summary?.active_channels ?? detail?.active_channels ?? [];
    setText(this.active, active.length === 0 ? '' : desk.communication.active(active));
    this.pin.hidden = summary === undefined;
    setAttribute(this.pin, 'aria-pressed', String(summary?.assigned ?? false));
    const words = summary?.assigned ? desk.communication.unpin : desk.communication.pin;
    this.pin.title = words;
    setAttribute(this.pin, 'aria-label', words);
    setAttribute(this.private, 'aria-pressed', String(store.view.filter === 'private'));
    setAttribute(this.public, 'aria-pressed', String(store.view.filter === 'public'));
    reconcile(this.channels, this.routes(contact), keyOf, ({ channel, point, kind, address, shared }) => {
      const label = desk.communication.open(desk.kind(kind), desk.channel(channel), shared ? visible(address) : '');
      return h('button', {
        type: 'button', class: 'quiet', testid: 'open-interaction', data: { channel, point }, title: label, aria: { label },
        on: { click: () => this.shown !== null && openInteraction(this.shown, channel, point) },
      }, icon(iconOfKind(kind)), desk.kind(kind), shared ? nameNode(address, { class: 'address' }) : '');
    });
  }

  /** @param {string} contact @returns {Route[]} where an interaction can be opened, in the order of the server (r114) */
  routes(contact) {
    const ways = store.details.get(contact)?.ways ?? [];
    const routes = ways.flatMap(({ kind, address, point, actions }) => actions.flatMap(({ action, channel }) =>
      (action === 'open_interaction' && channel !== undefined && kind !== null && point !== null ? [{ channel, point, kind, address, shared: false }] : [])));
    for (const route of routes) route.shared = routes.some((other) => other !== route && other.channel === route.channel);
    return routes;
  }

  /** Where what is typed will go. @returns {Route | undefined} */
  get chosen() {
    return this.shown === null ? undefined : this.routes(this.shown).find((route) => keyOf(route) === this.channel.value);
  }

  /** @param {string} contact */
  drawWriting(contact) {
    const routes = this.routes(contact);
    const allowed = store.has('compose_from_communication');
    const usable = allowed && routes.length > 0;
    const loading = !store.details.has(contact);
    this.composer.hidden = !allowed;
    this.channel.hidden = !usable || routes.length < 2;
    if (this.channel.dataset.contact !== contact) {
      this.channel.dataset.contact = contact;
      this.channel.replaceChildren();
    }
    const fresh = this.channel.options.length === 0;
    reconcile(this.channel, routes, keyOf, (route) => h('option', { value: keyOf(route) }, route.shared ? `${desk.channel(route.channel)} · ${visible(route.address)}` : desk.channel(route.channel)));
    if (fresh && routes.length > 0) {
      const detail = store.details.get(contact);
      const usual = routes.filter(({ channel }) => channel === detail?.default_channel);
      this.channel.value = keyOf(usual.find(({ point }) => point === detail?.default_point) ?? usual[0] ?? routes[0]);
    }
    const { chosen } = this;
    setText(this.hint, !allowed ? desk.communication.mustOpen : chosen !== undefined ? desk.communication.writeHint(chosen.kind) : loading ? '' : desk.communication.noChannel);
    this.composer.show(`communication.${contact}`, { placeholder: desk.communication.write, disabled: !usable, channel: chosen?.channel, where: { channel: chosen?.channel } });
  }

  drawToggle() {
    const hidden = preference('contacts-hidden', false);
    this.list.hidden = hidden;
    /** @type {HTMLElement} */ (this.firstElementChild).dataset.contacts = hidden ? 'hidden' : 'shown';
    setAttribute(this.toggle, 'aria-expanded', String(!hidden));
    const words = hidden ? desk.communication.showList : desk.communication.hide;
    this.toggle.title = words;
    setAttribute(this.toggle, 'aria-label', words);
  }

  toggleList() {
    setPreference('contacts-hidden', !preference('contacts-hidden', false));
    this.drawToggle();
  }

  togglePin() {
    const summary = store.contacts.get(this.shown ?? '');
    if (summary !== undefined) void assign(summary.id, !summary.assigned);
  }
}

customElements.define('parlor-communication', ParlorCommunication);
