/**
 * The web-chat widget: `<script type="module" src="…/assets/widget.js"></script>` and
 * `<parlor-chat channel="website"></parlor-chat>` on any page whose origin the channel allows. Its style and its nodes
 * live in a shadow root, so that neither the page nor the widget can disturb the other.
 */
import { keep, makeFiles, Tray } from './attachments.js';
import { h, nameNode, reconcile, setText, written } from './dom.js';
import { icon } from './icons.js';
import { newId } from './ids.js';
import * as storage from './storage.js';
import { chat, time } from './strings.js';
import { cutAtSpans, invited, oneLine } from './text.js';
import { ChatSession } from './widget/chat-session.js';

/** While somebody goes on typing, the notice is renewed this often, milliseconds. */
const TYPING_AGAIN_MS = 3_000;

/** Somebody who pauses this long is no longer typing, milliseconds. */
const TYPING_STOP_MS = 5_000;

/** Closer to the end than this counts as being at the end, pixels. */
const AT_END = 60;

/** The tallest that the field grows by itself, pixels. */
const TALLEST = 120;

/** @typedef {import('./widget/chat-session.js').Entry} Entry */
/** @typedef {{key: string, type: "day", at: number} | {key: string, type: "notice", text: string, entry: Entry}
 *   | {key: string, type: "entry", entry: Entry, grouped: boolean, followed: boolean} | {key: string, type: "pending", text: string, files: {id: string, name: string}[], grouped: boolean}} Row */

/** The page that is opened learns nothing of this one. @param {{text?: string, url?: string}} content */
const makeInvitation = (content) => cutAtSpans(content.text ?? '', invited(content)).flatMap(({ text, href }) => (href === null
  ? written(text)
  : h('a', { href, testid: 'chat-link', rel: 'noopener noreferrer nofollow', target: '_blank' }, ...written(text))));

/** Agents have configured names such as `alice`. @param {string | null | undefined} name */
const shown = (name) => (name ? name.charAt(0).toUpperCase() + name.slice(1) : chat.agent);

