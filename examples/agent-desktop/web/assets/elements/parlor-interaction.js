import { announce } from '../announcer.js';
import { everySecond, since } from '../clock.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { draft, keepDraft } from '../drafts.js';
import { keepAfterAll, leaveConference, removeMember } from '../handing.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { supervise, whisper } from '../team.js';
import { visible } from '../text.js';
import { continueDraft, end, markDone, park, sendMessage, sendNote, sendTyping, setDisposition, setReadiness, showInteraction } from '../work.js';
import { avatar, renameAvatar } from './avatar.js';
import './parlor-composer.js';
import './parlor-consult-panel.js';
import './parlor-contact-panel.js';
import './parlor-conversation-panel.js';
import './parlor-hand-over.js';
import './parlor-push-url.js';
import './parlor-transcript.js';
import { drawPending, pendingMark } from './pending-mark.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */
/** @typedef {"transcript" | "consult" | "conversation" | "contact"} Pane */
/** @typedef {import('../types.js').Supervision} Supervision */

/** How a supervisor may be there, from the quietest on. @type {Supervision[]} */
const MODES = ['monitor', 'whisper', 'barge'];

/** Networks on which people go by numbers, and may have several. */
const NUMBERS = ['sms', 'whatsapp', 'voice'];

/** @type {Record<Supervision, string>} */
const MODE_SYMBOLS = { monitor: 'eye', whisper: 'lock', barge: 'people' };

/** @typedef {{key: string, name: string, part?: string, connection: import('../types.js').Connection | null, remove: string | null, removes: string}} Person */

