import { api } from '../api.js';
import { Tray } from '../attachments.js';
import { changes, draft, keepDraft } from '../drafts.js';
import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { newId } from '../ids.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { insertBetween } from '../text.js';
import './parlor-emoji.js';
import { View } from './view.js';

/** While somebody goes on typing, the notice is renewed this often, milliseconds. */
const TYPING_AGAIN_MS = 4_000;

/** Somebody who pauses this long is no longer typing, milliseconds. */
const TYPING_STOP_MS = 5_000;

/** Somebody who pauses this long is told how many messages a text will be, milliseconds. */
const COUNT_AFTER_MS = 250;

/** The tallest that the field grows by itself, pixels. */
const TALLEST = 180;

/**
 * A message field: Enter sends, Shift+Enter begins a new line, and what is typed is kept per conversation.
 */
export class ParlorComposer extends View {
  constructor() {
    super();
    /** Where the draft is kept; empty for a field that belongs to nothing. */
    this.key = '';
    /** @type {(text: string, files: {id: string, name: string}[]) => void} */
    this.onsend = () => {};
    /** @type {((on: boolean) => void) | null} */
    this.ontyping = null;
    this.typingSince = 0;
    /** Which picker its emoji are chosen in; none for what never goes to a contact. @type {"" | "menu" | "full"} */
    this.emoji = '';
    /** For what its files are uploaded; `null` where none can be attached. @type {{interaction?: string, channel?: string} | null} */
    this.where = null;
    /** Where its text travels in parts; empty where it is one. */
    this.counted = '';
    this.asked = 0;
    /** Of which field the count is. */
    this.counts = '';
    /** @type {number | undefined} */
    this.counting = undefined;
  }

  /** @param {{field: string, send: string, label: string, sendLabel: string}} names hooks and words */
  name(names) {
    this.names = names;
  }

