import { everySecond, since } from '../clock.js';
import { h, nameNode, reconcile, setAttribute, setText } from '../dom.js';
import { icon, iconOfKind } from '../icons.js';
import { nameOf } from '../names.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { explain, look, take } from '../team.js';
import { visible } from '../text.js';
import { avatar } from './avatar.js';
import { makeReasons } from './reasons.js';
import { drawPending, pendingMark } from './pending-mark.js';
import { View } from './view.js';

/** @typedef {import('../types.js').Interaction} Interaction */
/** @typedef {import('../types.js').TeamAgent} TeamAgent */
/** @typedef {import('../types.js').TeamQueue} TeamQueue */
/** @typedef {import('../types.js').WaitingWork} WaitingWork */

/** What goes on at the desk: who is there, what everybody has, what waits and why. */
export class ParlorTeamNow extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['team', 'view'];

  build() {
    this.loading = h('p', { class: 'transcript-state', role: 'status' }, desk.transcript.loading);
    this.agents = h('ul', { class: 'team-agents' });
    this.queues = h('ul', { class: 'team-queues' });
    this.body = h('div', { class: 'team-now', hidden: true },
      h('section', { aria: { labelledby: 'team-people' } }, h('h3', { id: 'team-people' }, desk.team.people), this.agents),
      h('section', { aria: { labelledby: 'team-waiting' } }, h('h3', { id: 'team-waiting' }, desk.team.waiting), this.queues));
    this.append(this.loading, this.body);
  }

  connectedCallback() {
    super.connectedCallback();
    this.stopClock = everySecond(() => this.drawTimes());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stopClock?.();
  }

  draw() {
    const { team } = store;
    this.loading.hidden = team !== null;
    this.body.hidden = team === null;
    if (team === null) return;
    reconcile(this.agents, team.agents, ({ agent }) => agent, (agent) => this.makeAgent(agent), (element, agent) => this.drawAgent(element, agent));
    reconcile(this.queues, team.queues, ({ queue }) => queue, (queue) => this.makeQueue(queue), (element, queue) => this.drawQueue(element, queue));
    this.drawTimes();
  }

  // ---- people

  /** @param {TeamAgent} agent */
  makeAgent({ agent, role }) {
    return h('li', { class: 'team-agent', testid: 'team-agent', data: { agent } },
      h('div', { class: 'team-agent-head' }, avatar(agent, agent),
        h('div', { class: 'team-agent-words' },
          h('p', { class: 'team-agent-name' }, nameNode(agent === store.me?.agent ? desk.team.you(agent) : desk.agent(agent)), role === 'supervisor' ? h('span', { class: 'tag' }, desk.team.supervisor) : null),
          h('ul', { class: 'team-media', aria: { label: desk.header.readiness } }), h('span', { class: 'team-away' }, desk.team.away)),
        h('ul', { class: 'load', aria: { label: desk.header.load } })),
      h('ul', { class: 'team-work' }), h('p', { class: 'hint team-none' }));
  }

  /** @param {HTMLElement} element @param {TeamAgent} agent */
  drawAgent(element, agent) {
    const find = (/** @type {string} */ selector) => /** @type {any} */ (element.querySelector(selector));
    element.dataset.signedIn = String(agent.signed_in);
    find('.team-away').hidden = agent.signed_in;
    const media = find('.team-media');
    media.hidden = !agent.signed_in;
    reconcile(media, Object.entries(agent.readiness), ([medium]) => medium, ([medium]) => h('li', { class: 'team-medium', testid: `team-ready-${medium}` }, h('span', { class: 'medium-light', aria: { hidden: true } }), h('span')),
      (chip, [medium, { ready, reason, since: from }]) => {
        chip.dataset.ready = String(ready);
        chip.title = from === null ? '' : desk.team.since(time.clock(from));
        const why = ready || reason === 'logged_in' ? '' : desk.header.reason(reason);
        setText(chip.lastElementChild, `${desk.header.status(desk.medium(medium), ready)}${why === '' ? '' : ` · ${why}`}`);
      });
    const held = Object.entries(agent.load).filter(([, { used }]) => used > 0);
    find('.load').hidden = held.length === 0;
    reconcile(find('.load'), held, ([name]) => name, () => h('li', {}), (chip, [name, { used, limit }]) => {
      chip.dataset.full = String(used >= limit && limit > 0);
      setText(chip, `${desk.mediaClass(name)} ${used}/${limit}`);
      chip.title = desk.header.loadOf(desk.mediaClass(name), used, limit);
    });
    reconcile(find('.team-work'), agent.interactions, ({ id }) => id, (interaction) => this.makeWork(interaction), (row, interaction) => this.drawWork(row, interaction, agent.agent));
    find('.team-work').hidden = agent.interactions.length === 0;
    const more = agent.open - agent.interactions.length;
    setText(find('.team-none'), agent.open === 0 ? desk.team.nothing : more > 0 ? desk.team.more(more) : '');
    find('.team-none').hidden = find('.team-none').textContent === '';
  }

  /** @param {Interaction} interaction */
  makeWork(interaction) {
    return h('li', {}, h('button', {
      type: 'button', class: 'team-row', testid: 'team-interaction', data: { interaction: interaction.id },
      on: { click: (/** @type {any} */ event) => look(event.currentTarget.known) },
    }, icon(iconOfKind(interaction.kind)), h('span', { class: 'team-row-name' }), h('span', { class: 'team-row-part' }), pendingMark(), h('span', { class: 'state' }), h('span', { class: 'team-row-time' })));
  }

  /** @param {HTMLElement} row @param {Interaction} interaction @param {string} agent in whose list it stands */
  drawWork(row, interaction, agent) {
    const button = /** @type {any} */ (row.firstElementChild);
    button.known = interaction;
    this.drawName(button.querySelector('.team-row-name'), interaction);
    setText(button.querySelector('.team-row-part'), partOf(interaction, agent));
    const state = button.querySelector('.state');
    const parked = interaction.state === 'active' && Boolean(interaction.parked);
    state.dataset.state = parked ? 'parked' : interaction.state;
    setText(state, parked ? desk.team.parked : desk.contact.states[interaction.state] ?? interaction.state);
  }

  /** @param {Element} place @param {Interaction} interaction */
  drawName(place, interaction) {
    const name = nameOf(interaction);
    if (place.textContent !== visible(name)) place.replaceChildren(nameNode(name));
  }

  // ---- what waits

  /** @param {TeamQueue} queue */
  makeQueue({ queue }) {
    return h('li', { class: 'team-queue', testid: 'team-queue', data: { queue } },
      h('div', { class: 'team-queue-head' }, h('h4', {}, nameNode(desk.queue(queue))), h('span', { class: 'hint' })), h('ul', { class: 'team-work' }), h('p', { class: 'hint team-none' }));
  }

  /** @param {HTMLElement} element @param {TeamQueue} queue */
  drawQueue(element, { work, waiting, ready_agents: ready }) {
    const find = (/** @type {string} */ selector) => /** @type {any} */ (element.querySelector(selector));
    setText(find('.team-queue-head .hint'), desk.handOver.queueState(waiting, ready));
    find('.team-work').hidden = work.length === 0;
    reconcile(find('.team-work'), work, ({ interaction }) => interaction.id, (each) => this.makeWaiting(each), (row, each) => this.drawWaiting(row, each));
    const more = waiting - work.length;
    setText(find('.team-none'), more > 0 ? desk.team.more(more) : '');
    find('.team-none').hidden = more <= 0;
  }

  /** @param {WaitingWork} work */
  makeWaiting({ interaction: { id, kind } }) {
    const why = `why-${id}`;
    return h('li', { class: 'team-waiting', testid: 'team-waiting', data: { interaction: id } },
      h('div', { class: 'team-row' }, icon(iconOfKind(kind)), h('span', { class: 'team-row-name', id: `name-${id}` }), h('span', { class: 'team-row-part' }), h('span', { class: 'team-row-time' })),
      h('div', { class: 'team-row-actions' },
        h('button', { type: 'button', class: 'quiet small', testid: 'explain', id: `explain-${id}`, aria: { controls: why, labelledby: `explain-${id} name-${id}` }, on: { click: () => explain(id) } }, icon('why'), desk.why.ask),
        h('button', { type: 'button', class: 'quiet small', testid: 'take', id: `take-${id}`, aria: { labelledby: `take-${id} name-${id}` }, on: { click: () => take(id) } }, icon('hand'), desk.team.take)),
      h('div', { class: 'why', id: why, testid: 'why', hidden: true, role: 'group', aria: { label: desk.why.ask } }));
  }

  /** @param {HTMLElement} element @param {WaitingWork} work */
  drawWaiting(element, { interaction, offered_to: offered }) {
    const find = (/** @type {string} */ selector) => /** @type {any} */ (element.querySelector(selector));
    element.dataset.state = interaction.state;
    this.drawName(find('.team-row-name'), interaction);
    setText(find('.team-row-part'), offered === null ? '' : desk.team.offeredTo(offered));
    // An offer that is being thought about is answered first.
    find('[data-testid="take"]').hidden = offered !== null;
    const explanation = store.explanations.get(interaction.id);
    setAttribute(find('[data-testid="explain"]'), 'aria-expanded', String(explanation !== undefined));
    const why = find('.why');
    why.hidden = explanation === undefined;
    if (explanation === undefined) {
      why.replaceChildren();
      why.known = undefined;
    } else if (why.known !== explanation) {
      why.known = explanation;
      why.replaceChildren(...makeReasons(explanation, offered));
    }
  }

  drawTimes() {
    const { team } = store;
    if (team === null || !this.checkVisibility()) return;
    for (const row of this.agents.querySelectorAll('.team-row')) {
      const { known } = row;
      setText(row.querySelector('.team-row-time'), time.elapsed(since(known.since)));
      drawPending(row.querySelector('.pending'), known.pending);
    }
    for (const { work } of team.queues) {
      for (const { interaction, since: from } of work) {
        const place = this.queues.querySelector(`[data-interaction="${CSS.escape(interaction.id)}"] .team-row-time`);
        if (place !== null) setText(place, desk.team.waitsFor(time.elapsed(since(from))));
      }
    }
  }
}

/** @param {Interaction} interaction @param {string} agent @returns {string} what an agent who does not own it does there */
function partOf({ owner, members, consults = [], supervisors = [] }, agent) {
  const { part } = desk.handOver;
  if (owner === agent) return '';
  if (members.includes(agent)) return desk.team.with(owner ?? '');
  const mode = supervisors.find((each) => each.agent === agent)?.mode;
  if (mode !== undefined) return `${part[mode]} · ${desk.team.with(owner ?? '')}`;
  return consults.some((each) => each.agent === agent) ? `${part.advises} · ${desk.team.with(owner ?? '')}` : '';
}

customElements.define('parlor-team-now', ParlorTeamNow);