/** The interaction view: one piece of work, from its acceptance until it is Done. */
export class ParlorInteraction extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['session', 'interactions', 'view'];
  /** @type {string | null} */
  shown = null;
  /** @type {Pane} */
  pane = 'transcript';
  /** Whether one who has joined in writes to the agents rather than to the contact. */
  whispers = false;
  // On wide screens the transcript always stands beside the panel, and its tab is not there.
  narrow = window.matchMedia('(max-width: 900px)');
  pending = pendingMark();

  build() {
    this.buildHead();
    this.buildMain();
    this.buildPanes();
    this.handOver = /** @type {any} */ (document.createElement('parlor-hand-over'));
    this.push = /** @type {any} */ (document.createElement('parlor-push-url'));
    this.section = h('section', { class: 'ix', testid: 'interaction-view', aria: { labelledby: 'ix-name' } }, this.head, this.tabs, this.main, this.panel, this.handOver, this.push);
    this.nothing = h('section', { class: 'nothing' },
      h('span', { class: 'nothing-mark', aria: { hidden: true } }, icon('chat')), h('h2', {}, desk.interaction.none), h('p', {}),
      h('button', { type: 'button', class: 'primary', on: { click: () => this.becomeReady() } }, desk.interaction.becomeReady));
    this.append(this.nothing);
  }

  connectedCallback() {
    super.connectedCallback();
    this.stopClock = everySecond(() => this.drawTimes());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopClock?.();
  }

  buildHead() {
    this.back = h('button', { type: 'button', class: 'icon-button back', title: desk.interaction.back, aria: { label: desk.interaction.back }, on: { click: () => showInteraction(null) } }, icon('back'));
    this.face = h('span', { class: 'face' });
    this.name = h('h2', { id: 'ix-name', tabindex: '-1' });
    this.channel = h('span', { class: 'ix-channel' });
    this.elapsed = h('span', { class: 'ix-elapsed', title: desk.interaction.elapsed });
    this.participants = h('ul', { class: 'participants', aria: { label: desk.interaction.participants } });
    this.pending.dataset.testid = 'pending-indicator';
    this.disposition = h('select', { testid: 'disposition', aria: { label: desk.interaction.disposition }, on: { change: () => this.chooseDisposition() } });
    this.noteButton = h('button', { type: 'button', class: 'quiet', testid: 'note-open', aria: { expanded: false }, on: { click: () => this.toggleNote() } }, icon('note'), desk.interaction.note);
    this.handButton = h('button', { type: 'button', class: 'quiet', testid: 'hand-over', aria: { haspopup: 'dialog' }, on: { click: () => this.openHandOver() } }, icon('people'), desk.handOver.open);
    this.pushButton = h('button', { type: 'button', class: 'quiet', testid: 'push-url', aria: { haspopup: 'dialog' }, on: { click: () => this.interaction !== undefined && this.push.open(this.interaction) } }, icon('link'), desk.push.open);
    this.parkButton = h('button', { type: 'button', class: 'quiet', testid: 'park', title: desk.interaction.parkHint, on: { click: () => this.shown !== null && park(this.shown, true) } }, icon('pin'), desk.interaction.park);
    this.leaveButton = h('button', { type: 'button', class: 'quiet', testid: 'leave', title: desk.handOver.leaveHint, on: { click: () => this.leaveIt() } }, icon('leave'), desk.handOver.leave);
    this.endButton = h('button', { type: 'button', class: 'quiet', testid: 'end', title: desk.interaction.endHint, on: { click: () => this.shown !== null && end(this.shown) } }, icon('stop'), desk.interaction.end);
    this.doneButton = h('button', { type: 'button', class: 'quiet', testid: 'done', on: { click: () => this.finish() } }, icon('done'), desk.interaction.done);
    this.modes = h('div', { class: 'segmented supervise', role: 'group', aria: { label: desk.supervise.label }, hidden: true },
      ...MODES.map((mode) => h('button', { type: 'button', testid: `supervise-${mode}`, data: { mode }, title: desk.supervise.hint[mode], on: { click: () => this.shown !== null && supervise(this.shown, mode) } }, icon(MODE_SYMBOLS[mode]), desk.supervise.mode[mode])));
    this.leaveAlone = h('button', { type: 'button', class: 'quiet', testid: 'supervise-leave', title: desk.supervise.leaveHint, hidden: true, on: { click: () => this.shown !== null && supervise(this.shown, null) } }, icon('leave'), desk.handOver.leave);
    this.head = h('header', { class: 'ix-head' },
      h('div', { class: 'ix-who' }, this.back, this.face,
        h('div', { class: 'ix-words' }, h('div', { class: 'ix-title' }, this.name, this.pending), h('div', { class: 'ix-sub' }, this.channel, this.elapsed, this.participants))),
      h('div', { class: 'ix-actions' }, this.modes, this.leaveAlone, this.disposition, this.noteButton, this.pushButton, this.parkButton, this.handButton, this.leaveButton, this.endButton, this.doneButton));
  }

  buildMain() {
    this.transcript = /** @type {any} */ (document.createElement('parlor-transcript'));
    this.transcript.name({ testid: 'transcript', label: desk.interaction.transcript, typing: 'typing' });
    this.transcript.speaks = true;
    this.noteText = h('textarea', { id: 'note-text', rows: '3', testid: 'note-text', dir: 'auto', on: { input: () => keepDraft(`note.${this.shown}`, this.noteText.value) } });
    this.noteForm = h('form', {
      class: 'note-form', hidden: true, on: {
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          this.saveNote();
        },
      },
    }, h('label', { for: 'note-text' }, icon('lock'), desk.interaction.noteLabel), this.noteText,
    h('div', { class: 'note-actions' }, h('span', { class: 'hint' }, desk.interaction.noteHint),
      h('button', { type: 'button', class: 'quiet small', on: { click: () => this.toggleNote(false) } }, desk.cancel),
      h('button', { type: 'submit', class: 'primary small', testid: 'note-save' }, desk.save)));
    this.transferWords = h('p', { role: 'status' });
    this.transferBanner = h('div', { class: 'ended', testid: 'transfer-pending', hidden: true }, this.transferWords,
      h('button', { type: 'button', class: 'quiet small', testid: 'transfer-cancel', on: { click: () => this.takeBack() } }, desk.handOver.takeBack));
    this.parkedBanner = h('div', { class: 'ended', testid: 'parked', hidden: true }, h('p', {}, desk.interaction.parked),
      h('button', { type: 'button', class: 'quiet small', testid: 'unpark', on: { click: () => this.shown !== null && park(this.shown, false) } }, desk.interaction.unpark));
    this.endedWords = h('p', {});
    this.continueButton = h('button', { type: 'button', class: 'quiet small', on: { click: () => this.continue() } }, desk.interaction.continue);
    this.endedBanner = h('div', { class: 'ended', testid: 'interaction-banner', hidden: true }, this.endedWords, this.continueButton);
    this.composer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.composer.emoji = 'menu';
    this.composer.name({ field: 'composer', send: 'send', label: desk.interaction.message, sendLabel: desk.interaction.send });
    this.composer.onsend = (/** @type {string} */ text, /** @type {{id: string, name: string}[]} */ files) => {
      const interaction = this.interaction;
      if (interaction !== undefined) sendMessage(interaction, text, 'transcript', files);
    };
    this.composer.ontyping = (/** @type {boolean} */ on) => { if (this.shown !== null) sendTyping(this.shown, on); };
    this.toContact = this.addresseeButton(false, 'chat');
    this.toAgents = this.addresseeButton(true, 'lock');
    this.addressees = h('div', { class: 'segmented', role: 'group', testid: 'addressees', aria: { label: desk.supervise.addressee } }, this.toContact, this.toAgents);
    this.whisperWords = h('p', {});
    this.whisperHead = h('div', { class: 'whisper-head', hidden: true }, this.addressees, this.whisperWords);
    this.whisperer = /** @type {any} */ (document.createElement('parlor-composer'));
    this.whisperer.name({ field: 'whisper-composer', send: 'whisper-send', label: desk.supervise.write, sendLabel: desk.interaction.send });
    this.whisperer.onsend = (/** @type {string} */ text) => { if (this.interaction !== undefined) whisper(this.interaction, text); };
    this.whisperer.hidden = true;
    this.main = h('div', { class: 'ix-main', id: 'pane-transcript' }, this.transcript, this.noteForm, this.transferBanner, this.parkedBanner, this.endedBanner, this.whisperHead, this.whisperer, this.composer);
  }

  /** @param {boolean} whispers @param {string} symbol */
  addresseeButton(whispers, symbol) {
    return h('button', { type: 'button', testid: whispers ? 'to-agents' : 'to-contact', on: { click: () => this.address(whispers) } }, icon(symbol), h('span', {}));
  }

  buildPanes() {
    this.conversation = /** @type {any} */ (document.createElement('parlor-conversation-panel'));
    this.consult = /** @type {any} */ (document.createElement('parlor-consult-panel'));
    this.contact = /** @type {any} */ (document.createElement('parlor-contact-panel'));
    this.panel = h('div', { class: 'ix-panel' },
      h('div', { class: 'pane', id: 'pane-consult', role: 'tabpanel', aria: { labelledby: 'tab-consult' } }, this.consult),
      h('div', { class: 'pane', id: 'pane-conversation', role: 'tabpanel', aria: { labelledby: 'tab-conversation' } }, this.conversation),
      h('div', { class: 'pane', id: 'pane-contact', role: 'tabpanel', aria: { labelledby: 'tab-contact' } }, this.contact));
    this.tabs = h('div', { class: 'tabs', role: 'tablist', aria: { label: desk.interaction.panel }, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.stepTabs(event) } },
      ...(/** @type {Pane[]} */ (['transcript', 'consult', 'conversation', 'contact'])).map((pane) => h('button', {
        type: 'button', role: 'tab', id: `tab-${pane}`, class: `tab tab-${pane}`, testid: `tab-${pane}`, data: { pane }, aria: { controls: `pane-${pane}` },
        on: { click: () => this.choosePane(pane) },
      }, icon({ transcript: 'chat', consult: 'people', conversation: 'clock', contact: 'card' }[pane]), desk.interaction.tabs[pane])));
    this.narrow.addEventListener('change', () => this.drawPanes());
  }

  /** @returns {Interaction | undefined} */
  get interaction() {
    return store.interactions.get(this.shown ?? '');
  }

  draw() {
    if (store.me === null) return;
    const interaction = store.shown();
    if (interaction === undefined) {
      if (this.shown !== null) this.leave();
      this.drawNothing();
      return;
    }
    if (this.shown !== interaction.id) this.enter(interaction);
    this.drawHead(interaction);
    this.drawMain(interaction);
    this.followConsults(interaction);
    this.drawPanes();
    this.consult.show(interaction);
    this.conversation.show(interaction);
    this.contact.show(interaction);
    this.drawTimes();
  }

  /** @param {Interaction} interaction */
  enter(interaction) {
    const first = this.shown === null;
    this.shown = interaction.id;
    this.stateBefore = '';
    this.pane = 'transcript';
    this.whispers = false;
    this.modeBefore = store.supervision(interaction);
    this.consultsBefore = '';
    if (first) this.replaceChildren(this.section);
    this.face.replaceChildren(avatar(interaction.contact.id, nameOf(interaction), interaction.kind));
    this.transcript.setSource({ contact: interaction.contact.id, interaction: interaction.id, filter: '', search: '' });
    this.toggleNote(store.mine(interaction) && draft(`note.${interaction.id}`) !== '', false);
    // The one who opened it goes on by keyboard; on a phone, a keyboard that springs up would hide the transcript.
    if (this.checkVisibility() && !this.narrow.matches) queueMicrotask(() => this.takeFocus());
  }

  /** Where one can write, else at the name of what was opened. */
  takeFocus() {
    this.composer.focusField();
    if (!this.composer.contains(document.activeElement)) this.name.focus();
  }

  leave() {
    this.shown = null;
    this.transcript.setSource(null);
    this.replaceChildren(this.nothing);
  }

  drawNothing() {
    const ready = Object.values(store.me?.readiness ?? {}).some((readiness) => readiness.ready);
    const some = store.ownInteractions().length > 0;
    const afterWork = Object.values(store.me?.readiness ?? {}).some(({ ready: is, reason }) => !is && reason === 'after_work');
    setText(/** @type {Element} */ (this.nothing.querySelector('p')), afterWork ? desk.interaction.noneAfterWork : some ? desk.interaction.choose : ready ? desk.interaction.noneReady : desk.interaction.noneNotReady);
    /** @type {HTMLElement} */ (this.nothing.querySelector('button')).hidden = ready || some;
  }

  becomeReady() {
    for (const [medium, { ready }] of Object.entries(store.me?.readiness ?? {})) if (!ready) void setReadiness(medium, true);
  }

  /** @param {Interaction} interaction */
  drawHead(interaction) {
    const name = nameOf(interaction);
    const { me } = store;
    const mine = store.takesPart(interaction);
    const owns = interaction.owner === me?.agent;
    Object.assign(this.section.dataset, {
      interaction: interaction.id, state: interaction.state, segment: String(interaction.segment),
      part: mine ? 'takes' : store.consults(interaction).length > 0 ? 'advises' : store.mine(interaction) ? 'watches' : 'reads',
    });
    if (this.name.textContent !== visible(name)) this.name.replaceChildren(nameNode(name));
    renameAvatar(this.face.firstElementChild, name);
    // Somebody with several numbers is written to at the one that stands here; one that is the name says it already.
    const address = interaction.point !== null && NUMBERS.includes(interaction.kind) && interaction.point.address !== nameOf(interaction) ? interaction.point.address : '';
    const shown = `${interaction.channel} ${address}`;
    if (this.channel.dataset.shown !== shown) {
      this.channel.dataset.shown = shown;
      this.channel.replaceChildren(icon(iconOfKind(interaction.kind)), desk.channel(interaction.channel), address === '' ? '' : nameNode(address, { class: 'address' }));
    }
    this.drawPeople(interaction);
    const codes = [{ code: '', name: desk.interaction.noDisposition, leaf: false }, ...(me?.dispositions ?? [])];
    this.disposition.hidden = !mine || codes.length === 1;
    // Codes are paths: what stands below another is moved in, and only what has nothing below it can be chosen.
    reconcile(this.disposition, codes, ({ code }) => code, ({ code, name: words, leaf }) => h('option', { value: code, disabled: !leaf }, `${'\u2003'.repeat(code.split('/').length - 1)}${words}`));
    this.disposition.value = interaction.disposition ?? '';
    const aside = Boolean(interaction.parked);
    this.noteButton.hidden = !mine;
    this.pushButton.hidden = !mine || interaction.state === 'done' || aside || !store.has('push_url');
    // Whoever only takes part can leave; to end it is for the owner.
    for (const button of [this.endButton, this.doneButton]) button.hidden = !owns;
    this.parkButton.hidden = !owns || interaction.state !== 'active' || interaction.parked === undefined || aside;
    this.handButton.hidden = !mine || interaction.state !== 'active' || aside;
    this.leaveButton.hidden = !mine || owns || interaction.state !== 'active';
    if (!mine && !this.noteForm.hidden) this.toggleNote(false, false);
    const active = interaction.state === 'active';
    this.drawSupervision(interaction, active && !mine && store.supervises);
    this.endButton.disabled = !active;
    this.doneButton.disabled = active;
    this.doneButton.title = active ? desk.interaction.doneNeedsEnd : desk.interaction.doneHint;
    this.doneButton.classList.toggle('primary', !active);
    this.doneButton.classList.toggle('quiet', active);
  }

  /** @param {Interaction} interaction @param {boolean} may */
  drawSupervision(interaction, may) {
    const mode = store.supervision(interaction);
    this.modes.hidden = !may;
    this.leaveAlone.hidden = mode === null;
    for (const button of this.modes.children) setAttribute(button, 'aria-pressed', String(button.dataset.mode === mode));
    this.section.dataset.supervision = mode ?? '';
    if (mode !== this.modeBefore && mode !== null) {
      announce(desk.supervise.words(mode, interaction.owner ?? '', visible(nameOf(interaction))));
      // Who begins to whisper wants to write.
      if (mode !== 'monitor') queueMicrotask(() => (mode === 'whisper' ? this.whisperer : this.composer).focusField());
    }
    if (mode !== 'barge') this.whispers = false;
    this.modeBefore = mode;
  }

  /** @param {Interaction} interaction */
  drawPeople(interaction) {
    const me = store.me?.agent;
    const owns = interaction.owner === me;
    const { part } = desk.handOver;
    /** @param {string} agent @param {string} [does] @param {string} [removes] @returns {Person} */
    const colleague = (agent, does, removes) => ({
      key: `agent ${agent} ${does ?? ''}`, name: agent === me ? desk.you : desk.agent(agent), part: does, connection: null,
      remove: removes === undefined ? null : agent, removes: removes ?? '',
    });
    /** @type {Person[]} */
    const people = [
      { key: 'contact', name: nameOf(interaction), connection: interaction.connection, remove: null, removes: '' },
      ...(interaction.owner === null ? [] : [colleague(interaction.owner)]),
      ...interaction.members.map((agent) => colleague(agent, undefined, owns ? desk.handOver.remove(agent) : undefined)),
      ...(interaction.invitations ?? []).map(({ agent }) => colleague(agent, part.invited, owns ? desk.handOver.uninvite(agent) : undefined)),
      ...(interaction.consults ?? []).flatMap(({ agent, joined }) => (agent === null ? [] : [colleague(agent, joined ? part.advises : part.asked)])),
      ...(interaction.supervisors ?? []).map(({ agent, mode }) => colleague(agent, part[mode])),
    ];
    reconcile(this.participants, people, ({ key }) => key, (person) => h('li', { testid: 'participant' }, h('span', { class: 'person' }),
      person.connection === null ? null : h('span', { class: 'connection', testid: 'participant-connection' }),
      person.part === undefined ? null : h('span', { class: 'person-part' }, person.part),
      person.remove === null ? null : h('button', {
        type: 'button', class: 'icon-button', testid: 'participant-remove', title: person.removes, aria: { label: person.removes },
        on: { click: () => this.remove(/** @type {string} */ (person.remove)) },
      }, icon('close'))),
    (element, person) => {
      const [who, state] = element.children;
      if (who.textContent !== visible(person.name)) who.replaceChildren(nameNode(person.name));
      if (person.connection === null) return;
      state.dataset.connection = person.connection;
      setText(state, desk.connection(person.connection));
    });
  }

  /** A consult that begins, or that one has just joined, is what one wants to see. @param {Interaction} interaction */
  followConsults(interaction) {
    const now = store.consults(interaction).map(({ id, joined }) => `${id} ${joined}`).join();
    const begun = now !== '' && now !== this.consultsBefore;
    if (begun && !this.narrow.matches) this.pane = 'consult';
    if (now === '' && this.pane === 'consult') this.pane = 'transcript';
    this.consultsBefore = now;
  }

  /** @param {Interaction} interaction */
  drawMain(interaction) {
    const ended = interaction.state === 'ended';
    const words = desk.interaction.endedBy(interaction.ended, store.me?.agent ?? '');
    if (ended && this.endedBanner.hidden && this.stateBefore === 'active') announce(words);
    this.stateBefore = interaction.state;
    const mayContinue = store.has('async_enabled') && store.has('conversation_view');
    const reads = !ended && !store.writes(interaction);
    const pending = interaction.state === 'active' ? interaction.transfer ?? null : null;
    this.parkedBanner.hidden = interaction.state !== 'active' || !interaction.parked;
    this.transferBanner.hidden = pending === null;
    if (pending !== null) setText(this.transferWords, desk.handOver.pending(pending.to));
    /** @type {HTMLElement} */ (this.transferBanner.lastElementChild).hidden = interaction.owner !== store.me?.agent;
    this.endedBanner.hidden = !ended && !reads;
    setText(this.endedWords, reads ? this.wordsOfReader(interaction) : `${words} ${mayContinue ? desk.interaction.continueHint : desk.interaction.noContinue}`);
    this.continueButton.hidden = reads || !mayContinue;
    // Not hidden: somebody who was typing when the contact left must not send a message that starts it all again.
    const placeholder = ended ? desk.interaction.writeEnded : reads ? desk.interaction.writeReading : desk.interaction.write;
    this.composer.show(`transcript.${interaction.id}`, { placeholder, disabled: ended || reads, channel: interaction.channel, where: { interaction: interaction.id } });
    this.drawWhispers(interaction);
  }

  /** What a supervisor writes for the agents only looks like nothing that the contact gets. @param {Interaction} interaction */
  drawWhispers(interaction) {
    const mode = store.supervision(interaction);
    const whispers = mode === 'whisper' || (mode === 'barge' && this.whispers);
    this.main.dataset.whispers = String(whispers);
    this.whisperHead.hidden = mode !== 'whisper' && mode !== 'barge';
    this.addressees.hidden = mode !== 'barge';
    this.whisperer.hidden = !whispers;
    this.composer.hidden = whispers;
    const agents = [interaction.owner ?? '', ...interaction.members].map((agent) => desk.agent(agent)).join(', ');
    const contact = visible(nameOf(interaction));
    setAttribute(this.toContact, 'aria-pressed', String(!whispers));
    setAttribute(this.toAgents, 'aria-pressed', String(whispers));
    setText(this.toContact.lastElementChild, contact);
    setText(this.toAgents.lastElementChild, desk.supervise.only(agents));
    setText(this.whisperWords, whispers ? desk.supervise.private(agents) : desk.supervise.open(contact));
    if (whispers) this.endedBanner.hidden = true;
    this.whisperer.show(`whisper.${interaction.id}`, { placeholder: desk.supervise.whisperTo(agents) });
  }

  /** @param {boolean} whispers */
  address(whispers) {
    this.whispers = whispers;
    if (this.interaction !== undefined) this.drawWhispers(this.interaction);
    (whispers ? this.whisperer : this.composer).focusField();
  }

  /** @param {Interaction} interaction @returns {string} why the agent does not write to the contact */
  wordsOfReader(interaction) {
    const owner = interaction.owner ?? '';
    if (store.consults(interaction).length > 0) return desk.consult.advising(owner);
    return store.mine(interaction) ? desk.consult.watching(owner) : desk.interaction.reading(owner);
  }

  drawPanes() {
    const narrow = this.narrow.matches;
    const hasConsult = store.consults(this.interaction).length > 0;
    const hasConversation = store.has('conversation_view') && store.has('async_enabled');
    let pane = this.pane;
    if (pane === 'transcript' && !narrow) pane = hasConversation ? 'conversation' : 'contact';
    if (pane === 'consult' && !hasConsult) pane = hasConversation ? 'conversation' : 'contact';
    if (pane === 'conversation' && !hasConversation) pane = 'contact';
    this.section.dataset.pane = narrow ? this.pane : 'transcript';
    for (const tab of this.tabs.children) {
      const selected = tab.dataset.pane === pane;
      setAttribute(tab, 'aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
      if (tab.dataset.pane === 'conversation') tab.hidden = !hasConversation;
      if (tab.dataset.pane === 'consult') tab.hidden = !hasConsult;
      if (tab.dataset.pane === 'transcript') tab.hidden = !narrow;
    }
    for (const each of this.panel.children) each.hidden = each.id !== `pane-${pane}`;
    setAttribute(this.main, 'role', narrow ? 'tabpanel' : null);
    setAttribute(this.main, 'aria-labelledby', narrow ? 'tab-transcript' : null);
  }

  drawTimes() {
    const { interaction } = this;
    if (interaction === undefined) return;
    // It calls on those who are to answer.
    drawPending(this.pending, store.pendingOf(interaction));
    setText(this.elapsed, time.elapsed(since(interaction.since)));
  }

  /** @param {Pane} pane */
  choosePane(pane) {
    this.pane = pane;
    this.drawPanes();
  }

  /** @param {KeyboardEvent} event */
  stepTabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const tabs = Array.from(this.tabs.children).filter((tab) => !tab.hidden);
    const at = tabs.findIndex((tab) => tab.getAttribute('aria-selected') === 'true');
    const tab = tabs[(at + step + tabs.length) % tabs.length];
    event.preventDefault();
    this.choosePane(tab.dataset.pane);
    tab.focus();
  }

  /** @param {boolean} [open] @param {boolean} [focus] */
  toggleNote(open = this.noteForm.hidden, focus = true) {
    this.noteForm.hidden = !open;
    setAttribute(this.noteButton, 'aria-expanded', String(open));
    this.noteText.value = draft(`note.${this.shown}`);
    if (open) this.choosePane('transcript');
    if (focus) (open ? this.noteText : this.noteButton).focus();
  }

  saveNote() {
    const { interaction } = this;
    const text = this.noteText.value;
    if (interaction === undefined || text.trim() === '') {
      this.noteText.focus();
      return;
    }
    keepDraft(`note.${interaction.id}`, '');
    this.toggleNote(false);
    sendNote(interaction, text);
  }

  openHandOver() {
    if (this.interaction !== undefined) this.handOver.open(this.interaction);
  }

  takeBack() {
    if (this.interaction !== undefined) void keepAfterAll(this.interaction);
  }

  leaveIt() {
    if (this.interaction !== undefined) void leaveConference(this.interaction);
  }

  /** @param {string} agent */
  remove(agent) {
    if (this.interaction !== undefined) void removeMember(this.interaction, agent);
  }

  chooseDisposition() {
    if (this.shown !== null && this.disposition.value !== '') void setDisposition(this.shown, this.disposition.value);
  }

  async finish() {
    if (this.shown === null) return;
    const refusal = await markDone(this.shown);
    if (refusal === 'disposition_required') this.disposition.focus();
  }

  /** Takes what was typed over to the field that reactivates. */
  continue() {
    const { interaction } = this;
    if (interaction === undefined) return;
    continueDraft(interaction.id, this.composer.value);
    this.composer.clear();
    this.choosePane('conversation');
    this.conversation.focusField();
  }
}

customElements.define('parlor-interaction', ParlorInteraction);
