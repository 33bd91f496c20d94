import { h, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { refresh } from '../people.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { sendMessage, sendTyping } from '../work.js';
import './parlor-composer.js';
import './parlor-transcript.js';
import { View } from './view.js';

/** A search begins this long after the last key, milliseconds. */
const SEARCH_AFTER_MS = 250;

/** The Conversation tab: everything that was ever said with the contact, and a field that continues it. */
export class ParlorConversationPanel extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['messages'];
  /** @type {string | null} */
  interaction = null;
  /** @type {string | null} */
  contact = null;

  build() {
    this.search = h('input', {
      type: 'search', testid: 'conversation-search', dir: 'auto', placeholder: desk.conversation.search, autocomplete: 'off',
      aria: { label: desk.conversation.search }, on: { input: () => this.searchSoon() },
    });
    this.button = h('button', { type: 'button', class: 'icon-button', testid: 'conversation-refresh', title: desk.conversation.refresh, aria: { label: desk.conversation.refresh }, on: { click: () => this.refresh() } }, icon('refresh'));
    this.hits = h('p', { class: 'hits', role: 'status' });
    this.list = /** @type {any} */ (document.createElement('parlor-transcript'));
    this.list.name({ testid: 'conversation', label: desk.conversation.label });
    this.composer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.composer.emoji = 'menu';
    this.composer.name({ field: 'conversation-composer', send: 'conversation-send', label: desk.interaction.message, sendLabel: desk.interaction.send });
    this.composer.onsend = (/** @type {string} */ text, /** @type {{id: string, name: string}[]} */ files) => {
      const interaction = store.interactions.get(this.interaction ?? '');
      if (interaction !== undefined) sendMessage(interaction, text, 'conversation', files);
    };
    this.composer.ontyping = (/** @type {boolean} */ on) => {
      const interaction = store.interactions.get(this.interaction ?? '');
      if (interaction?.state === 'active') sendTyping(interaction.id, on);
    };
    this.append(h('div', { class: 'search-row' }, h('div', { class: 'search' }, icon('search'), this.search), this.button), this.hits, this.list, this.composer);
  }

  /** @param {import('../types.js').Interaction} interaction */
  show(interaction) {
    if (this.interaction !== interaction.id) {
      this.interaction = interaction.id;
      this.contact = interaction.contact.id;
      this.search.value = '';
    }
    this.list.setSource({ contact: interaction.contact.id, interaction: null, filter: '', search: this.search.value.trim() });
    const reads = interaction.state === 'active' && !store.writes(interaction);
    this.composer.show(`conversation.${interaction.id}`, {
      placeholder: interaction.state === 'ended' ? desk.conversation.writeEnded : reads ? desk.interaction.writeReading : desk.conversation.write,
      disabled: reads,
      channel: interaction.channel,
      where: { interaction: interaction.id },
    });
    this.draw();
  }

  focusField() {
    this.composer.focusField();
  }

  draw() {
    if (this.contact === null) return;
    const search = this.search.value.trim();
    const window = store.conversation(this.contact).window('', search);
    setAttribute(this.button, 'aria-busy', String(window.loading !== ''));
    this.hits.hidden = search === '' || !window.loaded;
    if (!this.hits.hidden) setText(this.hits, desk.conversation.hits(window.found?.size ?? 0, !window.complete));
  }

  searchSoon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      const interaction = store.interactions.get(this.interaction ?? '');
      if (interaction !== undefined) this.show(interaction);
    }, SEARCH_AFTER_MS);
  }

  refresh() {
    if (this.contact !== null) void refresh(this.contact, store.conversation(this.contact).window('', this.search.value.trim()));
  }
}

customElements.define('parlor-conversation-panel', ParlorConversationPanel);
