import { everySecond, until } from '../clock.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { completeConsult, endConsult, writeInConsult } from '../handing.js';
import { icon } from '../icons.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import './parlor-composer.js';
import './parlor-transcript.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */
/** @typedef {import('../types.js').Consult} Consult */

/** The Consult tab: a chat among agents beside the conversation, of which the contact never sees anything. */
export class ParlorConsultPanel extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['interactions'];
  /** @type {string | null} */
  interaction = null;
  /** @type {string | null} */
  chosen = null;

  build() {
    this.choices = h('div', { class: 'segmented consult-choices', role: 'group', aria: { label: desk.consult.which } });
    this.words = h('p', { class: 'consult-words', role: 'status', testid: 'consult-state' });
    this.complete = h('button', { type: 'button', class: 'primary small', testid: 'consult-complete', on: { click: () => this.completeIt() } }, icon('done'), desk.consult.complete);
    this.drop = h('button', { type: 'button', class: 'quiet small', testid: 'consult-drop', on: { click: () => this.dropIt() } }, desk.consult.drop);
    this.list = /** @type {any} */ (document.createElement('parlor-transcript'));
    this.list.name({ testid: 'consult-transcript', label: desk.consult.label });
    this.list.speaks = true;
    this.list.emptyText = desk.consult.empty;
    this.composer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.composer.name({ field: 'consult-composer', send: 'consult-send', label: desk.consult.write, sendLabel: desk.interaction.send });
    this.composer.onsend = (/** @type {string} */ text) => {
      const interaction = store.interactions.get(this.interaction ?? '');
      if (interaction !== undefined && this.chosen !== null) writeInConsult(interaction, this.chosen, text);
    };
    this.played = h('p', { class: 'consult-private', hidden: true }, icon('voice'), desk.outside.played);
    this.append(h('div', { class: 'consult-head' }, this.choices, this.words, h('div', { class: 'consult-actions' }, this.drop, this.complete)),
      this.list, this.played, h('p', { class: 'consult-private' }, icon('lock'), desk.consult.private), this.composer);
  }

  connectedCallback() {
    super.connectedCallback();
    this.stopClock = everySecond(() => this.draw());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopClock?.();
  }

  /** @param {Interaction} interaction */
  show(interaction) {
    this.interaction = interaction.id;
    this.draw();
  }

  /** @returns {Consult | undefined} */
  get consult() {
    const consults = store.consults(store.interactions.get(this.interaction ?? ''));
    return consults.find(({ id }) => id === this.chosen) ?? consults.at(-1);
  }

  draw() {
    const interaction = store.interactions.get(this.interaction ?? '');
    const { consult } = this;
    if (interaction === undefined || consult === undefined) {
      this.list.setSource(null);
      return;
    }
    this.chosen = consult.id;
    const consults = store.consults(interaction);
    this.dataset.medium = consult.medium;
    this.choices.hidden = consults.length < 2;
    reconcile(this.choices, consults, ({ id }) => id, ({ id }) => h('button', { type: 'button', on: { click: () => this.choose(id) } }, nameNode('')),
      (element, each) => {
        setAttribute(element, 'aria-pressed', String(each.id === consult.id));
        setText(element.firstElementChild, this.other(each));
      });
    const asks = consult.by === store.me?.agent;
    const left = consult.expires_at === null ? '' : ` (${Math.ceil(until(consult.expires_at) / 1000)} s)`;
    const voice = consult.medium === 'voice';
    const asked = voice ? desk.consult.rings : desk.consult.asked;
    const joined = voice ? desk.consult.onPhone : desk.consult.joined;
    setText(this.words, consult.joined ? joined(this.other(consult)) : `${asked(this.other(consult))}${left}`);
    this.drop.hidden = !asks && consult.agent !== store.me?.agent;
    setText(this.drop, !consult.joined ? desk.consult.takeBack : asks ? desk.consult.drop : desk.consult.leave);
    // Only the owner can give it away, and only to an agent.
    this.complete.hidden = !(consult.joined && consult.agent !== null && interaction.owner === store.me?.agent && asks);
    this.list.setSource({ contact: interaction.contact.id, interaction: interaction.id, consult: consult.id, filter: '', search: '' });
    const writes = consult.joined && consult.medium === 'chat';
    const placeholder = writes ? desk.consult.write : voice && consult.joined ? desk.consult.byPhone : desk.consult.waiting;
    this.composer.show(`consult.${consult.id}`, { placeholder, disabled: !writes });
    this.list.emptyText = voice ? desk.consult.spoken : desk.consult.empty;
    this.played.hidden = !voice || !store.demo;
  }

  /** @param {Consult} consult @returns {string} the one on the other side */
  other(consult) {
    return consult.agent === store.me?.agent ? desk.agent(consult.by) : consult.agent === null ? desk.consult.outside : desk.agent(consult.agent);
  }

  /** @param {string} id */
  choose(id) {
    this.chosen = id;
    this.draw();
  }

  focusField() {
    this.composer.focusField();
  }

  completeIt() {
    const interaction = store.interactions.get(this.interaction ?? '');
    if (interaction !== undefined && this.consult !== undefined) void completeConsult(interaction, this.consult);
  }

  dropIt() {
    const interaction = store.interactions.get(this.interaction ?? '');
    if (interaction !== undefined && this.consult !== undefined) void endConsult(interaction, this.consult.id);
  }
}

customElements.define('parlor-consult-panel', ParlorConsultPanel);
