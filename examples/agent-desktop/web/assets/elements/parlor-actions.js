import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { keyOf, launch, launching, loadActions } from '../outside.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { View } from './view.js';

/** Calls and e-mails to a contact: one button for each number and address on file (r55). */
export class ParlorActions extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['contacts', 'session'];
  /** @type {string | null} */
  contact = null;
  asked = '';

  build() {
    this.list = h('ul', { class: 'outside-list', aria: { label: desk.outside.title } });
    this.none = h('p', { class: 'hint' }, desk.outside.none);
    this.played = h('p', { class: 'hint outside-played' }, desk.outside.played);
    this.append(this.list, this.none, this.played);
  }

  /** @param {string} contact @param {string} version what is on file changes with it */
  show(contact, version) {
    const asked = `${contact} ${version}`;
    if (this.asked === asked) return;
    this.asked = asked;
    this.contact = contact;
    void loadActions(contact);
    this.draw();
  }

  draw() {
    const { contact } = this;
    const actions = contact === null ? undefined : store.actions.get(contact);
    this.none.hidden = actions === undefined || actions.length > 0;
    this.played.hidden = !store.demo || actions === undefined || actions.length === 0;
    reconcile(this.list, actions ?? [], keyOf, (action) => h('li', {}, h('button', {
      type: 'button', class: 'quiet small outside', testid: 'outside', data: { action: action.action, address: action.address },
      on: { click: () => this.contact !== null && launch(this.contact, action) },
    }, icon(action.action === 'call' ? 'voice' : 'mail'), `${desk.outside.does(action.action)} `, nameNode(action.address), h('span', { class: 'outside-field' }))),
    (element, action) => {
      // Not `disabled`: it would lose the focus of somebody who starts it by keyboard.
      setAttribute(element.firstElementChild, 'aria-disabled', String(launching.has(`${contact} ${keyOf(action)}`)));
      setText(/** @type {Element} */ (element.querySelector('.outside-field')), action.field ?? '');
    });
  }
}

customElements.define('parlor-actions', ParlorActions);
