import { announce } from '../announcer.js';
import { h, reconcile, setText } from '../dom.js';
import { icon } from '../icons.js';
import { nameOfAuthor, nameOfContact } from '../names.js';
import { loadPage, markRead, openWindow } from '../people.js';
import { rowsOf } from '../rows.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { oneLine, visible } from '../text.js';
import { makeRow, updateRow } from './entry.js';
import { View } from './view.js';

/** Closer to the end than this counts as being at the end, pixels. */
const AT_END = 60;

/** Closer to the beginning than this asks for older messages, pixels. */
const NEAR_START = 120;

/**
 * @typedef {object} Source What a transcript shows: a projection of the one conversation with a contact.
 * @property {string} contact
 * @property {string | null} interaction only its entries
 * @property {string} [consult] only what was written in it
 * @property {string} [chat] of a chat with a colleague, which is a conversation of its own
 * @property {string} filter
 * @property {string} search
 */

/** A list of messages that follows the newest one and loads older ones on the way back. */
export class ParlorTranscript extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['session', 'messages', 'outbox', 'typing', 'view', 'contacts'];

  constructor() {
    super();
    /** @type {Source | null} */
    this.source = null;
    this.sourceKey = '';
    this.follow = true;
    /** Whether its new messages are also spoken: of two lists of one conversation, only one is. */
    this.speaks = false;
    this.lastSpoken = 0;
    this.emptyText = desk.transcript.empty;
  }

  /** @param {Source | null} source */
  setSource(source) {
    const key = source === null ? '' : JSON.stringify(source);
    if (key === this.sourceKey) return;
    this.sourceKey = key;
    this.source = source;
    this.follow = true;
    this.lastSpoken = 0;
    this.rows?.replaceChildren();
    if (source !== null) openWindow(source.contact, this.window);
    if (this.built) this.draw();
  }

  /** The element ids and hooks. @param {{testid: string, label: string, typing?: string}} names */
  name({ testid, label, typing }) {
    this.names = { testid, label, typing };
  }

  /** @returns {import('../conversations.js').Window} */
  get window() {
    const { contact, filter, search } = /** @type {Source} */ (this.source);
    return store.conversation(contact).window(filter, search);
  }

  build() {
    this.older = h('button', { type: 'button', class: 'quiet older', on: { click: () => this.loadOlder() } }, desk.transcript.older);
    this.state = h('p', { class: 'transcript-state' });
    this.rows = h('div', { class: 'rows' });
    // The announcer speaks new messages; a live log would also read every older page aloud.
    this.scroller = h('div', {
      class: 'scroller', role: 'log', tabindex: '0', testid: this.names?.testid,
      aria: { live: 'off', label: this.names?.label ?? '' }, on: { scroll: () => this.scrolled() },
    }, this.older, this.state, this.rows);
    this.newest = h('button', { type: 'button', class: 'newest', hidden: true, on: { click: () => this.toEnd() } }, icon('arrowDown'), desk.transcript.newest);
    this.typing = h('div', { class: 'typing', testid: this.names?.typing, hidden: true },
      h('span', { class: 'dots', aria: { hidden: true } }, h('i'), h('i'), h('i')), h('span'));
    this.append(h('div', { class: 'transcript-frame' }, this.scroller, this.newest), this.typing);
    new ResizeObserver(() => { if (this.follow) this.toEnd(); }).observe(this.scroller);
  }

  draw() {
    if (this.source === null) return;
    const { contact, interaction, search } = this.source;
    const { window } = this;
    if (!window.loaded && window.loading === '' && !window.failed) void loadPage(contact, window, 'newest');
    const messages = this.messages();
    const pending = search === '' ? store.outbox.filter((write) => this.shows(write)) : [];
    const rows = rowsOf(messages, pending, interaction === null, store.me?.agent ?? '');
    const anchor = this.follow ? null : this.firstOnScreen();
    const place = anchor?.offsetTop ?? 0;
    reconcile(this.rows, rows, (row) => row.key, (row) => makeRow(row, search), updateRow);
    this.drawState(rows.length);
    this.drawTyping();
    // Older messages go in above: what is on the screen stays where it is.
    if (anchor?.isConnected) this.scroller.scrollTop += anchor.offsetTop - place;
    const own = pending.length > (this.pendingBefore ?? 0);
    this.pendingBefore = pending.length;
    if (this.follow || own) this.toEnd();
    else this.newest.hidden = this.atEnd;
    this.speak(messages);
    // A page of other interactions may bring none of this one's entries.
    if (interaction !== null && window.loaded && rows.length < 8 && this.mayHaveOlder()) this.loadOlder();
    if (window.loaded && search === '' && this.checkVisibility()) markRead(contact);
  }

  /** @param {import('../types.js').PendingWrite} write */
  shows(write) {
    const { contact, interaction, filter, consult = this.source?.chat } = /** @type {Source} */ (this.source);
    if (consult !== undefined) return write.consult === consult;
    if (write.what !== 'message' && write.what !== 'communication' && filter !== '') return false;
    return interaction === null ? write.contact === contact && filter !== 'public' : write.interaction === interaction;
  }

  messages() {
    const { contact, interaction, consult } = /** @type {Source} */ (this.source);
    const all = store.conversation(contact).visible(this.window);
    if (consult !== undefined) return all.filter((message) => message.content.consult === consult);
    return interaction === null ? all : all.filter((message) => message.interaction === interaction);
  }

  /** @param {number} count */
  drawState(count) {
    const { window } = this;
    this.older.hidden = !this.mayHaveOlder() || window.loading !== '';
    const text = window.failed ? desk.transcript.failed
      : window.loading === 'newest' || window.loading === 'older' ? desk.transcript.loading
        : window.loaded && count === 0 ? (window.search === '' ? this.emptyText : desk.transcript.noHits) : '';
    setText(this.state, text);
    this.state.hidden = text === '';
    if (window.failed) this.state.append(' ', h('button', { type: 'button', class: 'link', on: { click: () => this.retry() } }, desk.tryAgain));
  }

  retry() {
    if (this.source !== null) void loadPage(this.source.contact, this.window, this.window.loaded ? 'older' : 'newest');
  }

  drawTyping() {
    const { contact, interaction } = /** @type {Source} */ (this.source);
    if (this.names?.typing === undefined && this.source?.consult !== undefined) return;
    const threads = Array.from(store.typing).filter(([, who]) => who.contact === contact);
    const thread = interaction === null ? null : store.interactions.get(interaction)?.thread;
    const typing = threads.some(([each]) => thread === null || thread === undefined || each === thread);
    this.typing.hidden = !typing || this.source?.search !== '';
    if (typing) setText(this.typing.lastElementChild, desk.transcript.typing(visible(nameOfContact(contact))));
  }

  /** @returns {boolean} whether an older page could bring more of what is shown */
  mayHaveOlder() {
    const { window } = this;
    if (!window.loaded || window.complete) return false;
    const interaction = store.interactions.get(this.source?.interaction ?? '');
    // Everything of an interaction is younger than its beginning.
    return interaction === undefined || window.floor === null || window.floor.at >= interaction.created_at;
  }

  loadOlder() {
    if (this.source !== null && this.mayHaveOlder()) void loadPage(this.source.contact, this.window, 'older');
  }

  /** @param {import('../types.js').Message[]} messages */
  speak(messages) {
    const newest = messages.at(-1);
    if (newest === undefined) return;
    const { position } = newest;
    // Of what agents write, only what they write to each other is news.
    const inside = newest.content.type === 'consult' || newest.content.type === 'whisper';
    const listens = newest.content.type === 'whisper' || this.source?.consult !== undefined || this.source?.chat !== undefined;
    const news = newest.author.kind === 'contact' || (inside && listens && newest.author.name !== store.me?.agent);
    if (this.lastSpoken !== 0 && position > this.lastSpoken && this.speaks && this.checkVisibility() && news) {
      const name = visible(nameOfAuthor(newest.author, newest.contact ?? ''));
      announce(desk.transcript.announce(name, oneLine(newest.content.text ?? (newest.content.type === 'erased' ? desk.transcript.erased : desk.transcript.unsupported), 400)));
    }
    this.lastSpoken = Math.max(this.lastSpoken, position);
  }

  /** @returns {HTMLElement | null} the entry that the reader has at the top */
  firstOnScreen() {
    const { scrollTop } = this.scroller;
    const entries = /** @type {HTMLElement[]} */ (Array.from(this.rows.querySelectorAll('.entry')));
    return entries.find((entry) => entry.offsetTop + entry.offsetHeight > scrollTop) ?? null;
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < AT_END;
  }

  toEnd() {
    this.follow = true;
    this.newest.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  scrolled() {
    this.follow = this.atEnd;
    if (this.follow) this.newest.hidden = true;
    if (this.scroller.scrollTop < NEAR_START && this.scroller.scrollHeight > this.scroller.clientHeight) this.loadOlder();
  }
}

customElements.define('parlor-transcript', ParlorTranscript);
