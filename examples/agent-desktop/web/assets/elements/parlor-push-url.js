import { announce } from '../announcer.js';
import { api, NoAnswer, Problem } from '../api.js';
import { h, nameNode, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { newId } from '../ids.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */

/** Somebody who pauses this long wants to see where the address leads, milliseconds. */
const PREVIEW_MS = 250;

/**
 * The dialog in which a web address is looked at and sent to the contact. In the list of those sent before, up and down
 * move, and left and right put one into the field.
 */
export class ParlorPushUrl extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['interactions'];
  /** @type {string | null} */
  about = null;
  /** @type {string[]} */
  earlier = [];
  highlighted = -1;
  /** What was asked last about the field: older answers are not shown. */
  asked = 0;
  busy = false;
  /** Of what is being sent: trying again after no answer must not send it twice. */
  once = newId();

  build() {
    this.heading = h('h2', { id: 'push-url-title' });
    this.field = h('input', {
      id: 'push-url-field', type: 'text', inputmode: 'url', autocomplete: 'off', spellcheck: 'false', dir: 'ltr', testid: 'push-url-field',
      aria: { describedby: 'push-url-where' }, on: { input: () => this.typed() },
    });
    this.where = h('p', { class: 'push-where', id: 'push-url-where', role: 'status', testid: 'push-url-preview' });
    this.sendButton = h('button', { type: 'submit', class: 'primary', testid: 'push-url-send', aria: { disabled: true } }, icon('send'), desk.push.send);
    this.list = h('ul', {
      class: 'push-earlier', role: 'listbox', tabindex: '0', testid: 'push-url-earlier', aria: { labelledby: 'push-url-earlier-title' },
      on: { keydown: (/** @type {KeyboardEvent} */ event) => this.pressed(event) },
    });
    this.earlierPart = h('div', { class: 'push-list', hidden: true }, h('h3', { id: 'push-url-earlier-title' }, desk.push.earlier), this.list);
    this.form = h('form', {
      class: 'push-form', novalidate: true, on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void this.send();
        },
      },
    }, h('label', { for: 'push-url-field' }, desk.push.label), this.field, this.where, this.earlierPart, h('div', { class: 'note-actions' }, this.sendButton));
    this.dialog = h('dialog', { class: 'hand-over', testid: 'push-url-dialog', aria: { labelledby: 'push-url-title' }, on: { close: () => { this.about = null; } } },
      h('div', { class: 'dialog-head' }, this.heading,
        h('button', { type: 'button', class: 'icon-button', title: desk.close, aria: { label: desk.close }, on: { click: () => this.dialog.close() } }, icon('close'))),
      this.form);
    this.append(this.dialog);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    // A dialog that leaves the page open would come back open, and no longer on top.
    if (this.dialog.open) this.dialog.close();
  }

  /** @param {Interaction} interaction */
  open(interaction) {
    this.about = interaction.id;
    this.heading.replaceChildren(`${desk.push.title} `, nameNode(nameOf(interaction)));
    this.field.value = '';
    this.typed();
    this.drawEarlier([]);
    this.dialog.showModal();
    this.field.focus();
    void this.readEarlier();
  }

  /** It may be gone while one types. */
  draw() {
    if (this.about === null) return;
    const interaction = store.interactions.get(this.about);
    if (interaction === undefined || interaction.state === 'done' || !store.takesPart(interaction)) this.dialog.close();
  }

  async readEarlier() {
    try {
      this.drawEarlier((await api.pushedUrls()).urls);
    } catch {
      // A menu that does not come is not worth a word: the field works without it.
    }
  }

  /** @param {string[]} urls */
  drawEarlier(urls) {
    this.earlier = urls;
    this.earlierPart.hidden = urls.length === 0;
    this.list.replaceChildren(...urls.map((url, at) => h('li', {
      role: 'option', id: `push-url-${at}`, dir: 'ltr', title: url, testid: 'push-url-one', on: { click: () => this.insert(at) },
    }, url)));
    this.highlight(-1);
  }

  /** @param {number} at */
  highlight(at) {
    this.highlighted = at;
    for (const [index, item] of Array.from(this.list.children).entries()) item.setAttribute('aria-selected', String(index === at));
    setAttribute(this.list, 'aria-activedescendant', at < 0 ? null : `push-url-${at}`);
    this.list.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { length } = this.earlier;
    switch (event.key) {
      case 'ArrowDown': this.highlight((this.highlighted + 1) % length); break;
      case 'ArrowUp': this.highlight(this.highlighted > 0 ? this.highlighted - 1 : length - 1); break;
      case 'ArrowLeft': case 'ArrowRight': case 'Enter': if (this.highlighted >= 0) this.insert(this.highlighted); break;
      default: return;
    }
    event.preventDefault();
  }

  /** @param {number} at */
  insert(at) {
    this.field.value = this.earlier[at];
    this.typed();
    this.field.focus();
  }

  /** @param {...(Node | string)} words */
  say(...words) {
    window.clearTimeout(this.timer);
    this.asked += 1;
    this.where.replaceChildren(...words);
    this.where.classList.remove('refused');
    setAttribute(this.sendButton, 'aria-disabled', 'true');
  }

  typed() {
    this.once = newId();
    this.say('');
    if (this.field.value.trim() === '') this.say(desk.push.hint);
    else this.timer = window.setTimeout(() => void this.preview(), PREVIEW_MS);
  }

  async preview() {
    const asked = this.asked;
    try {
      const { address, host, secure } = await api.previewUrl(this.field.value);
      if (asked !== this.asked) return;
      // The agent looks at it before it is sent: the page that opens learns nothing of the desk.
      this.where.replaceChildren(icon(secure ? 'lock' : 'alert'), `${secure ? desk.push.leads : desk.push.leadsOpenly} `, h('strong', { dir: 'ltr' }, host), ' ',
        h('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow', testid: 'push-url-look' }, desk.push.look));
      setAttribute(this.sendButton, 'aria-disabled', 'false');
    } catch (error) {
      if (asked === this.asked) this.refuse(error);
    }
  }

  /** @param {unknown} error */
  refuse(error) {
    if (error instanceof NoAnswer) setText(this.where, desk.later(error.status));
    else if (error instanceof Problem) setText(this.where, desk.push.refused[String(error.fields.reason)] ?? desk.problem(error));
    else throw error;
    this.where.classList.add('refused');
  }

  async send() {
    const { about } = this;
    if (about === null || this.busy || this.sendButton.getAttribute('aria-disabled') === 'true') return;
    this.busy = true;
    try {
      const { message, interaction } = await api.pushUrl(about, this.once, this.field.value);
      store.putMessage(message);
      store.putInteraction(interaction);
      announce(desk.push.sent);
      this.dialog.close();
    } catch (error) {
      this.refuse(error);
    }
    this.busy = false;
  }
}

customElements.define('parlor-push-url', ParlorPushUrl);
