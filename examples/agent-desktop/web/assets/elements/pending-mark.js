import { since } from '../clock.js';
import { h, setText } from '../dom.js';
import { desk, time } from '../strings.js';

const SVG = 'http://www.w3.org/2000/svg';

/** A shape for each colour, so that the colour alone never tells. @type {Record<string, string>} */
const SHAPES = {
  green: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
  yellow: 'M8 1.8L15 14H1z',
  red: 'M5 1h6l4 4v6l-4 4H5l-4-4V5z',
};

/** The pending-response indicator: a shape and the time that the contact has been waiting. @returns {HTMLElement} */
export function pendingMark() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'path'));
  return h('span', { class: 'pending' }, svg,
    h('span', { class: 'visually-hidden' }), h('span', { class: 'pending-time', aria: { hidden: true } }));
}

/**
 * @param {HTMLElement} mark
 * @param {import('../types.js').Pending | null} pending
 */
export function drawPending(mark, pending) {
  const colour = pending?.colour ?? 'none';
  mark.hidden = pending === null;
  mark.dataset.pending = colour;
  mark.dataset.flashing = String(pending?.flashing ?? false);
  mark.title = desk.bar.pending[colour] ?? '';
  const [label, elapsed] = mark.querySelectorAll('span');
  setText(label, desk.bar.pending[colour] ?? '');
  setText(elapsed, pending === null ? '' : time.elapsed(since(pending.since)));
  const path = /** @type {SVGPathElement} */ (mark.querySelector('path'));
  const shape = SHAPES[colour] ?? '';
  if (path.getAttribute('d') !== shape) path.setAttribute('d', shape);
}
