import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOfContact } from '../names.js';
import { addNumber, loadDetail, openInteraction, saveContact } from '../people.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { visible } from '../text.js';
import './parlor-actions.js';
import './parlor-case.js';
import { View } from './view.js';

/** The Contact tab: who this is, how to reach them, and what was handled for them. */
export class ParlorContactPanel extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['contacts', 'interactions'];
  /** @type {string | null} */
  contact = null;
  /** The version that the fields were filled from; -1 for none. */
  loadedVersion = -1;
  /** @type {import('../types.js').ContactDetail["contact"] | null} */
  known = null;

  build() {
    this.name = h('input', { id: 'contact-name', testid: 'contact-name', dir: 'auto', autocomplete: 'off', maxlength: '200', on: { input: () => this.drawSave() } });
    this.fields = h('div', { class: 'fields' });
    this.add = h('button', { type: 'button', class: 'link', on: { click: () => this.addField('', '').querySelector('input')?.focus() } }, icon('plus'), desk.contact.addField);
    this.save = h('button', { type: 'submit', class: 'primary small', testid: 'contact-save' }, desk.save);
    this.form = h('form', {
      class: 'contact-form', on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void this.submit();
        },
      },
    }, h('label', { for: 'contact-name' }, desk.contact.name), this.name, h('fieldset', {}, h('legend', {}, desk.contact.fields), this.fields, this.add), this.save);
    this.points = h('ul', { class: 'points' });
    this.number = h('input', { type: 'tel', testid: 'number', placeholder: desk.contact.number, aria: { label: desk.contact.number }, autocomplete: 'off', maxlength: '40' });
    this.numberForm = h('form', {
      class: 'number-form', on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          void this.submitNumber();
        },
      },
    }, this.number, h('button', { type: 'submit', class: 'quiet small', testid: 'number-add' }, icon('plus'), desk.contact.addNumber));
    this.actions = /** @type {any} */ (document.createElement('parlor-actions'));
    this.history = h('ul', { class: 'history' });
    this.none = h('p', { class: 'hint' }, desk.contact.noHistory);
    this.seen = h('p', { class: 'hint' });
    this.case = /** @type {any} */ (document.createElement('parlor-case'));
    this.body = h('div', { class: 'contact-body', hidden: true }, this.case, this.form, h('h3', {}, desk.contact.addresses), this.points, this.numberForm, h('h3', {}, desk.outside.title), this.actions, h('h3', {}, desk.contact.history), this.history, this.none, this.seen);
    this.waiting = h('p', { class: 'transcript-state' }, desk.transcript.loading);
    this.append(this.waiting, this.body);
  }

  /** @param {import('../types.js').Interaction} interaction */
  show(interaction) {
    const contact = interaction.contact.id;
    this.case.show(interaction);
    if (this.contact === contact) return;
    this.contact = contact;
    // What was typed for somebody else must not be put on file here.
    this.number.value = '';
    this.loadedVersion = -1;
    this.body.hidden = true;
    void loadDetail(contact);
    this.draw();
  }

  draw() {
    const detail = store.details.get(this.contact ?? '');
    this.waiting.hidden = detail !== undefined;
    this.body.hidden = detail === undefined;
    if (detail === undefined) return;
    const { contact } = detail;
    if (this.loadedVersion !== contact.version) this.fill(contact);
    this.actions.show(contact.id, `${contact.version} ${detail.ways.length}`);
    reconcile(this.points, detail.ways.filter(({ point }) => point !== null), ({ point }) => point ?? '', (way) => h('li', { testid: 'way', data: { kind: way.kind ?? '', address: way.address } }, icon(iconOfKind(way.kind ?? '')), h('span', { class: 'point-kind' }, desk.kind(way.kind ?? '')), nameNode(way.address, { class: 'address' }), h('span', { class: 'way-warning', testid: 'way-warning', role: 'img', title: desk.contact.noTexts, aria: { label: desk.contact.noTexts } }, icon('alert')), h('span', { class: 'way-opens' })),
      (element, way) => {
        /** @type {HTMLElement} */ (element.querySelector('.way-warning')).hidden = way.check?.state !== 'no';
        const opens = way.actions.flatMap(({ action, channel }) => (action === 'open_interaction' && channel !== undefined ? [channel] : []));
        reconcile(/** @type {HTMLElement} */ (element.querySelector('.way-opens')), opens, (channel) => channel, (channel) => {
          const label = desk.communication.open(desk.kind(way.kind ?? ''), desk.channel(channel), visible(way.address));
          return h('button', {
            type: 'button', class: 'quiet small', testid: 'way-open', data: { channel }, title: label, aria: { label },
            on: { click: () => this.contact !== null && openInteraction(this.contact, channel, way.point) },
          }, desk.contact.write);
        });
      });
    const history = detail.interactions.map((known) => store.interactions.get(known.id) ?? known);
    this.none.hidden = history.length > 0;
    reconcile(this.history, history, ({ id }) => id, (interaction) => h('li', {}, icon(iconOfKind(interaction.kind)), h('span', { class: 'history-words' }), h('span', { class: 'state' })),
      (element, interaction) => {
        const owner = interaction.owner === null ? '' : ` ${interaction.owner === store.me?.agent ? desk.contact.byYou : desk.contact.by(interaction.owner)}`;
        setText(element.children[1], `${desk.channel(interaction.channel)} · ${time.short(interaction.created_at)}${owner}`);
        element.children[2].dataset.state = interaction.state;
        setText(element.children[2], desk.contact.states[interaction.state] ?? interaction.state);
      });
    setText(this.seen, `${desk.contact.firstSeen}: ${time.full(contact.created_at)}`);
  }

  /** @param {import('../types.js').ContactDetail["contact"]} contact */
  fill(contact) {
    // A refused save keeps what was typed; the next save is made from the version seen then.
    const typed = this.loadedVersion !== -1 && this.changed;
    this.loadedVersion = contact.version;
    this.known = contact;
    if (typed) return;
    this.name.value = contact.display_name ?? '';
    this.name.placeholder = visible(nameOfContact(contact.id));
    this.fields.replaceChildren();
    for (const [key, value] of Object.entries(contact.fields)) this.addField(key, value);
    this.drawSave();
  }

  /** @param {string} key @param {string} value */
  addField(key, value) {
    const row = h('div', { class: 'field' },
      h('input', { value: key, dir: 'auto', placeholder: desk.contact.fieldName, maxlength: '64', aria: { label: desk.contact.fieldName }, on: { input: () => this.drawSave() } }),
      h('input', { value, dir: 'auto', placeholder: desk.contact.fieldValue, maxlength: '1000', aria: { label: desk.contact.fieldValue }, on: { input: () => this.drawSave() } }),
      h('button', {
        type: 'button', class: 'icon-button', title: desk.contact.removeField, aria: { label: desk.contact.removeField }, on: {
          click: () => {
            row.remove();
            this.drawSave();
            this.add.focus();
          },
        },
      }, icon('close')));
    this.fields.append(row);
    return row;
  }

  /** @returns {{name: string, fields: Record<string, string>}} */
  get typedContact() {
    const name = this.name.value.trim();
    /** @type {Record<string, string>} */
    const fields = {};
    for (const row of this.fields.children) {
      const [key, value] = Array.from(row.querySelectorAll('input'), (/** @type {HTMLInputElement} */ input) => input.value.trim());
      if (key !== '') fields[key] = value;
    }
    return { name, fields };
  }

  /**
   * Only what the agent changed: the name that is shown may be an address that stands in for one, and must not become
   * the name because something else was saved.
   * @returns {{display_name?: string, fields?: Record<string, string>}}
   */
  get change() {
    const { name, fields } = this.typedContact;
    const same = (/** @type {unknown} */ a, /** @type {unknown} */ b) => JSON.stringify(a) === JSON.stringify(b);
    return {
      ...(name === (this.known?.display_name ?? '') ? {} : { display_name: name }),
      ...(same(fields, this.known?.fields ?? {}) ? {} : { fields }),
    };
  }

  get changed() {
    return Object.keys(this.change).length > 0;
  }

  drawSave() {
    this.save.disabled = !this.changed;
  }

  async submitNumber() {
    const { contact } = this;
    const number = this.number.value.trim();
    if (contact === null || number === '') return;
    if (await addNumber(contact, number) && this.contact === contact) this.number.value = '';
  }

  async submit() {
    if (this.contact === null || !this.changed) return;
    this.save.disabled = true;
    const contact = this.contact;
    const saved = await saveContact(contact, { version: this.loadedVersion, ...this.change });
    if (this.contact !== contact) return;
    if (saved) {
      this.loadedVersion = -1;
      this.draw();
    }
    this.drawSave();
  }
}

customElements.define('parlor-contact-panel', ParlorContactPanel);
