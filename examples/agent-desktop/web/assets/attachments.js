/**
 * Files in a transcript, for the desk and the widget: small pictures that open in a dialog, and everything else as a name
 * with something to save it by. Where the bytes come from is for whoever shows them to say.
 */
import { h, nameNode } from './dom.js';
import { icon } from './icons.js';

/** @typedef {import('./types.js').Attachment} Attachment */

/**
 * @typedef {object} Source
 * @property {(attachment: Attachment, whole: boolean) => Promise<string>} picture the address of a picture, small or whole
 * @property {((attachment: Attachment) => void) | null} save `null` where it may not be saved
 * @property {{open: (name: string) => string, save: (name: string) => string, close: string, failed: string, picture: string}} words
 */

/** The pictures that are shown; all else is only ever saved. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The largest that a small picture stands in a transcript, pixels. */
const SMALL = 220;

/** @param {number} bytes @returns {string} */
export function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {Attachment[]} attachments @param {Source} source @returns {HTMLElement} */
export function makeFiles(attachments, source) {
  return h('ul', { class: 'files' }, ...attachments.map((attachment) => h('li', {}, makeFile(attachment, source))));
}

/** @param {Attachment} attachment @param {Source} source */
function makeFile(attachment, source) {
  if (SHOWN.has(attachment.media_type) && attachment.thumbnail) return makePicture(attachment, source);
  return makeNamed(attachment, source);
}

/** @param {Attachment} attachment @param {Source} source */
function makePicture(attachment, source) {
  const { width, height } = fitted(attachment.dimensions ?? { width: SMALL, height: SMALL });
  const image = h('img', { alt: source.words.picture, width, height, testid: 'thumbnail' });
  const button = h('button', {
    type: 'button', class: 'file-picture', testid: 'file-open', title: attachment.name, aria: { label: source.words.open(attachment.name) },
    on: { click: () => view(attachment, source, button) },
  }, image);
  // A picture that cannot be had is a file that can still be saved.
  source.picture(attachment, false).then((address) => {
    image.addEventListener('error', () => button.replaceWith(makeNamed(attachment, source)));
    image.src = address;
  }, () => button.replaceWith(makeNamed(attachment, source)));
  return button;
}

/** @param {Attachment} attachment @param {Source} source */
function makeNamed(attachment, source) {
  const shows = SHOWN.has(attachment.media_type);
  const row = h('div', { class: 'file-named', testid: 'file' }, icon(shows ? 'picture' : 'file'),
    h('span', { class: 'file-words' }, nameNode(attachment.name, { class: 'file-name', title: attachment.name }), h('small', {}, size(attachment.bytes))));
  if (shows) {
    const open = h('button', { type: 'button', class: 'file-button', testid: 'file-open', aria: { label: source.words.open(attachment.name) }, on: { click: () => view(attachment, source, open) } }, icon('eye'));
    row.append(open);
  }
  if (source.save !== null) row.append(makeSave(attachment, source));
  return row;
}

/** @param {Attachment} attachment @param {Source} source */
function makeSave(attachment, source) {
  return h('button', {
    type: 'button', class: 'file-button', testid: 'file-save', title: source.words.save(attachment.name), aria: { label: source.words.save(attachment.name) },
    on: { click: () => source.save?.(attachment) },
  }, icon('hand'));
}

/** The whole picture, above everything. @param {Attachment} attachment @param {Source} source @param {HTMLElement} from */
function view(attachment, source, from) {
  const state = h('p', { class: 'viewer-state', role: 'status' });
  const image = h('img', { alt: source.words.picture, testid: 'viewer-image' });
  const close = h('button', { type: 'button', class: 'file-button', testid: 'viewer-close', title: source.words.close, aria: { label: source.words.close }, on: { click: () => dialog.close() } }, icon('close'));
  const dialog = h('dialog', {
    class: 'viewer', testid: 'viewer', aria: { label: attachment.name },
    on: {
      close: () => {
        dialog.remove();
        if (from.isConnected) from.focus();
      },
      // Closes this, and not what is below it too.
      keydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') event.stopPropagation(); },
      // Beside the picture is outside.
      click: (/** @type {Event} */ event) => { if (event.target === dialog) dialog.close(); },
    },
  },
  h('div', { class: 'viewer-head' }, nameNode(attachment.name, { class: 'viewer-name' }), source.save === null ? null : makeSave(attachment, source), close),
  h('div', { class: 'viewer-body' }, image, state));
  const failed = () => {
    image.hidden = true;
    state.textContent = source.words.failed;
  };
  image.addEventListener('error', failed);
  source.picture(attachment, true).then((address) => { image.src = address; }, failed);
  // Where it was opened: in the widget that is its own tree, with its own style.
  const root = from.getRootNode();
  (root instanceof ShadowRoot ? /** @type {Element} */ (root.querySelector('.frame')) : document.body).append(dialog);
  dialog.showModal();
  close.focus();
}