export class ParlorChat extends HTMLElement {
  connectedCallback() {
    if (this.session !== undefined) return;
    const channel = this.getAttribute('channel') ?? 'website';
    // The script comes from the server that answers, whatever page it stands on.
    const server = new URL(import.meta.url);
    const address = new URL(`/chat/${encodeURIComponent(channel)}/socket`, server);
    address.protocol = server.protocol === 'https:' ? 'wss:' : 'ws:';
    this.key = `parlor.chat.${server.host}.${channel}`;
    this.session = new ChatSession(address.href, this.key);
    this.typingSince = 0;
    this.follow = true;
    this.build();
    this.session.addEventListener('change', () => this.drawSoon());
    this.session.addEventListener('arrived', (event) => this.arrived(/** @type {CustomEvent} */ (event).detail));
    this.session.addEventListener('refused', (event) => this.giveBack(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener('visibilitychange', () => this.drawReading());
    this.session.start();
    this.draw();
  }

  build() {
    const root = this.attachShadow({ mode: 'open' });
    const styles = ['files.css', 'widget.css'].map((file) => h('link', { rel: 'stylesheet', href: new URL(file, import.meta.url).href }));
    this.state = h('p', { class: 'state', testid: 'chat-state' });
    this.endButton = h('button', { type: 'button', class: 'end', testid: 'chat-end', on: { click: () => this.session?.end() } }, chat.end);
    this.closeButton = h('button', { type: 'button', class: 'icon-button', testid: 'chat-close', title: chat.close, aria: { label: chat.close }, on: { click: () => this.toggle(false) } }, icon('close'));
    this.connection = h('p', { class: 'connection', role: 'status', testid: 'chat-connection' });
    this.greeting = h('div', { class: 'greeting' }, h('p', {}, chat.greeting), h('p', { class: 'hint' }, chat.greetingHint));
    this.rows = h('div', { class: 'rows' });
    this.log = h('div', { class: 'log', role: 'log', tabindex: '0', aria: { live: 'off', label: chat.log }, on: { scroll: () => { this.follow = this.atEnd; } } }, this.greeting, this.rows);
    // Waiting files take room from it, and pictures take room in it.
    const resized = new ResizeObserver(() => { if (this.follow) this.log.scrollTop = this.log.scrollHeight; });
    for (const part of [this.log, this.rows]) resized.observe(part);
    this.typing = h('p', { class: 'typing', testid: 'chat-typing', hidden: true }, h('span', { class: 'dots', aria: { hidden: true } }, h('i'), h('i'), h('i')), h('span'));
    this.again = h('div', { class: 'again', hidden: true }, h('button', { type: 'button', testid: 'chat-new', on: { click: () => this.input.focus() } }, chat.startNew));
    this.error = h('p', { class: 'error', role: 'alert', testid: 'chat-error', hidden: true });
    this.nameField = h('input', { class: 'name', testid: 'chat-name', dir: 'auto', autocomplete: 'name', maxlength: '80', placeholder: chat.name, aria: { label: chat.name } });
    this.input = h('textarea', {
      rows: '1', testid: 'chat-input', dir: 'auto', enterkeyhint: 'send', placeholder: chat.placeholder, aria: { label: chat.message },
      on: { input: () => this.typed(), keydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event), blur: () => this.stopTyping() },
    });
    this.input.value = storage.read(`${this.key}.draft`) ?? '';
    this.sendButton = h('button', { type: 'submit', class: 'send', testid: 'chat-send', title: chat.send, aria: { label: chat.send } }, icon('send'));
    this.fileField = h('input', { type: 'file', multiple: true, hidden: true, testid: 'chat-files', on: { change: () => this.chosen() } });
    this.attach = h('button', { type: 'button', class: 'attach', testid: 'chat-attach', title: chat.files.attach, aria: { label: chat.files.attach }, on: { click: () => this.fileField.click() } }, icon('clip'));
    this.waiting = h('ul', { class: 'waiting-files', hidden: true, aria: { live: 'polite' } });
    this.tray = new Tray({
      list: this.waiting, words: chat.files, newId, changed: () => this.drawSend(),
      upload: (id, file) => /** @type {ChatSession} */ (this.session).upload(id, file),
    });
    const form = h('form', {
      on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.submit();
        },
      },
    }, this.nameField, this.waiting, this.fileField, h('div', { class: 'composer' }, this.attach, this.input, this.sendButton));
    this.panel = h('section', { class: 'panel', id: 'panel', role: 'dialog', testid: 'chat-panel', hidden: true, aria: { labelledby: 'title' } },
      h('div', { class: 'head' }, h('div', { class: 'words' }, h('h2', { id: 'title' }, this.getAttribute('heading') ?? chat.title), this.state), this.endButton, this.closeButton),
      this.connection, this.log, this.typing, this.again, this.error, form);
    this.badge = h('span', { class: 'badge', hidden: true, aria: { hidden: true } });
    this.launcher = h('button', {
      type: 'button', class: 'launcher', testid: 'chat-launcher', aria: { controls: 'panel', expanded: false }, on: { click: () => this.toggle() },
    }, icon('chat', 'when-closed'), icon('down', 'when-open'), this.badge);
    this.speaker = h('div', { class: 'visually-hidden', role: 'status' });
    const frame = h('div', { class: 'frame', hidden: true }, this.panel, this.launcher, this.speaker);
    // Without its style it would be a heap of controls on somebody's page.
    const loaded = styles.map((style) => new Promise((resolve) => { style.addEventListener('load', resolve, { once: true }); }));
    Promise.all(loaded).then(() => { frame.hidden = false; });
    frame.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape' && this.isOpen) this.toggle(false);
    });
    root.append(...styles, frame);
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** @param {boolean} [open] */
  toggle(open = !this.isOpen) {
    this.panel.hidden = !open;
    this.follow = true;
    this.draw();
    (open ? this.input : this.launcher).focus();
    if (open) this.fit();
  }

  drawSoon() {
    // A history of hundreds arrives frame by frame; it is drawn once.
    if (this.planned) return;
    this.planned = true;
    window.setTimeout(() => {
      this.planned = false;
      this.draw();
    }, 0);
  }

  draw() {
    const { session } = this;
    if (session === undefined) return;
    const { state, connection, agent, error, unread } = session;
    this.drawReading();
    this.state.dataset.state = state;
    setText(this.state, (chat.states[state] ?? chat.states.none)(agent));
    this.connection.dataset.state = connection;
    setText(this.connection, chat.connections[connection] ?? '');
    this.connection.hidden = this.connection.textContent === '';
    this.endButton.hidden = state !== 'queued' && state !== 'active';
    this.endButton.disabled = connection !== 'connected';
    this.again.hidden = state !== 'ended' || session.pending.list.length > 0;
    this.input.placeholder = state === 'ended' ? chat.placeholderEnded : chat.placeholder;
    this.nameField.hidden = session.token !== null || session.entries.size > 0 || session.pending.list.length > 0;
    this.error.hidden = error === null;
    setText(this.error, error === null ? '' : chat.error(error.code, error.detail));
    this.typing.hidden = session.typing === null;
    setText(this.typing.lastElementChild, session.typing === null ? '' : chat.typing(session.typing || chat.agent));
    this.drawLauncher(unread);
    this.attach.hidden = session.fileRules === null;
    this.fileField.accept = session.fileRules?.types.join(',') ?? '';
    if (!this.isOpen) return;
    const rows = this.makeRows();
    this.greeting.hidden = rows.length > 0;
    reconcile(this.rows, rows, (row) => row.key, (row) => this.makeRow(row), (element, row) => this.updateRow(element, row));
    if (this.follow) this.log.scrollTop = this.log.scrollHeight;
    this.drawSend();
  }

  /** @param {number} unread */
  drawLauncher(unread) {
    this.launcher.setAttribute('aria-expanded', String(this.isOpen));
    this.launcher.setAttribute('aria-label', this.isOpen ? chat.close : unread > 0 ? `${chat.open}: ${chat.unread(unread)}` : chat.open);
    this.badge.hidden = unread === 0 || this.isOpen;
    setText(this.badge, String(unread));
  }

  drawReading() {
    this.session?.setReading(this.isOpen && document.visibilityState === 'visible');
  }

  drawSend() {
    this.sendButton.setAttribute('aria-disabled', String(!this.maySend));
  }

  get maySend() {
    return !this.tray.busy && (this.input.value.trim() !== '' || this.tray.ready.length > 0);
  }

  chosen() {
    if (!this.nameField.hidden && this.session !== undefined) this.session.name = this.nameField.value.trim();
    this.tray.rules = this.session?.fileRules ?? null;
    this.tray.add(Array.from(this.fileField.files ?? []));
    this.fileField.value = '';
    this.input.focus();
  }

  /** A page of somebody else's cannot fetch with our token by itself, so the bytes are fetched here. @returns {import('./attachments.js').Source} */
  get files() {
    const session = /** @type {ChatSession} */ (this.session);
    return {
      picture: async ({ id }, whole) => URL.createObjectURL(await session.file(id, !whole)),
      save: ({ id, name }) => {
        session.file(id, false).then((blob) => keep(URL.createObjectURL(blob), name), () => session.fail('unknown_attachment', ''));
      },
      words: chat.files,
    };
  }

  /** @returns {Row[]} */
  makeRows() {
    const { session } = this;
    /** @type {Row[]} */
    const rows = [];
    if (session === undefined) return rows;
    let day = '';
    let author = '';
    for (const entry of session.ordered()) {
      const at = Date.parse(entry.at);
      if (new Date(at).toDateString() !== day) {
        day = new Date(at).toDateString();
        author = '';
        rows.push({ key: `day ${day}`, type: 'day', at });
      }
      if (entry.content.type === 'system') {
        const text = chat.notice(entry.content);
        if (text !== null) rows.push({ key: `entry ${entry.sequence}`, type: 'notice', text, entry });
        author = '';
      } else {
        const who = `${entry.author.kind} ${entry.author.name ?? ''}`;
        // A message keeps its element when it is accepted: nothing jumps.
        // One with files gets another element: it shows them then.
        const keeps = entry.author.kind === 'me' && entry.content.type !== 'attached';
        rows.push({ key: keeps ? entry.id : `entry ${entry.sequence}`, type: 'entry', entry, grouped: who === author, followed: false });
        author = who;
      }
    }
    for (const message of session.pending.list) {
      rows.push({ key: message.id, type: 'pending', text: message.text, files: message.files ?? [], grouped: author.startsWith('me') });
      author = 'me';
    }
    for (const [at, row] of rows.entries()) {
      const next = rows[at + 1];
      if (row.type === 'entry' && next?.type === 'entry') row.followed = next.grouped && time.clock(row.entry.at) === time.clock(next.entry.at);
    }
    return rows;
  }

  /** @param {Row} row */
  makeRow(row) {
    if (row.type === 'day') return h('div', { class: 'day' }, time.day(row.at));
    if (row.type === 'notice') {
      return h('div', { class: 'notice', testid: 'chat-entry', data: { sequence: row.entry.sequence, author: row.entry.author.kind } }, row.text);
    }
    const mine = row.type === 'pending' || row.entry.author.kind === 'me';
    return h('div', { class: `entry ${mine ? 'mine' : 'ours'}`, testid: 'chat-entry' },
      h('div', { class: 'author' }, mine ? chat.you : row.type === 'entry' ? nameNode(shown(row.entry.author.name)) : null),
      h('div', { class: 'bubble', dir: 'auto' }, ...this.makeBody(row)),
      h('div', { class: 'meta' }));
  }

  /** @param {Extract<Row, {type: "entry" | "pending"}>} row @returns {(Node | string)[]} */
  makeBody(row) {
    if (row.type === 'pending') {
      return [...written(row.text), ...row.files.map(({ name }) => h('div', { class: 'file-named' }, icon('clip'), nameNode(name, { class: 'file-name' })))];
    }
    const { content } = row.entry;
    if (content.type === 'pushed_url') return makeInvitation(content);
    if (content.type === 'attached') return [...written(content.text ?? ''), makeFiles(content.attachments ?? [], this.files)];
    return written(content.text ?? (content.type === 'erased' ? chat.erased : chat.unsupported));
  }

  /** @param {HTMLElement} element @param {Row} row */
  updateRow(element, row) {
    if (row.type !== 'entry' && row.type !== 'pending') return;
    element.classList.toggle('grouped', row.grouped);
    element.classList.toggle('pending', row.type === 'pending');
    element.classList.toggle('followed', row.type === 'entry' && row.followed);
    const pending = row.type === 'pending';
    Object.assign(element.dataset, pending
      ? { sequence: '', author: 'me', delivery: 'sending' }
      : { sequence: String(row.entry.sequence), author: row.entry.author.kind, delivery: 'sent' });
    setText(/** @type {Element} */ (element.querySelector('.meta')), pending ? chat.delivery.sending : time.clock(row.entry.at));
  }

  /** @param {Entry} entry */
  arrived(entry) {
    if (!['text', 'attached', 'pushed_url'].includes(entry.content.type) || entry.author.kind === 'me') return;
    if (this.isOpen) this.speaker.replaceChildren(h('p', {}, `${shown(entry.author.name)}: ${oneLine(entry.content.text ?? entry.content.attachments?.[0]?.name ?? '', 400)}`));
  }

  /** @param {string} text a message that was refused */
  giveBack(text) {
    this.input.value = this.input.value === '' ? text : `${text}\n${this.input.value}`;
    this.keepDraft();
    this.fit();
  }

  keepDraft() {
    if (this.input.value === '') storage.remove(`${this.key}.draft`);
    else storage.write(`${this.key}.draft`, this.input.value);
  }

  typed() {
    this.keepDraft();
    this.fit();
    this.drawSend();
    if (this.input.value.trim() === '') {
      this.stopTyping();
      return;
    }
    const now = performance.now();
    if (this.typingSince === 0 || now - (this.typingSince ?? 0) > TYPING_AGAIN_MS) {
      this.typingSince = now;
      this.session?.sendTyping(true);
    }
    window.clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => this.stopTyping(), TYPING_STOP_MS);
  }

  stopTyping() {
    window.clearTimeout(this.typingTimer);
    if (this.typingSince === 0) return;
    this.typingSince = 0;
    this.session?.sendTyping(false);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    // While a word is being composed (Japanese, say), Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.input.value;
    const { session } = this;
    if (session === undefined || !this.maySend) return;
    if (!this.nameField.hidden) session.name = this.nameField.value.trim();
    this.stopTyping();
    // Those that the server refused are named too: then the agents are told.
    if (!session.send(text.trim() === '' ? '' : text, this.tray.named)) return;
    this.tray.clear();
    this.follow = true;
    this.input.value = '';
    this.keepDraft();
    this.fit();
    this.draw();
    this.input.focus();
  }

  fit() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight + 2, TALLEST)}px`;
    this.input.style.overflowY = this.input.scrollHeight > TALLEST ? 'auto' : 'hidden';
  }

  get atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < AT_END;
  }
}

customElements.define('parlor-chat', ParlorChat);
