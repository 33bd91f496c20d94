/**
 * Calls the agent back to a window they do not look at (r45): while a reply is pending, the title of the window blinks
 * and its icon changes, whatever the colour of the indicator. An offer calls in the same way.
 */
import { unseenOfAll } from './chats.js';
import { everySecond } from './clock.js';
import { nameOf } from './names.js';
import { store } from './store.js';
import { desk } from './strings.js';
import { oneLine } from './text.js';

const CALM = '/assets/favicon.svg';
const CALLING = '/assets/favicon-attention.svg';

/** @returns {string} what to call with; empty when there is nothing to call for */
function call() {
  if (store.session !== 'in' || (!document.hidden && document.hasFocus())) return '';
  if (store.offers.size > 0) return desk.attention.offer;
  if (store.requests.size > 0) return desk.attention.request;
  if (unseenOfAll() > 0) return desk.attention.colleague;
  const waiting = store.ownInteractions().filter((interaction) => store.pendingOf(interaction) !== null);
  if (waiting.length === 0) return '';
  return waiting.length === 1 ? desk.attention.waiting(oneLine(nameOf(waiting[0]), 40)) : desk.attention.severalWaiting(waiting.length);
}

export function watchAttention() {
  const favicon = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]'));
  const still = window.matchMedia('(prefers-reduced-motion: reduce)');
  let phase = false;
  /** @type {(() => void) | null} */
  let stop = null;

  const draw = () => {
    const words = call();
    const calling = words !== '';
    document.documentElement.dataset.attention = String(calling);
    const title = calling && (phase || still.matches) ? `${words} – ${desk.title}` : desk.title;
    if (document.title !== title) document.title = title;
    const href = calling ? CALLING : CALM;
    if (favicon.getAttribute('href') !== href) favicon.setAttribute('href', href);
    if (calling && stop === null) {
      stop = everySecond(() => {
        phase = !phase;
        draw();
      });
      phase = true;
      draw();
    } else if (!calling && stop !== null) {
      stop();
      stop = null;
    }
  };

  for (const event of ['focus', 'blur']) window.addEventListener(event, draw);
  document.addEventListener('visibilitychange', draw);
  store.subscribe(['session', 'interactions', 'offers', 'chats', 'messages'], draw);
  draw();
}
