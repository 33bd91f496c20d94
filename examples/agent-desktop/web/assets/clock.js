/**
 * The server's time. Elapsed times and countdowns are differences to moments that the server wrote down; this
 * machine's clock may be minutes off, so every reading goes through the difference between the two.
 */
let offset = 0;

/**
 * Learns the difference from a moment that the server has just written.
 * @param {string} serverNow
 * @param {number} [sent] when the request left, milliseconds of this machine's clock
 */
export function observe(serverNow, sent) {
  const server = Date.parse(serverNow);
  if (Number.isNaN(server)) return;
  const received = Date.now();
  // The server wrote the moment about half way between request and answer.
  offset = server - (sent === undefined ? received : (sent + received) / 2);
}

/** @returns {number} milliseconds since 1970 by the server's clock */
export function now() {
  return Date.now() + offset;
}

/** @param {string} moment @returns {number} milliseconds since then, never negative */
export function since(moment) {
  return Math.max(0, now() - Date.parse(moment));
}

/** @param {string} moment @returns {number} milliseconds until then, never negative */
export function until(moment) {
  return Math.max(0, Date.parse(moment) - now());
}

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {number | undefined} */
let timer;

/**
 * Calls back about every second while somebody listens: for times on the screen, never for asking the server.
 * @param {() => void} listener
 * @returns {() => void} stops it
 */
export function everySecond(listener) {
  listeners.add(listener);
  timer ??= window.setInterval(() => listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}
