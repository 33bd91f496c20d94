import { announce } from '../announcer.js';
import { everySecond, now, until } from '../clock.js';
import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { accept, answering, decline } from '../work.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Offer} Offer */

/** An expired offer whose end was not announced, because the connection is away, leaves by itself, milliseconds. */
const LINGER_MS = 3_000;

/**
 * The pop-ups that offer work. They never take the focus: somebody who is typing must not accept by an Enter that was
 * meant for their message.
 */
export class ParlorOffers extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['offers', 'session'];

  build() {
    this.classList.add('offers');
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', desk.offer.region);
  }

  connectedCallback() {
    super.connectedCallback();
    this.stopClock = everySecond(() => this.draw());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopClock?.();
  }

  draw() {
    const offers = Array.from(store.offers.values()).filter((offer) => Date.parse(offer.expires_at) + LINGER_MS > now());
    this.hidden = offers.length === 0;
    reconcile(this, offers, (offer) => offer.id, (offer) => this.make(offer), (element, offer) => this.update(element, offer));
  }

  /** @param {Offer} offer */
  make(offer) {
    const { interaction } = offer;
    const name = nameOf(interaction);
    const channel = desk.channel(interaction.channel);
    announce(desk.offer.announce(visible(name), channel), true);
    const heading = `offer-${offer.id}`;
    return h('section', { class: 'offer', testid: 'offer', role: 'alertdialog', data: { offer: offer.id, interaction: interaction.id }, aria: { labelledby: heading, describedby: `${heading}-text` } },
      h('div', { class: 'offer-time', aria: { hidden: true } }, h('span', { class: 'offer-bar' })),
      h('div', { class: 'offer-head' }, avatar(interaction.contact.id, name, interaction.kind),
        h('div', {}, h('p', { class: 'offer-kicker' }, desk.offer.heading), h('h2', { id: heading }, nameNode(name)),
          h('p', { class: 'offer-channel' }, icon(iconOfKind(interaction.kind)), `${desk.kind(interaction.kind)} · ${channel}`)),
        h('span', { class: 'offer-left', title: desk.offer.remaining, testid: 'offer-countdown' })),
      h('div', { class: 'offer-text', id: `${heading}-text` }),
      h('div', { class: 'offer-actions' },
        h('button', { type: 'button', class: 'quiet', testid: 'offer-decline', on: { click: () => decline(offer) } }, desk.offer.decline),
        h('button', { type: 'button', class: 'primary', testid: 'offer-accept', on: { click: () => accept(offer) } }, icon('check'), desk.offer.accept)));
  }

  /** @param {HTMLElement} element @param {Offer} offer */
  update(element, offer) {
    const { tail } = offer.interaction;
    const lines = /** @type {HTMLElement} */ (element.querySelector('.offer-text'));
    if (tail.length === 0) setText(lines, desk.offer.noText);
    else reconcile(lines, tail, (line) => `${line.at} ${line.text}`, (line) => h('p', { dir: 'auto' }, oneLine(line.text)));
    const left = until(offer.expires_at);
    const whole = store.me?.timing.offer_ttl_ms ?? left;
    setText(/** @type {Element} */ (element.querySelector('.offer-left')), `${Math.ceil(left / 1000)} s`);
    /** @type {HTMLElement} */ (element.querySelector('.offer-bar')).style.transform = `scaleX(${Math.min(1, left / Math.max(1, whole))})`;
    element.toggleAttribute('data-urgent', left < 6000);
    // The server decides whether an offer still stands; this only keeps a second click away.
    for (const button of element.querySelectorAll('button')) button.disabled = answering.has(offer.id);
  }
}

customElements.define('parlor-offers', ParlorOffers);
