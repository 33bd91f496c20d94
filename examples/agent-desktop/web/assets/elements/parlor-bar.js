import { everySecond, since } from '../clock.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOf, nameOfAuthor } from '../names.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { showInteraction } from '../work.js';
import { avatar, renameAvatar } from './avatar.js';
import { drawPending, pendingMark } from './pending-mark.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */

/** The card stays for a moment, so that the pointer can travel onto it, milliseconds. */
const LINGER_MS = 140;

/** After a click the card stays away for this long, milliseconds. */
const REST_MS = 300;

/** The interaction bar: one entry for each of the agent's interactions, and a card with its last lines (r46). */
export class ParlorBar extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['session', 'interactions', 'view', 'typing'];
  /** The interaction that the card is about. @type {string | null} */
  about = null;

  build() {
    this.list = h('ul', { class: 'bar-list' });
    this.empty = h('p', { class: 'bar-empty' }, desk.bar.empty);
    this.card = h('div', {
      class: 'bar-card', id: 'bar-card', role: 'tooltip', testid: 'bar-card', hidden: true,
      on: { pointerenter: () => window.clearTimeout(this.lingering), pointerleave: () => this.leave() },
    });
    this.append(h('nav', { class: 'bar', aria: { label: desk.bar.label } }, this.list, this.empty, this.card));
    this.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.hideCard();
    });
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
    const own = store.ownInteractions();
    this.empty.hidden = own.length > 0;
    this.list.hidden = own.length === 0;
    reconcile(this.list, own, ({ id }) => id, (interaction) => this.make(interaction), (element, interaction) => this.update(element, interaction));
    this.drawCard();
  }

  /** @param {Interaction} interaction */
  make(interaction) {
    const { id } = interaction;
    const name = nameOf(interaction);
    const item = h('button', {
      type: 'button', class: 'bar-item', testid: 'bar-item', data: { interaction: id },
      on: {
        click: () => {
          this.rest(item, id);
          showInteraction(id);
        },
        pointerenter: (/** @type {PointerEvent} */ event) => this.point(event, id),
        pointermove: (/** @type {PointerEvent} */ event) => this.point(event, id),
        pointerleave: () => this.leave(),
        focus: () => { if (item.matches(':focus-visible')) this.showCard(id); },
        // The focus may go on into the view while the pointer stays where it is.
        blur: () => { if (!item.matches(':hover')) this.hideCard(); },
      },
    }, avatar(interaction.contact.id, name, interaction.kind),
    h('span', { class: 'bar-words' }, h('span', { class: 'bar-name' }), h('span', { class: 'bar-line' })), pendingMark());
    return h('li', {}, item);
  }

  /** @param {HTMLElement} element @param {Interaction} interaction */
  update(element, interaction) {
    const item = /** @type {HTMLElement} */ (element.firstElementChild);
    const { state, tail } = interaction;
    const pending = store.pendingOf(interaction);
    const name = nameOf(interaction);
    Object.assign(item.dataset, { state, pending: pending?.colour ?? 'none', flashing: String(pending?.flashing ?? false) });
    const current = store.view.tab === 'interactions' && store.view.interaction === interaction.id;
    if (current && !item.hasAttribute('aria-current')) queueMicrotask(() => item.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
    setAttribute(item, 'aria-current', current ? 'true' : null);
    renameAvatar(/** @type {HTMLElement} */ (item.querySelector('.avatar')), name);
    const words = /** @type {Element} */ (item.querySelector('.bar-name'));
    if (words.textContent !== visible(name)) words.replaceChildren(nameNode(name));
    const last = tail.at(-1);
    const line = state === 'ended' ? desk.bar.ended
      : store.typing.has(interaction.thread) ? desk.transcript.typing(visible(name))
        : last === undefined ? desk.kind(interaction.kind) : oneLine(last.text, 60);
    setText(/** @type {Element} */ (item.querySelector('.bar-line')), line);
    drawPending(/** @type {HTMLElement} */ (item.querySelector('.pending')), pending);
  }

  /** @param {PointerEvent} event @param {string} id */
  point(event, id) {
    if (event.pointerType === 'touch') return;
    if (this.resting) this.pointed = true;
    else if (this.about !== id || this.card.hidden) this.showCard(id);
    else window.clearTimeout(this.lingering);
  }

  /** Who clicked wants to see the interaction, not the card; it comes back when the pointer moves on the entry. @param {HTMLElement} item @param {string} id */
  rest(item, id) {
    this.hideCard();
    this.resting = true;
    this.pointed = false;
    window.clearTimeout(this.rested);
    this.rested = window.setTimeout(() => {
      this.resting = false;
      if (this.pointed && item.matches(':hover')) this.showCard(id);
    }, REST_MS);
  }

  /** @param {string} id */
  showCard(id) {
    window.clearTimeout(this.lingering);
    this.about = id;
    this.drawCard();
  }

  leave() {
    window.clearTimeout(this.lingering);
    this.lingering = window.setTimeout(() => this.hideCard(), LINGER_MS);
  }

  hideCard() {
    window.clearTimeout(this.lingering);
    this.about = null;
    this.drawCard();
  }

  drawCard() {
    const interaction = this.about === null ? undefined : store.interactions.get(this.about);
    const item = this.about === null ? null : this.querySelector(`[data-interaction="${CSS.escape(this.about)}"]`);
    this.querySelectorAll('[aria-describedby]').forEach((each) => { if (each !== item) each.removeAttribute('aria-describedby'); });
    this.card.hidden = interaction === undefined || item === null;
    if (interaction === undefined || item === null) return;
    const name = nameOf(interaction);
    const contact = interaction.contact.id;
    const pending = store.pendingOf(interaction);
    this.card.dataset.interaction = interaction.id;
    this.card.replaceChildren(
      h('div', { class: 'card-head' }, icon(iconOfKind(interaction.kind)), nameNode(name), h('span', { class: 'card-channel' }, desk.channel(interaction.channel))),
      h('dl', { class: 'card-times' },
        h('dt', {}, desk.bar.elapsed), h('dd', { testid: 'bar-card-elapsed' }, time.elapsed(since(interaction.since))),
        pending === null ? null : h('dt', {}, desk.bar.waiting),
        pending === null ? null : h('dd', {}, time.elapsed(since(pending.since)))),
      interaction.tail.length === 0
        ? h('p', { class: 'hint' }, desk.bar.nothingSaid)
        : h('ul', { class: 'card-lines' }, ...interaction.tail.map((line) => h('li', { testid: 'bar-card-line' },
          nameNode(nameOfAuthor(line.author, contact), { class: 'card-author' }), h('span', { dir: 'auto' }, oneLine(line.text, 140))))));
    item.setAttribute('aria-describedby', 'bar-card');
    // The bar scrolls and would cut the card off, so the card lies above everything, placed by hand.
    const box = item.getBoundingClientRect();
    this.card.style.top = `${box.bottom + 6}px`;
    this.card.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - this.card.offsetWidth - 8))}px`;
  }
}

customElements.define('parlor-bar', ParlorBar);