  build() {
    const names = /** @type {NonNullable<typeof this.names>} */ (this.names);
    this.field = h('textarea', {
      rows: '1', testid: names.field, dir: 'auto', enterkeyhint: 'send', aria: { label: names.label },
      on: { input: () => this.typed(), keydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event), blur: () => this.stopTyping() },
    });
    this.button = h('button', { type: 'submit', class: 'primary send', testid: names.send, title: names.sendLabel, aria: { label: names.sendLabel } }, icon('send'));
    this.fileField = h('input', { type: 'file', multiple: true, hidden: true, testid: `${names.field}-files`, on: { change: () => this.chosen() } });
    this.attach = h('button', { type: 'button', class: 'icon-button attach', testid: `${names.field}-attach`, hidden: true, title: desk.files.attach, aria: { label: desk.files.attach }, on: { click: () => this.fileField.click() } }, icon('clip'));
    this.waiting = h('ul', { class: 'waiting-files', hidden: true, aria: { live: 'polite' } });
    this.tray = new Tray({
      list: this.waiting, words: desk.files, newId, changed: () => this.drawButton(),
      upload: (id, file) => api.upload(id, file, this.where ?? {}).catch((problem) => { throw { reason: problem.fields?.reason ?? '' }; }),
    });
    this.picker = /** @type {import('./parlor-emoji.js').ParlorEmoji} */ (document.createElement('parlor-emoji'));
    this.picker.onpick = (emoji) => this.insert(emoji);
    this.form = h('form', {
      class: 'composer', novalidate: true, on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.submit();
        },
      },
    }, this.attach, this.field, this.picker, this.button);
    this.count = h('p', { class: 'hint parts-hint', testid: `${names.field}-count`, hidden: true });
    this.append(this.waiting, this.fileField, this.form, this.count);
    changes.addEventListener('draft', (event) => {
      if (/** @type {CustomEvent} */ (event).detail === this.key) this.load();
    });
  }

  /**
   * @param {string} key
   * @param {{placeholder: string, disabled?: boolean, channel?: string, where?: {interaction?: string, channel?: string}}} state
   *   `channel` says what may be attached, `where` for what it is uploaded
   */
  show(key, { placeholder, disabled = false, channel, where }) {
    const on = store.me?.channels.find(({ name }) => name === channel);
    const rules = on?.attachments ?? null;
    const counted = on?.counted && !disabled ? on.name : '';
    if (this.counted !== counted) {
      this.counted = counted;
      this.countSoon();
    }
    this.where = rules === null || where === undefined ? null : where;
    this.tray.rules = rules;
    this.attach.hidden = this.where === null || disabled;
    this.fileField.accept = rules?.types.join(',') ?? '';
    if (this.key !== key) {
      this.tray.clear();
      this.stopTyping();
      this.key = key;
      this.load();
    }
    if (this.field.placeholder !== placeholder) this.field.placeholder = placeholder;
    if (this.field.disabled !== disabled) this.field.disabled = disabled;
    this.picker.hidden = this.emoji === '' || disabled || !store.has('emoji_allowed') || !store.has('emoji_picker');
    if (this.emoji !== '') this.picker.size = this.emoji;
    this.drawButton();
  }

  load() {
    this.field.value = draft(this.key);
    this.fit();
    this.drawButton();
    this.countSoon();
  }

  /** Says how many messages the text will be, once the writer pauses. */
  countSoon() {
    window.clearTimeout(this.counting);
    const text = this.field.value;
    const channel = this.counted;
    const asked = ++this.asked;
    // That of another text must not stay.
    if (this.counts !== this.key) this.count.hidden = true;
    this.counts = this.key;
    if (channel === '' || text === '') {
      this.count.hidden = true;
      return;
    }
    this.counting = window.setTimeout(() => {
      api.compose(channel, text).then(({ parts }) => {
        if (asked !== this.asked) return;
        this.count.hidden = parts === null;
        if (parts !== null) setText(this.count, desk.sends.counted(parts.count, parts.left ?? 0, parts.alphabet === 'UCS-2'));
      }, () => {
        if (asked === this.asked) this.count.hidden = true;
      });
    }, COUNT_AFTER_MS);
  }

  /** @returns {string} */
  get value() {
    return this.field.value;
  }

  focusField() {
    this.field.focus();
  }

  clear() {
    this.field.value = '';
    keepDraft(this.key, '');
    this.fit();
    this.drawButton();
    this.countSoon();
  }

  drawButton() {
    // Not `disabled`: a disabled button would lose the focus of somebody who sends by keyboard.
    this.button.setAttribute('aria-disabled', String(!this.maySend));
  }

  get maySend() {
    const says = this.field.value.trim() !== '' || this.tray.ready.length > 0;
    return !this.field.disabled && !this.tray.busy && says;
  }

  chosen() {
    this.tray.add(Array.from(this.fileField.files ?? []));
    this.fileField.value = '';
    this.field.focus();
  }

  /** Where the caret stands, or in place of what is selected (r70). @param {string} emoji */
  insert(emoji) {
    const { selectionStart, selectionEnd } = this.field;
    const { text, after } = insertBetween(this.field.value, selectionStart, selectionEnd, emoji);
    this.field.value = text;
    this.field.focus();
    this.field.setSelectionRange(after, after);
    this.typed();
  }

  typed() {
    keepDraft(this.key, this.field.value);
    this.fit();
    this.drawButton();
    this.countSoon();
    if (this.ontyping === null) return;
    if (this.field.value.trim() === '') {
      this.stopTyping();
      return;
    }
    const now = performance.now();
    if (this.typingSince === 0 || now - this.typingSince > TYPING_AGAIN_MS) {
      this.typingSince = now;
      this.ontyping(true);
    }
    window.clearTimeout(this.typingTimer);
    this.typingTimer = window.setTimeout(() => this.stopTyping(), TYPING_STOP_MS);
  }

  stopTyping() {
    window.clearTimeout(this.typingTimer);
    if (this.typingSince === 0) return;
    this.typingSince = 0;
    this.ontyping?.(false);
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    // While a word is being composed (Japanese, say), Enter belongs to the input method.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.field.value;
    if (!this.maySend) return;
    this.stopTyping();
    this.clear();
    this.onsend(text.trim() === '' ? '' : text, this.tray.take());
    this.field.focus();
  }

  fit() {
    this.field.style.height = 'auto';
    this.field.style.height = `${Math.min(this.field.scrollHeight + 2, TALLEST)}px`;
    this.field.style.overflowY = this.field.scrollHeight > TALLEST ? 'auto' : 'hidden';
  }
}

customElements.define('parlor-composer', ParlorComposer);
