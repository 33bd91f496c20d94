import { announce } from '../announcer.js';
import { everySecond, now, until } from '../clock.js';
import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { acceptRequest, declineRequest, keyOf } from '../handing.js';
import { accept, answering, decline } from '../work.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Offer} Offer */
/** @typedef {import('../types.js').Request} Request */

/**
 * @typedef {object} Card An offer of the router, or what a colleague asks.
 * @property {string} key
 * @property {"offer" | "request"} what
 * @property {string} kind
 * @property {string} kicker
 * @property {string} spoken
 * @property {string} expires_at
 * @property {number | undefined} whole how long one is asked, milliseconds
 * @property {import('../types.js').Interaction} interaction
 * @property {string} yes
 * @property {() => void} accept
 * @property {() => void} decline
 */

/** An expired offer whose end was not announced, because the connection is away, leaves by itself, milliseconds. */
const LINGER_MS = 3_000;

/**
 * The pop-ups that offer work, and those in which colleagues ask. They never take the focus: somebody who is typing must not accept by an Enter that was
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
    const cards = [...Array.from(store.requests.values(), cardOfRequest), ...Array.from(store.offers.values(), cardOfOffer)]
      .filter((card) => Date.parse(card.expires_at) + LINGER_MS > now());
    this.hidden = cards.length === 0;
    reconcile(this, cards, (card) => card.key, (card) => this.make(card), (element, card) => this.update(element, card));
  }

  /** @param {Card} card */
  make(card) {
    const { interaction, what } = card;
    const name = nameOf(interaction);
    const channel = desk.channel(interaction.channel);
    announce(card.spoken, true);
    const heading = `card-${card.key.replaceAll(' ', '-')}`;
    return h('section', { class: 'offer', testid: what, role: 'alertdialog', data: { offer: card.key, kind: card.kind, interaction: interaction.id }, aria: { labelledby: heading, describedby: `${heading}-text` } },
      h('div', { class: 'offer-time', aria: { hidden: true } }, h('span', { class: 'offer-bar' })),
      h('div', { class: 'offer-head' }, avatar(interaction.contact.id, name, interaction.kind),
        h('div', {}, h('p', { class: 'offer-kicker' }, card.kicker), h('h2', { id: heading }, nameNode(name)),
          h('p', { class: 'offer-channel' }, icon(iconOfKind(interaction.kind)), `${desk.kind(interaction.kind)} · ${channel}`)),
        h('span', { class: 'offer-left', title: desk.offer.remaining, testid: `${what}-countdown` })),
      h('div', { class: 'offer-text', id: `${heading}-text` }),
      h('div', { class: 'offer-actions' },
        h('button', { type: 'button', class: 'quiet', testid: `${what}-decline`, on: { click: card.decline } }, desk.offer.decline),
        h('button', { type: 'button', class: 'primary', testid: `${what}-accept`, on: { click: card.accept } }, icon('check'), card.yes)));
  }

  /** @param {HTMLElement} element @param {Card} card */
  update(element, card) {
    const { tail } = card.interaction;
    const lines = /** @type {HTMLElement} */ (element.querySelector('.offer-text'));
    if (tail.length === 0) setText(lines, desk.offer.noText);
    else reconcile(lines, tail, (line) => `${line.at} ${line.text}`, (line) => h('p', { dir: 'auto' }, oneLine(line.text)));
    const left = until(card.expires_at);
    const whole = card.whole ?? left;
    setText(/** @type {Element} */ (element.querySelector('.offer-left')), `${Math.ceil(left / 1000)} s`);
    /** @type {HTMLElement} */ (element.querySelector('.offer-bar')).style.transform = `scaleX(${Math.min(1, left / Math.max(1, whole))})`;
    element.toggleAttribute('data-urgent', left < 6000);
    // The server decides whether an offer still stands; this only keeps a second click away.
    for (const button of element.querySelectorAll('button')) button.disabled = answering.has(card.key);
  }
}

/** @param {Offer} offer @returns {Card} */
function cardOfOffer(offer) {
  const { interaction } = offer;
  return {
    key: offer.id, what: 'offer', kind: 'offer', kicker: desk.offer.heading, yes: desk.offer.accept,
    spoken: desk.offer.announce(visible(nameOf(interaction)), desk.channel(interaction.channel)),
    expires_at: offer.expires_at, whole: store.me?.timing.offer_ttl_ms, interaction,
    accept: () => accept(offer), decline: () => decline(offer),
  };
}

/** @param {Request} request @returns {Card} */
function cardOfRequest(request) {
  const { interaction, kind, by } = request;
  const asked = request.medium === 'voice' ? 'call' : kind;
  return {
    key: keyOf(request), what: 'request', kind, kicker: desk.request.heading(asked, by), yes: desk.request.yes[asked],
    spoken: desk.request.announce(asked, by, visible(nameOf(interaction))),
    expires_at: request.expires_at, whole: store.me?.timing.transfer_ttl_ms, interaction,
    accept: () => acceptRequest(request), decline: () => declineRequest(request),
  };
}

customElements.define('parlor-offers', ParlorOffers);
