import { h, nameNode } from '../dom.js';
import { desk, time } from '../strings.js';

/** @typedef {import('../types.js').Explanation} Explanation */
/** @typedef {import('../types.js').Verdict} Verdict */

/**
 * Why work waits, in words: its place, what it waits for, and how each colleague stands to it.
 * @param {Explanation} explanation
 * @param {string | null} offered to whom it is being offered
 * @returns {HTMLElement[]}
 */
export function makeReasons(explanation, offered) {
  const { verdicts, position, ring = 0, next_ring_at: next, opens_at: opens } = explanation;
  const lines = [
    offered === null ? null : desk.why.offered(offered),
    position === undefined ? null : desk.why.position(position.position, position.of),
    position?.expected_wait_ms == null ? null : desk.why.expected(time.elapsed(position.expected_wait_ms)),
    opens ? desk.why.opens(time.clock(opens)) : null,
    ring > 0 ? desk.why.ring(ring) : null,
    next ? desk.why.nextRing(time.clock(next)) : null,
  ].filter((line) => line !== null);
  const nobody = offered === null && !explanation.waits ? desk.why.over : verdicts.length === 0 ? desk.why.nobody : '';
  return [
    h('ul', { class: 'why-lines' }, ...lines.map((line) => h('li', {}, line))),
    ...(nobody === '' ? [] : [h('p', { class: 'hint' }, nobody)]),
    h('ul', { class: 'why-agents' }, ...verdicts.map(makeVerdict)),
  ];
}

/** @param {Verdict} verdict */
function makeVerdict({ agent, score, exclusions }) {
  const candidate = exclusions.length === 0;
  const words = candidate ? [score.preferred ? desk.why.preferred : desk.why.candidate] : exclusions.map((exclusion) => desk.why.exclusion(exclusion));
  return h('li', { testid: 'verdict', data: { agent, candidate: String(candidate) } },
    nameNode(desk.agent(agent), { class: 'why-agent' }), h('ul', { class: 'why-reasons' }, ...words.map((word) => h('li', {}, word))));
}
