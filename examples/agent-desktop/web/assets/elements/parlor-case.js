import { saveCase } from '../work.js';
import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */

/** The case information of an interaction (r32): what is known of the matter itself, handed on with it. */
export class ParlorCase extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['interactions'];
  /** @type {string | null} */
  interaction = null;
  /** What the fields were filled from. */
  filled = '';

  build() {
    this.fields = h('div', { class: 'fields' });
    this.none = h('p', { class: 'hint' }, desk.case.none);
    this.add = h('button', { type: 'button', class: 'link', testid: 'case-add', on: { click: () => this.addField('', '').querySelector('input')?.focus() } }, icon('plus'), desk.case.add);
    this.save = h('button', { type: 'submit', class: 'primary small', testid: 'case-save' }, desk.save);
    this.form = h('form', {
      class: 'contact-form', testid: 'case', on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void this.submit();
        },
      },
    }, h('fieldset', {}, h('legend', {}, desk.case.title), this.none, this.fields, this.add), this.save);
    this.append(this.form);
  }

  /** @param {Interaction} interaction */
  show(interaction) {
    if (this.interaction !== interaction.id) {
      this.interaction = interaction.id;
      this.filled = '';
    }
    this.draw();
  }

  /** @returns {Record<string, string> | undefined} what is kept; `undefined` where the server knows of none */
  get kept() {
    return store.interactions.get(this.interaction ?? '')?.case;
  }

  draw() {
    const { kept } = this;
    this.hidden = kept === undefined;
    if (kept === undefined) return;
    const interaction = store.interactions.get(this.interaction ?? '');
    this.writable = interaction !== undefined && store.takesPart(interaction);
    const now = `${this.interaction} ${this.writable} ${JSON.stringify(kept)}`;
    // What is typed and not saved stays, whatever a colleague saves meanwhile.
    if (now !== this.filled && (this.filled === '' || !this.changed)) {
      this.filled = now;
      this.fields.replaceChildren();
      for (const [key, value] of Object.entries(kept)) this.addField(key, value);
    }
    this.add.hidden = !this.writable;
    this.save.hidden = !this.writable;
    this.drawSave();
  }

  /** @param {string} key @param {string} value */
  addField(key, value) {
    const field = (/** @type {string} */ text, /** @type {string} */ label, /** @type {string} */ testid) => h('input', {
      value: text, dir: 'auto', placeholder: label, testid, maxlength: '1000', aria: { label }, readOnly: !this.writable, on: { input: () => this.drawSave() },
    });
    const row = h('div', { class: 'field' }, field(key, desk.contact.fieldName, 'case-key'), field(value, desk.contact.fieldValue, 'case-value'),
      this.writable ? h('button', {
        type: 'button', class: 'icon-button', title: desk.contact.removeField, aria: { label: desk.contact.removeField }, on: {
          click: () => {
            row.remove();
            this.drawSave();
            this.add.focus();
          },
        },
      }, icon('close')) : null);
    row.dataset.known = key;
    this.fields.append(row);
    this.drawSave();
    return row;
  }

  /** @returns {Record<string, string>} */
  get typed() {
    /** @type {Record<string, string>} */
    const typed = {};
    for (const row of this.fields.children) {
      const [key, value] = Array.from(row.querySelectorAll('input'), (/** @type {HTMLInputElement} */ input) => input.value.trim());
      if (key !== '' && value !== '') typed[key] = value;
    }
    return typed;
  }

  get changed() {
    const sorted = (/** @type {Record<string, string>} */ fields) => JSON.stringify(Object.entries(fields).sort());
    return sorted(this.typed) !== sorted(this.kept ?? {});
  }

  drawSave() {
    this.save.disabled = !this.changed;
    this.none.hidden = this.fields.children.length > 0;
    setText(this.none, desk.case.none);
  }

  async submit() {
    const { interaction, kept = {}, typed } = this;
    if (interaction === null || !this.changed) return;
    this.save.disabled = true;
    const changes = [
      ...Object.keys(kept).filter((key) => typed[key] === undefined).map((key) => ({ key, value: null })),
      ...Object.entries(typed).filter(([key, value]) => kept[key] !== value).map(([key, value]) => ({ key, value })),
    ];
    await saveCase(interaction, changes);
    this.draw();
  }
}

customElements.define('parlor-case', ParlorCase);
