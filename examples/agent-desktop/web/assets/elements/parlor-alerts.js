import { announce } from '../announcer.js';
import { colleagueOf, showChat, unseen } from '../chats.js';
import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon } from '../icons.js';
import { nameOfContact } from '../names.js';
import { showAlert } from '../people.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** How long an alert stays when its contact is already on the screen, milliseconds. */
const SEEN_ALERT_MS = 8_000;

/** The alerts: somebody answered what was written to them outside an interaction (r101), or a colleague writes. */
export class ParlorAlerts extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['alerts', 'contacts', 'session', 'chats', 'messages', 'view'];
  /** How far what a colleague wrote was put away without being read, by chat. @type {Map<string, number>} */
  putAway = new Map();

  build() {
    this.classList.add('alerts');
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', desk.alerts.region);
  }

  draw() {
    const alerts = Array.from(store.alerts.values());
    const chats = this.unseenChats();
    this.hidden = alerts.length + chats.length === 0;
    /** @type {{key: string, alert?: import('../types.js').Alert, chat?: import('../types.js').Chat}[]} */
    const cards = [...alerts.map((alert) => ({ key: alert.contact.id, alert })), ...chats.map((chat) => ({ key: `chat ${chat.id}`, chat }))];
    reconcile(this, cards, ({ key }) => key, ({ alert, chat }) => (alert !== undefined ? this.make(alert) : this.makeChat(/** @type {any} */ (chat))),
      (element, { alert, chat }) => (alert !== undefined ? this.update(element, alert) : this.updateChat(element, /** @type {any} */ (chat))));
  }

  /** The chats in which a colleague wrote something that is not on the screen. */
  unseenChats() {
    const { view } = store;
    const reads = view.tab === 'team' && view.panel === 'chats';
    return Array.from(store.chats.values()).filter((chat) => {
      const newest = unseen(chat).at(-1)?.sequence ?? 0;
      return newest > (this.putAway.get(chat.id) ?? 0) && !reads;
    });
  }

  /** @param {import('../types.js').Chat} chat */
  makeChat(chat) {
    const colleague = colleagueOf(chat);
    const title = desk.chats.writes(colleague);
    return h('div', { class: 'alert', testid: 'chat-alert', data: { chat: chat.id } },
      avatar(colleague, colleague),
      h('div', { class: 'alert-words' }, h('p', { class: 'alert-title' }, title), h('p', { class: 'hint alert-line', dir: 'auto' })),
      h('button', { type: 'button', class: 'primary small', testid: 'chat-alert-show', aria: { label: `${desk.show}: ${title}` }, on: { click: () => showChat(chat.id) } }, desk.show),
      h('button', { type: 'button', class: 'icon-button', title: desk.dismiss, aria: { label: desk.dismiss }, on: { click: () => this.dismiss(chat) } }, icon('close')));
  }

  /** @param {HTMLElement} element @param {import('../types.js').Chat} chat */
  updateChat(element, chat) {
    const newest = unseen(chat).at(-1);
    if (newest === undefined || element.dataset.message === newest.id) return;
    element.dataset.message = newest.id;
    const line = oneLine(newest.content.text ?? '', 80);
    setText(/** @type {Element} */ (element.querySelector('.hint')), line);
    announce(`${desk.chats.writes(colleagueOf(chat))}: ${line}`);
  }

  /** @param {import('../types.js').Chat} chat */
  dismiss(chat) {
    this.putAway.set(chat.id, unseen(chat).at(-1)?.sequence ?? 0);
    this.draw();
  }

  /** @param {import('../types.js').Alert} alert */
  make(alert) {
    const { contact } = alert;
    const name = contact.display_name || nameOfContact(contact.id);
    announce(desk.alerts.answered(visible(name)));
    const { view } = store;
    if (view.tab === 'communication' && view.contact === contact.id) window.setTimeout(() => store.removeAlert(contact.id), SEEN_ALERT_MS);
    const [before, after] = desk.alerts.answered('\u0000').split('\u0000');
    return h('div', { class: 'alert', testid: 'alert', data: { contact: contact.id } },
      avatar(contact.id, name),
      h('div', { class: 'alert-words' }, h('p', { class: 'alert-title' }, before, nameNode(name), after), h('p', { class: 'hint' })),
      h('button', {
        type: 'button', class: 'primary small', testid: 'alert-show', aria: { label: `${desk.show}: ${visible(name)}` },
        on: { click: () => showAlert(store.alerts.get(contact.id) ?? alert) },
      }, desk.show),
      h('button', { type: 'button', class: 'icon-button', title: desk.dismiss, aria: { label: desk.dismiss }, on: { click: () => store.removeAlert(contact.id) } }, icon('close')));
  }

  /** @param {HTMLElement} element @param {import('../types.js').Alert} alert */
  update(element, alert) {
    element.dataset.count = String(alert.count);
    setText(/** @type {Element} */ (element.querySelector('.hint')), `${desk.alerts.count(alert.count)} · ${desk.channel(alert.channel)}`);
  }
}

customElements.define('parlor-alerts', ParlorAlerts);