/** @param {{width: number, height: number}} whole */
function fitted({ width, height }) {
  const scale = Math.min(1, SMALL / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Keeps what was fetched as a file. @param {string} address @param {string} name */
export function keep(address, name) {
  const link = h('a', { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}

/**
 * Files that wait beside a message field: chosen, uploaded and then sent with what is written.
 * @typedef {{id: string, name: string, state: "uploading" | "ready" | "refused", reason: string, asked: boolean}} Waiting `asked`: the server itself refused it
 */
export class Tray {
  /**
   * @param {{list: HTMLElement, words: {remove: (name: string) => string, uploading: string, reasons: (reason: string) => string},
   *   upload: (id: string, file: File) => Promise<void>, newId: () => string, changed: () => void}} parts
   *   `upload` throws `{reason}` when it is refused
   */
  constructor(parts) {
    this.parts = parts;
    /** @type {Waiting[]} */
    this.files = [];
    /** @type {import('./types.js').FileRules | null} */
    this.rules = null;
  }

  get busy() {
    return this.files.some(({ state }) => state === 'uploading');
  }

  /** @returns {Waiting[]} what can be sent */
  get ready() {
    return this.files.filter(({ state }) => state === 'ready');
  }

  /** What a message of a contact names: also what the server refused, so that the agents are told. @returns {{id: string, name: string}[]} */
  get named() {
    return this.files.filter(({ state, asked }) => state === 'ready' || (state === 'refused' && asked)).map(({ id, name }) => ({ id, name }));
  }

  /** @param {Iterable<File>} files */
  add(files) {
    for (const file of files) {
      const most = this.rules?.most ?? Infinity;
      const left = this.files.filter(({ state }) => state !== 'refused').length < most;
      const fits = file.size <= (this.rules?.largest ?? Infinity);
      /** @type {Waiting} */
      const waiting = { id: this.parts.newId(), name: file.name, state: left && fits ? 'uploading' : 'refused', reason: left ? 'too_large' : 'too_many', asked: false };
      this.files.push(waiting);
      if (waiting.state === 'uploading') void this.send(waiting, file);
    }
    this.draw();
  }

  /** @param {Waiting} waiting @param {File} file */
  async send(waiting, file) {
    try {
      await this.parts.upload(waiting.id, file);
      waiting.state = 'ready';
    } catch (error) {
      waiting.state = 'refused';
      waiting.reason = /** @type {any} */ (error)?.reason ?? '';
      waiting.asked = waiting.reason !== '';
    }
    this.draw();
  }

  /** @returns {{id: string, name: string}[]} what goes with the message */
  take() {
    const taken = this.ready.map(({ id, name }) => ({ id, name }));
    this.clear();
    return taken;
  }

  clear() {
    this.files = [];
    this.draw();
  }

  draw() {
    const { list, words, changed } = this.parts;
    list.hidden = this.files.length === 0;
    list.replaceChildren(...this.files.map((waiting) => h('li', { class: 'waiting-file', testid: 'waiting-file', data: { state: waiting.state } },
      icon(waiting.state === 'refused' ? 'alert' : waiting.state === 'ready' ? 'clip' : 'clock'),
      h('span', { class: 'file-words' }, nameNode(waiting.name, { class: 'file-name', title: waiting.name }),
        waiting.state === 'ready' ? null : h('small', {}, waiting.state === 'refused' ? words.reasons(waiting.reason) : words.uploading)),
      h('button', {
        type: 'button', class: 'file-button', title: words.remove(waiting.name), aria: { label: words.remove(waiting.name) },
        on: { click: () => { this.files = this.files.filter((each) => each !== waiting); this.draw(); } },
      }, icon('close')))));
    changed();
  }
}
