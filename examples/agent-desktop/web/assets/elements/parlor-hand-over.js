import { api, NoAnswer, Problem } from '../api.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { consult, invite, transfer } from '../handing.js';
import { icon } from '../icons.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */
/** @typedef {import('../types.js').Targets} Targets */
/** @typedef {"transfer" | "consult" | "invite"} Way */

/** @type {Way[]} */
const WAYS = ['transfer', 'consult', 'invite'];

/**
 * What keeps whom from what. Advice takes no room, and who takes part already may still be handed it.
 * @type {Record<Way, string[]>}
 */
const KEEPS = { transfer: ['signed_out', 'no_room'], consult: ['signed_out', 'takes_part'], invite: ['signed_out', 'no_room', 'takes_part'] };

/** The dialog in which an interaction is handed to somebody, or somebody is asked for help with it. */
export class ParlorHandOver extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['interactions'];
  /** @type {string | null} */
  about = null;
  /** @type {Way} */
  way = 'transfer';
  /** @type {Targets | null} */
  targets = null;
  busy = false;

  build() {
    this.heading = h('h2', { id: 'hand-over-title' });
    this.tabs = h('div', { class: 'tabs', role: 'tablist', aria: { label: desk.handOver.ways }, on: { keydown: (/** @type {KeyboardEvent} */ event) => this.stepTabs(event) } },
      ...WAYS.map((way) => h('button', {
        type: 'button', role: 'tab', class: 'tab', id: `hand-over-${way}`, testid: `hand-over-${way}`, data: { way }, aria: { controls: 'hand-over-panel' },
        on: { click: () => this.choose(way) },
      }, desk.handOver.way[way])));
    this.hint = h('p', { class: 'hint' });
    this.state = h('p', { class: 'transcript-state', role: 'status' });
    this.agents = h('ul', { class: 'targets', aria: { labelledby: 'hand-over-agents' } });
    this.agentsHead = h('h3', { id: 'hand-over-agents' }, desk.handOver.colleagues);
    this.queues = h('ul', { class: 'targets', aria: { labelledby: 'hand-over-queues' } });
    this.queuesHead = h('h3', { id: 'hand-over-queues' }, desk.handOver.queues);
    this.noteField = h('textarea', { id: 'hand-over-note', rows: '2', dir: 'auto', testid: 'hand-over-note' });
    this.note = h('div', { class: 'target-note' }, h('label', { for: 'hand-over-note' }, icon('lock'), desk.handOver.note), this.noteField);
    this.error = h('p', { class: 'error', role: 'alert', testid: 'hand-over-error' });
    this.panel = h('div', { class: 'hand-over-panel', id: 'hand-over-panel', role: 'tabpanel' },
      this.hint, this.note, this.state, this.agentsHead, this.agents, this.queuesHead, this.queues);
    this.dialog = h('dialog', { class: 'hand-over', testid: 'hand-over-dialog', aria: { labelledby: 'hand-over-title' }, on: { close: () => this.closed() } },
      h('div', { class: 'dialog-head' }, this.heading,
        h('button', { type: 'button', class: 'icon-button', testid: 'hand-over-close', title: desk.close, aria: { label: desk.close }, on: { click: () => this.dialog.close() } }, icon('close'))),
      this.tabs, this.error, this.panel);
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
    this.targets = null;
    this.noteField.value = '';
    this.heading.replaceChildren(`${desk.handOver.title} `, nameNode(nameOf(interaction)));
    // Whoever only takes part cannot give away what is another's.
    const owns = interaction.owner === store.me?.agent && !interaction.transfer;
    /** @type {HTMLElement} */ (this.tabs.firstElementChild).hidden = !owns;
    this.dialog.showModal();
    this.choose(owns ? 'transfer' : 'consult');
    /** @type {HTMLElement} */ (this.tabs.querySelector('[aria-selected="true"]')).focus();
  }

  closed() {
    this.about = null;
    this.targets = null;
  }

  /** It may be gone while one chooses. */
  draw() {
    if (this.about === null) return;
    const interaction = store.interactions.get(this.about);
    if (interaction === undefined || interaction.state !== 'active' || !store.takesPart(interaction)) this.dialog.close();
  }

  /** @param {Way} way */
  choose(way) {
    this.way = way;
    setText(this.error, '');
    for (const tab of this.tabs.children) {
      const selected = tab.dataset.way === way;
      setAttribute(tab, 'aria-selected', String(selected));
      tab.tabIndex = selected ? 0 : -1;
    }
    setAttribute(this.panel, 'aria-labelledby', `hand-over-${way}`);
    setText(this.hint, way === 'consult' && store.demo ? `${desk.handOver.hint[way]} ${desk.outside.played}` : desk.handOver.hint[way]);
    this.drawTargets();
    void this.load();
  }

  /** @param {KeyboardEvent} event */
  stepTabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const tabs = /** @type {HTMLElement[]} */ (Array.from(this.tabs.children).filter((tab) => !tab.hidden));
    const at = tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const tab = tabs[(at + step + tabs.length) % tabs.length];
    event.preventDefault();
    this.choose(/** @type {Way} */ (tab.dataset.way));
    tab.focus();
  }

  async load() {
    const { about } = this;
    if (about === null) return;
    try {
      const targets = await api.targets(about);
      if (this.about !== about) return;
      this.targets = targets;
    } catch (error) {
      if (this.about === about) this.refused(error);
    }
    this.drawTargets();
  }

  drawTargets() {
    const { targets, way } = this;
    const agents = targets?.agents ?? [];
    const queues = way === 'transfer' ? targets?.queues ?? [] : [];
    this.note.hidden = way !== 'transfer';
    setText(this.state, targets === null ? desk.transcript.loading : agents.length === 0 && queues.length === 0 ? desk.handOver.nobody : '');
    this.state.hidden = this.state.textContent === '';
    this.agentsHead.hidden = agents.length === 0;
    this.queuesHead.hidden = queues.length === 0;
    reconcile(this.agents, agents, ({ agent }) => `${way} ${agent}`, ({ agent }) => {
      const item = this.makeTarget('target-agent', agent, avatar(agent, agent), desk.agent(agent), () => this.give({ agent }));
      // Advice may also be spoken.
      if (way === 'consult') {
        const label = desk.handOver.call(agent);
        item.classList.add('target-with-call');
        item.append(h('button', { type: 'button', class: 'quiet target-call', testid: 'target-call', data: { name: agent }, title: label, aria: { label }, on: { click: () => this.give({ agent }, true) } }, icon('voice')));
      }
      return item;
    },
      (element, target) => {
        const keeps = target.obstacles.filter((/** @type {string} */ obstacle) => KEEPS[way].includes(obstacle));
        const state = target.ready ? desk.header.ready : desk.header.notReady;
        const words = keeps.length > 0 ? keeps.map((/** @type {string} */ obstacle) => desk.handOver.obstacle(obstacle)) : way === 'consult' ? [state] : [state, desk.handOver.room(target.room)];
        this.drawTarget(element, words.join(' · '), keeps.length > 0, target.ready && keeps.length === 0);
      });
    reconcile(this.queues, queues, ({ queue }) => queue, ({ queue }) => this.makeTarget('target-queue', queue, h('span', { class: 'target-mark', aria: { hidden: true } }, icon('people')), desk.queue(queue), () => this.give({ queue })),
      (element, { waiting, ready_agents: ready }) => this.drawTarget(element, desk.handOver.queueState(waiting, ready), false, ready > 0));
  }

  /** @param {string} testid @param {string} name @param {Node} mark @param {string} words @param {() => void} give */
  makeTarget(testid, name, mark, words, give) {
    return h('li', {}, h('button', { type: 'button', class: 'target', testid, data: { name }, on: { click: give } },
      mark, h('span', { class: 'target-words' }, nameNode(words, { class: 'target-name' }), h('span', { class: 'target-state' }))));
  }

  /** @param {HTMLElement} element @param {string} state @param {boolean} kept @param {boolean} ready */
  drawTarget(element, state, kept, ready) {
    const button = /** @type {HTMLElement} */ (element.firstElementChild);
    setText(/** @type {Element} */ (button.querySelector('.target-state')), state);
    // Not `disabled`: why it cannot be chosen should be read by everybody.
    setAttribute(button, 'aria-disabled', String(kept));
    button.dataset.ready = String(ready);
  }

  /** @param {{agent: string} | {queue: string}} to @param {boolean} [byVoice] */
  async give(to, byVoice = false) {
    const interaction = store.interactions.get(this.about ?? '');
    const name = 'agent' in to ? to.agent : to.queue;
    const button = this.panel.querySelector(`[data-name="${CSS.escape(name)}"][data-testid="${'agent' in to ? 'target-agent' : 'target-queue'}"]`);
    if (interaction === undefined || this.busy) return;
    if (button?.getAttribute('aria-disabled') === 'true') {
      setText(this.error, `${'agent' in to ? desk.agent(name) : desk.queue(name)}: ${button.querySelector('.target-state')?.textContent}`);
      return;
    }
    this.busy = true;
    setText(this.error, '');
    try {
      if (this.way === 'transfer') await transfer(interaction, to, this.noteField.value);
      else if ('agent' in to) await (this.way === 'consult' ? consult(interaction, to.agent, byVoice) : invite(interaction, to.agent));
      this.dialog.close();
    } catch (error) {
      this.refused(error);
      void this.load();
    }
    this.busy = false;
  }

  /** The notices lie behind the dialog, so it says itself what went wrong. @param {unknown} error */
  refused(error) {
    if (error instanceof Problem) setText(this.error, desk.problem(error));
    else if (error instanceof NoAnswer) setText(this.error, desk.later(error.status));
    else throw error;
  }
}

customElements.define('parlor-hand-over', ParlorHandOver);
