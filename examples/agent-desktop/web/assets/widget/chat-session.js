/**
 * The visitor's side of `docs/specs/web-chat.md`: who they are, what was said, and what still has to reach the server.
 * It knows nothing of the page it is shown on.
 */
import * as storage from '../storage.js';
import { wellFormed } from '../text.js';
import { PendingMessages } from './pending.js';
import { Socket } from './socket.js';

/** An agent's typing notice is forgotten after this time where the server does not say, milliseconds (its default `typing_ttl`). */
const TYPING_MS = 10_000;

/** A message that is not accepted within this time is on a dead connection, milliseconds. */
const ACCEPT_MS = 10_000;

/** Pause before a message is sent again that the server was too busy for and gave no time, milliseconds. */
const BUSY_MS = 2_000;

/** The specification's limits, bytes. */
const TEXT_BYTES = 65_536;
const FRAME_BYTES = 131_072;

/** Acknowledgements are collected for this long: the server takes 20 frames a second, a history has hundreds, milliseconds. */
const SEEN_MS = 100;

/** What these codes name passes by itself: the message stays and is sent again. */
const PASSING = new Set(['too_many_messages', 'busy']);

/** A message that was refused with one of these will never be accepted. */
const FINAL = new Set(['bad_frame', 'text_empty', 'text_too_long', 'frame_too_large', 'too_many_attachments', 'unknown_attachment']);

/** How often an upload is tried that nobody answers, and the pause between, milliseconds. */
const UPLOAD_TRIES = 4;
const UPLOAD_PAUSE_MS = 1_000;

/** @typedef {{sequence: number, id: string, author: {kind: string, name?: string | null}, content: import('../types.js').Content, at: string}} Entry */
/** @typedef {"idle" | "connecting" | "connected" | "reconnecting" | "closed"} Connection */

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text).length;

/** Dispatches `change` for anything new, `arrived` (detail: Entry) for a message while connected, `refused` (detail: text). */
export class ChatSession extends EventTarget {
  /** @param {string} address of the socket @param {string} key under which the browser keeps the session */
  constructor(address, key) {
    super();
    this.key = key;
    /** @type {Connection} */
    this.connection = 'idle';
    /** @type {Map<number, Entry>} by sequence: each is shown once */
    this.entries = new Map();
    this.pending = new PendingMessages(key);
    this.state = 'none';
    /** @type {string | null} */
    this.agent = null;
    /** @type {string | null} who types */
    this.typing = null;
    this.typingMs = TYPING_MS;
    /** @type {{code: string, detail: string} | null} */
    this.error = null;
    /** The highest sequence that arrived as a message on any connection of this page; resumption starts behind it. */
    this.last = 0;
    this.reading = false;
    this.seenSent = '';
    /** @type {string | null} the message that waits for `accepted`; the others wait behind it, so their order holds */
    this.inFlight = null;
    this.welcomed = false;
    /** Where files go and come from. */
    this.filesAddress = address.replace(/^ws/, 'http').replace(/socket$/, 'attachments/');
    /** What files are taken; `undefined` as long as the server has not said. @type {import('../types.js').FileRules | null | undefined} */
    this.fileRules = undefined;
    /** @type {((token: string) => void)[]} who waits for a session */
    this.waiters = [];
    this.socket = new Socket(address, {
      opened: () => this.hello(),
      frame: (frame) => this.receive(frame),
      lost: () => this.lost(),
    });
    // Another window of the same browser began the chat: it goes on here too.
    window.addEventListener('storage', (event) => { if (event.key === this.sessionKey && this.token !== null) this.start(); });
  }

  get sessionKey() {
    return `${this.key}.session`;
  }

  /** @returns {{token: string | null, last: number, read: number}} what the browser keeps */
  get kept() {
    return { token: null, last: 0, read: 0, ...storage.read(this.sessionKey) };
  }

  get token() {
    return this.kept.token;
  }

  get name() {
    return storage.read(`${this.key}.name`) ?? '';
  }

  /** @param {string} name */
  set name(name) {
    storage.write(`${this.key}.name`, name);
  }

  /** @param {Partial<{token: string | null, last: number, read: number}>} change */
  keep(change) {
    storage.write(this.sessionKey, { ...this.kept, ...change });
  }

  /** Connects when there is something to connect for. A visitor who only looks has no session. */
  start() {
    if (this.connection !== 'idle' || (this.token === null && this.pending.list.length === 0 && this.waiters.length === 0)) return;
    this.connection = 'connecting';
    this.socket.open();
    this.changed();
  }

