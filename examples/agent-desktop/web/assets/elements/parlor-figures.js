import { h, nameNode, reconcile, setText } from '../dom.js';
import { icon } from '../icons.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { loadFigures } from '../team.js';
import { View } from './view.js';

/** @typedef {import('../types.js').AgentFigures} AgentFigures */
/** @typedef {import('../types.js').DeskFigures} DeskFigures */

/** The figures in the order in which they stand; every one has its explanation in `desk.figures`. */
const OF_DESK = ['started', 'sessions', 'handled', 'abandoned', 'transfers', 'handle', 'first_response', 'response'];
const OF_AGENT = ['sessions', 'average_handle', 'handle', 'first_response', 'response', 'occupancy', 'messages', 'messages_outside', 'transfers_in', 'transfers_out'];

/** @param {number | null | undefined} milliseconds */
const duration = (milliseconds) => (milliseconds === null || milliseconds === undefined ? desk.figures.none : time.span(milliseconds));

/** @param {any} figures of the desk or of an agent @param {string} code @returns {string} with its unit */
function valueOf(figures, code) {
  switch (code) {
    case 'handle': return duration(figures.handle_ms);
    case 'average_handle': return duration(figures.average_handle_ms);
    case 'first_response': return duration(figures.first_response_ms.mean);
    case 'response': return duration(figures.response_ms.mean);
    case 'occupancy': return figures.occupancy === null ? desk.figures.none : desk.figures.percent(figures.occupancy);
    default: return desk.figures.count(figures[code]);
  }
}

/** Figures since the beginning: an agent's own, everybody's for a supervisor. */
export class ParlorFigures extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['figures', 'view', 'session'];

  build() {
    this.state = h('p', { class: 'transcript-state', role: 'status' }, desk.transcript.loading);
    this.at = h('span', { class: 'hint' });
    this.refresh = h('button', { type: 'button', class: 'quiet small', testid: 'figures-refresh', on: { click: () => loadFigures() } }, icon('refresh'), desk.figures.refresh);
    this.own = h('ul', { class: 'figures', testid: 'own-figures', aria: { labelledby: 'figures-own' } });
    this.desk = h('ul', { class: 'figures', testid: 'desk-figures', aria: { labelledby: 'figures-desk' } });
    this.noneYet = h('p', { class: 'hint' }, desk.figures.noneYet);
    this.deskPart = h('section', { aria: { labelledby: 'figures-desk' } }, h('h3', { id: 'figures-desk' }, desk.figures.desk), this.desk);
    this.rows = h('tbody', {});
    this.agentsPart = h('div', {}, h('h3', { id: 'figures-agents' }, desk.figures.agents),
      h('div', { class: 'figures-scroll', tabindex: '0', role: 'region', aria: { labelledby: 'figures-agents' } },
        h('table', { class: 'figures-table', testid: 'agent-figures' },
          h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, desk.figures.agent), ...OF_AGENT.map((code) => h('th', { scope: 'col' }, explained('table', code))))),
          this.rows)));
    this.body = h('div', { class: 'figures-body', hidden: true },
      h('div', { class: 'figures-head' }, h('p', {}, desk.figures.lead), this.at, this.refresh),
      this.deskPart, h('section', { aria: { labelledby: 'figures-own' } }, h('h3', { id: 'figures-own' }, desk.figures.own), this.own, this.noneYet), this.agentsPart);
    this.append(this.state, this.body);
  }

  draw() {
    const { view, figures, me } = store;
    const looks = view.tab === 'team' && view.panel === 'figures';
    if (looks && !this.looked) void loadFigures();
    this.looked = looks;
    this.state.hidden = figures !== null;
    this.body.hidden = figures === null;
    if (figures === null || me === null) return;
    setText(this.at, desk.figures.until(time.clock(figures.until)));
    this.deskPart.hidden = figures.desk === null;
    this.agentsPart.hidden = figures.desk === null;
    if (figures.desk !== null) this.drawTiles(this.desk, 'desk', OF_DESK, figures.desk);
    const own = figures.agents[me.agent];
    this.own.hidden = own === undefined;
    this.noneYet.hidden = own !== undefined;
    if (own !== undefined) this.drawTiles(this.own, 'own', OF_AGENT, own);
    reconcile(this.rows, Object.entries(figures.agents), ([agent]) => agent,
      ([agent]) => h('tr', { data: { agent } }, h('th', { scope: 'row' }, nameNode(desk.agent(agent))), ...OF_AGENT.map(() => h('td', {}))),
      (row, [, of]) => OF_AGENT.forEach((code, index) => setText(row.children[index + 1], valueOf(of, code))));
  }

  /** @param {Element} list @param {string} where @param {string[]} codes @param {AgentFigures | DeskFigures} of */
  drawTiles(list, where, codes, of) {
    reconcile(list, codes, (code) => code, (code) => h('li', { class: 'figure', testid: `figure-${where}-${code}` }, h('span', { class: 'figure-value' }), explained(where, code)),
      (tile, code) => setText(tile.firstElementChild, valueOf(of, code)));
  }
}

/** A name that explains itself to whoever points at it or comes to it. @param {string} where @param {string} code */
function explained(where, code) {
  const id = `figure-${where}-${code}`;
  const tip = h('span', { class: 'figure-tip', role: 'tooltip', id }, desk.figures.why[code]);
  return h('span', { class: 'figure-name', on: { keydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') /** @type {HTMLElement} */ (document.activeElement)?.blur(); } } },
    h('button', { type: 'button', class: 'figure-ask', aria: { describedby: id } }, desk.figures.name[code]), tip);
}

customElements.define('parlor-figures', ParlorFigures);
