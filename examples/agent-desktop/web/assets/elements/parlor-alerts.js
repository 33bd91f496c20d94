import { announce } from '../announcer.js';
import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon } from '../icons.js';
import { nameOfContact } from '../names.js';
import { showAlert } from '../people.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { visible } from '../text.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** How long an alert stays when its contact is already on the screen, milliseconds. */
const SEEN_ALERT_MS = 8_000;

/** The alerts: somebody answered what was written to them outside an interaction (r101). */
export class ParlorAlerts extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['alerts', 'contacts', 'session'];

  build() {
    this.classList.add('alerts');
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', desk.alerts.region);
  }

  draw() {
    const alerts = Array.from(store.alerts.values());
    this.hidden = alerts.length === 0;
    reconcile(this, alerts, (alert) => alert.contact.id, (alert) => this.make(alert), (element, alert) => this.update(element, alert));
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