  /** The token of the session; one begins when there is none. @returns {Promise<string>} */
  begun() {
    const { token } = this;
    if (token !== null) return Promise.resolve(token);
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.start();
    });
  }

  /** @param {string} id @param {File} file @throws {{reason: string}} */
  async upload(id, file) {
    const token = await this.begun();
    for (let tries = 1; ; tries += 1) {
      try {
        const response = await fetch(`${this.filesAddress}${id}?name=${encodeURIComponent(file.name)}`, { method: 'PUT', headers: { authorization: `Bearer ${token}` }, body: file });
        if (response.ok) return;
        const problem = await response.json().catch(() => ({}));
        if (response.status < 500 && response.status !== 429 && response.status !== 408) throw { reason: problem.reason ?? '' };
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      if (tries >= UPLOAD_TRIES) throw { reason: '' };
      await new Promise((resume) => { window.setTimeout(resume, UPLOAD_PAUSE_MS * tries); });
    }
  }

  /** An address at which a file of the transcript can be had, in this page only. @param {string} id @param {boolean} small */
  async file(id, small) {
    const token = await this.begun();
    const response = await fetch(`${this.filesAddress}${id}${small ? '/thumbnail' : ''}`, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.blob();
  }

  /** @param {string} written @param {{id: string, name: string}[]} [files] uploaded for it @returns {boolean} whether it was taken */
  send(written, files = []) {
    const text = wellFormed(written);
    const frame = JSON.stringify({ type: 'message', id: '00000000-0000-0000-0000-000000000000', text });
    if (bytes(text) > TEXT_BYTES || bytes(frame) > FRAME_BYTES) {
      this.fail('text_too_long', '');
      return false;
    }
    this.error = null;
    this.pending.add(text, files);
    this.start();
    this.flush();
    this.changed();
    return true;
  }

  /** @param {boolean} on */
  sendTyping(on) {
    if (this.welcomed) this.socket.send({ type: 'typing', on });
  }

  end() {
    if (this.welcomed) this.socket.send({ type: 'end' });
  }

  /** @param {boolean} reading whether the messages are on the screen */
  setReading(reading) {
    this.reading = reading;
    this.sendSeen();
  }

  /** @returns {Entry[]} in order */
  ordered() {
    return Array.from(this.entries.values()).sort((a, b) => a.sequence - b.sequence);
  }

  /** @returns {number} how many messages of ours the visitor has not seen */
  get unread() {
    const { read } = this.kept;
    return Array.from(this.entries.values())
      .filter(({ sequence, author, content }) => sequence > read && author.kind !== 'me' && ['text', 'attached', 'pushed_url'].includes(content.type)).length;
  }

  hello() {
    const { token } = this.kept;
    /** @type {Record<string, unknown>} */
    const frame = { type: 'hello', after: this.last };
    if (token !== null) frame.token = token;
    // The name begins a session; later, agents may have corrected it.
    else if (this.name !== '') frame.name = this.name;
    this.socket.send(frame);
  }

  /** @param {any} frame */
  receive(frame) {
    switch (frame.type) {
      case 'welcome': this.welcome(frame); break;
      case 'message': this.take(frame); break;
      case 'accepted': this.accepted(frame); break;
      case 'state':
        this.state = frame.state;
        this.agent = frame.agent ?? null;
        break;
      case 'typing': this.setTyping(frame.on ? (frame.name ?? '') : null); break;
      case 'error': this.refused(frame); break;
      // A newer server may have more to say.
      default:
    }
    this.changed();
  }

  /** @param {{token: string, state: string, agent?: string | null, typing_ttl_ms?: number, attachments?: import('../types.js').FileRules}} frame */
  welcome(frame) {
    this.socket.welcomed();
    this.welcomed = true;
    this.connection = 'connected';
    this.keep({ token: frame.token });
    this.fileRules = frame.attachments ?? null;
    for (const resolve of this.waiters.splice(0)) resolve(frame.token);
    this.typingMs = frame.typing_ttl_ms ?? TYPING_MS;
    this.state = frame.state;
    this.agent = frame.agent ?? (frame.state === 'active' ? this.agent : null);
    this.seenSent = '';
    this.inFlight = null;
    this.flush();
  }

  /** @param {Entry} entry */
  take(entry) {
    if (entry.author.kind === 'me') this.confirm(entry.id);
    const isNew = !this.entries.has(entry.sequence);
    if (isNew) this.entries.set(entry.sequence, entry);
    this.last = Math.max(this.last, entry.sequence);
    if (entry.author.kind === 'agent' || entry.author.kind === 'bot') this.setTyping(null);
    if (isNew) this.dispatchEvent(new CustomEvent('arrived', { detail: entry }));
    this.seenSoon();
  }

  /** @param {{id: string, sequence: number, at: string}} frame */
  accepted({ id, sequence, at }) {
    const message = this.confirm(id);
    // `last` stays: messages of others with lower sequences may still be on their way.
    // What has files comes back as the server has it.
    if (message !== undefined && (message.files ?? []).length === 0 && !this.entries.has(sequence)) {
      this.entries.set(sequence, { sequence, id, author: { kind: 'me' }, content: { type: 'text', text: message.text }, at });
    }
  }

  /** The server has it. @param {string} id @returns {import('./pending.js').PendingMessage | undefined} */
  confirm(id) {
    const message = this.pending.remove(id);
    if (this.inFlight === id) {
      window.clearTimeout(this.acceptTimer);
      this.inFlight = null;
      this.flush();
    }
    return message;
  }

  flush() {
    const [message] = this.pending.list;
    if (!this.welcomed || this.inFlight !== null || message === undefined) return;
    if (!this.socket.send({ type: 'message', id: message.id, text: message.text, attachments: (message.files ?? []).map(({ id }) => id) })) return;
    this.inFlight = message.id;
    this.acceptTimer = window.setTimeout(() => this.socket.drop(), ACCEPT_MS);
  }

  /** @param {{code: string, detail: string, id?: string, retry_after_ms?: number}} frame */
  refused({ code, detail, id, retry_after_ms: pause }) {
    if (code === 'unknown_token') {
      this.startAnew();
      return;
    }
    if (code === 'unknown_channel') {
      this.socket.close();
      this.connection = 'closed';
    }
    // A frame that could not be read has no id; only messages are ever that large or that wrong.
    const about = id ?? (PASSING.has(code) || FINAL.has(code) ? this.inFlight : null);
    if (about === null) {
      if (this.connection === 'closed') this.fail(code, detail);
      return;
    }
    this.fail(code, detail);
    window.clearTimeout(this.acceptTimer);
    if (PASSING.has(code)) {
      this.acceptTimer = window.setTimeout(() => {
        this.inFlight = null;
        this.error = null;
        this.flush();
        this.changed();
      }, pause ?? BUSY_MS);
    } else {
      // It would be refused again: the words go back to whoever wrote them.
      const message = this.pending.remove(about);
      this.inFlight = null;
      if (message !== undefined) this.dispatchEvent(new CustomEvent('refused', { detail: message.text }));
      this.flush();
    }
  }

  /** The server does not know this browser any more; what was not sent yet begins a new session. */
  startAnew() {
    storage.remove(this.sessionKey);
    this.entries.clear();
    this.last = 0;
    this.state = 'none';
    this.agent = null;
    if (this.pending.list.length > 0) {
      this.socket.drop();
      this.socket.hurry();
    } else {
      this.socket.close();
      this.connection = 'idle';
    }
  }

  lost() {
    this.welcomed = false;
    this.inFlight = null;
    window.clearTimeout(this.acceptTimer);
    this.setTyping(null);
    if (this.connection !== 'closed' && this.connection !== 'connecting') this.connection = 'reconnecting';
    this.changed();
  }

  /** @param {string | null} name */
  setTyping(name) {
    window.clearTimeout(this.typingTimer);
    this.typing = name;
    if (name !== null) {
      this.typingTimer = window.setTimeout(() => {
        this.typing = null;
        this.changed();
      }, this.typingMs);
    }
  }

  /** Many messages arrive at once after a pause; one acknowledgement covers them all. */
  seenSoon() {
    if (this.seenPlanned) return;
    this.seenPlanned = true;
    window.setTimeout(() => {
      this.seenPlanned = false;
      if (this.last > this.kept.last) this.keep({ last: this.last });
      this.sendSeen();
    }, SEEN_MS);
  }

  sendSeen() {
    if (this.last === 0) return;
    if (this.reading && this.last > this.kept.read) {
      this.keep({ read: this.last });
      this.changed();
    }
    const seen = { delivered: this.last, read: Math.min(this.kept.read, this.last) };
    const text = JSON.stringify(seen);
    if (this.welcomed && text !== this.seenSent && this.socket.send({ type: 'seen', ...seen })) this.seenSent = text;
  }

  /** @param {string} code @param {string} detail */
  fail(code, detail) {
    this.error = { code, detail };
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event('change'));
  }
}
