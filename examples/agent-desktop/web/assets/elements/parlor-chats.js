import { beginChat, colleagueOf, endChat, loadColleagues, showChat, unseen, writeToColleague } from '../chats.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { conversationOf, store } from '../store.js';
import { desk, time } from '../strings.js';
import { oneLine } from '../text.js';
import { avatar } from './avatar.js';
import './parlor-composer.js';
import './parlor-transcript.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Chat} Chat */
/** @typedef {import('../types.js').Colleague} Colleague */

/** Chats with colleagues (r54): those that go on, whom one can write to, and the one that is open. */
export class ParlorChats extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['chats', 'messages', 'view', 'session'];
  /** @type {string | null} */
  shown = null;

  build() {
    this.chats = h('ul', { class: 'contact-list' });
    this.colleagues = h('ul', { class: 'contact-list', aria: { labelledby: 'colleagues-title' } });
    this.state = h('p', { class: 'transcript-state' });
    this.head = h('h3', { class: 'chats-title', id: 'colleagues-title' }, desk.chats.writeTo);
    this.list = h('aside', { class: 'contacts', aria: { label: desk.chats.colleagues } },
      h('div', { class: 'contact-scroll' }, this.chats, this.head, this.colleagues, this.state));
    this.back = h('button', { type: 'button', class: 'icon-button back', title: desk.chats.back, aria: { label: desk.chats.back }, on: { click: () => showChat(null) } }, icon('back'));
    this.face = h('span', { class: 'face' });
    this.name = h('h3', { class: 'chat-name', tabindex: '-1' });
    this.end = h('button', { type: 'button', class: 'quiet', testid: 'chat-with-colleague-end', on: { click: () => store.view.chat !== null && endChat(store.view.chat) } }, icon('stop'), desk.chats.end);
    this.top = h('header', { class: 'ix-head' },
      h('div', { class: 'ix-who' }, this.back, this.face, h('div', { class: 'ix-words' }, h('div', { class: 'ix-title' }, this.name), h('p', { class: 'consult-private' }, icon('lock'), desk.consult.private))),
      h('div', { class: 'ix-actions' }, this.end));
    this.transcript = /** @type {any} */ (document.createElement('parlor-transcript'));
    this.transcript.name({ testid: 'colleague-transcript', label: desk.chats.label });
    this.transcript.speaks = true;
    this.transcript.emptyText = desk.chats.empty;
    this.over = h('p', { class: 'ended', role: 'status', testid: 'colleague-chat-over', hidden: true });
    this.composer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.composer.name({ field: 'colleague-composer', send: 'colleague-send', label: desk.chats.write, sendLabel: desk.interaction.send });
    this.composer.onsend = (/** @type {string} */ text) => { if (store.view.chat !== null) writeToColleague(store.view.chat, text); };
    this.nothing = h('div', { class: 'nothing' }, h('span', { class: 'nothing-mark', aria: { hidden: true } }, icon('chat')), h('h3', {}, desk.chats.none), h('p', {}, desk.chats.noneHint));
    this.pane = h('section', { class: 'communication-pane', testid: 'colleague-chat', aria: { label: desk.chats.label } }, this.top, this.transcript, this.over, this.composer, this.nothing);
    this.frame = h('div', { class: 'communication chats' }, this.list, this.pane);
    this.append(this.frame);
  }

  draw() {
    if (store.me === null) return;
    const { view } = store;
    const looks = view.tab === 'team' && view.panel === 'chats';
    // Who is there changes; it is asked for whenever somebody comes to look.
    if (looks && !this.looked) void loadColleagues();
    this.looked = looks;
    this.drawList();
    const chat = store.chats.get(view.chat ?? '');
    this.frame.dataset.selected = String(chat !== undefined);
    for (const each of [this.top, this.transcript, this.composer]) each.hidden = chat === undefined;
    this.nothing.hidden = chat !== undefined;
    this.over.hidden = chat === undefined || chat.ended_at === null;
    if (chat === undefined || !looks) {
      this.transcript.setSource(null);
      this.shown = null;
      return;
    }
    this.drawChat(chat);
  }

  drawList() {
    const chats = store.shownChats();
    reconcile(this.chats, chats, ({ id }) => id, (chat) => this.makeChat(chat), (element, chat) => this.updateChat(element, chat));
    const busy = new Set(chats.filter(({ ended_at: ended }) => ended === null).map(colleagueOf));
    const others = (store.colleagues ?? []).filter(({ agent }) => !busy.has(agent));
    this.head.hidden = others.length === 0;
    reconcile(this.colleagues, others, ({ agent }) => agent, ({ agent }) => h('li', {}, h('button', { type: 'button', class: 'contact-item', testid: 'colleague', data: { name: agent }, on: { click: () => this.begin(agent) } },
      h('span', { class: 'contact-face' }, avatar(agent, agent)), h('span', { class: 'contact-words' }, nameNode(desk.agent(agent), { class: 'contact-name' }), h('span', { class: 'contact-last' })))),
    (element, { ready, signed_in: there }) => {
      const item = /** @type {HTMLElement} */ (element.firstElementChild);
      setAttribute(item, 'aria-disabled', String(!there));
      item.dataset.ready = String(ready);
      setText(/** @type {Element} */ (item.querySelector('.contact-last')), !there ? desk.team.away : ready ? desk.header.ready : desk.header.notReady);
    });
    setText(this.state, store.colleagues === null ? desk.transcript.loading : others.length === 0 && chats.length === 0 ? desk.chats.nobody : '');
    this.state.hidden = this.state.textContent === '';
  }

  /** Who was not there may have come meanwhile. @param {string} agent */
  async begin(agent) {
    const isThere = () => store.colleagues?.find((colleague) => colleague.agent === agent)?.signed_in === true;
    if (!isThere()) await loadColleagues();
    if (isThere()) await beginChat(agent);
    else store.notice(desk.chats.notThere(agent));
  }

  /** @param {Chat} chat */
  makeChat(chat) {
    const colleague = colleagueOf(chat);
    return h('li', {}, h('button', { type: 'button', class: 'contact-item', testid: 'colleague-chat-item', data: { chat: chat.id, name: colleague }, on: { click: () => showChat(chat.id) } },
      h('span', { class: 'contact-face' }, avatar(colleague, colleague)),
      h('span', { class: 'contact-words' }, nameNode(desk.agent(colleague), { class: 'contact-name' }), h('span', { class: 'contact-last' })),
      h('span', { class: 'contact-side' }, h('time', {}), h('span', { class: 'unread' }))));
  }

  /** @param {HTMLElement} element @param {Chat} chat */
  updateChat(element, chat) {
    const item = /** @type {HTMLElement} */ (element.firstElementChild);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (item.querySelector(selector));
    setAttribute(item, 'aria-current', store.view.chat === chat.id ? 'true' : null);
    const last = store.conversation(conversationOf(chat.id)).all().findLast(({ content }) => content.type === 'consult');
    const own = last?.author.name === store.me?.agent;
    setText(find('.contact-last'), chat.ended_at !== null ? desk.bar.ended : last === undefined ? desk.chats.empty : `${own ? `${desk.you}: ` : ''}${oneLine(last.content.text ?? '', 80)}`);
    const at = find('time');
    at.dateTime = last?.at ?? chat.started_at;
    setText(at, time.short(at.dateTime));
    const count = unseen(chat).length;
    const text = count === 0 ? '' : String(count);
    const place = find('.unread');
    if (place.dataset.count === text) return;
    place.dataset.count = text;
    place.replaceChildren(...(count === 0 ? [] : [h('span', { class: 'count', testid: 'colleague-unread', title: desk.communication.unread(count) }, text)]));
  }

  /** @param {Chat} chat */
  drawChat(chat) {
    const colleague = colleagueOf(chat);
    if (this.shown !== chat.id) {
      this.shown = chat.id;
      this.pane.dataset.chat = chat.id;
      this.face.replaceChildren(avatar(colleague, colleague));
      this.name.replaceChildren(nameNode(desk.agent(colleague)));
      queueMicrotask(() => { if (this.checkVisibility() && !window.matchMedia('(max-width: 900px)').matches) this.composer.focusField(); });
    }
    this.transcript.setSource({ contact: conversationOf(chat.id), interaction: null, chat: chat.id, filter: '', search: '' });
    const over = chat.ended_at !== null;
    // A button that goes must not take the focus with it.
    if (over && document.activeElement === this.end) this.name.focus();
    this.end.hidden = over;
    if (over) setText(this.over, desk.chats.endedBy(chat.ended_by === store.me?.agent ? desk.you : desk.agent(chat.ended_by ?? ''), time.clock(chat.ended_at ?? '')));
    this.composer.show(`chat.${chat.id}`, { placeholder: over ? desk.chats.isOver : desk.chats.writeHere(colleague), disabled: over });
  }
}

customElements.define('parlor-chats', ParlorChats);
