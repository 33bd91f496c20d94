/**
 * Text that other people wrote, made safe to look at. Message texts are shown exactly as stored (isolated by
 * direction); names and one-line previews stand beside our own words, so there nothing invisible may act.
 */

/** @type {Record<number, string>} */
const NAMES = {
  0x00ad: 'SHY', 0x061c: 'ALM', 0x180e: 'MVS', 0x200b: 'ZWSP', 0x200e: 'LRM', 0x200f: 'RLM', 0x2028: 'LS', 0x2029: 'PS',
  0x202a: 'LRE', 0x202b: 'RLE', 0x202c: 'PDF', 0x202d: 'LRO', 0x202e: 'RLO', 0x2060: 'WJ', 0x2066: 'LRI', 0x2067: 'RLI',
  0x2068: 'FSI', 0x2069: 'PDI', 0xfeff: 'BOM',
};

// Controls, direction marks and invisible separators. Joiners (U+200C, U+200D) stay: scripts and emoji need them.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

// The largest run of combining marks that a list shows: real scripts need fewer, "zalgo" text has hundreds.
const COMBINING_RUN = /(\p{M}{8})\p{M}+/gu;

/**
 * A text without halves of surrogate pairs, as a broken paste may leave them: no JSON reader takes those.
 * @param {string} text
 * @returns {string}
 */
export function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/**
 * A name as it may stand beside our own words: control and direction characters become visible glyphs, and towers of
 * combining marks are cut.
 * @param {string} text
 * @returns {string}
 */
export function visible(text) {
  return text.replace(COMBINING_RUN, '$1').replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `[${NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}]`;
  });
}

/** What a link may open. The server gives no others; a page checks for itself. */
const LINKS = /^(https?|mailto|tel):/;

/**
 * Cuts a text at what can be clicked in it (r57).
 * @param {string} text
 * @param {{start: number, end: number, href: string}[]} spans in order, in bytes of the text's UTF-8
 * @returns {{text: string, href: string | null}[]} the parts joined are the text again
 */
export function cutAtSpans(text, spans) {
  const links = spans.filter(({ href }) => LINKS.test(href));
  if (links.length === 0) return [{ text, href: null }];
  const bytes = new TextEncoder().encode(text);
  const slice = (/** @type {number} */ start, /** @type {number} */ end) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end));
  const parts = [];
  let from = 0;
  for (const { start, end, href } of links) {
    parts.push({ text: slice(from, start), href: null }, { text: slice(start, end), href });
    from = end;
  }
  parts.push({ text: slice(from, bytes.length), href: null });
  return parts.filter((part) => part.text !== '');
}

/**
 * Where in an invitation its address stands, as what can be clicked; nothing for an address that does not lead to the web.
 * @param {{text?: string, url?: string}} content
 * @returns {{start: number, end: number, href: string}[]} as {@link cutAtSpans} takes them
 */
export function invited({ text = '', url = '' }) {
  const at = text.lastIndexOf(url);
  if (at < 0 || !/^https?:\/\//.test(url)) return [];
  const start = new TextEncoder().encode(text.slice(0, at)).length;
  return [{ start, end: start + url.length, href: url }];
}

/**
 * A text with something inserted in place of what is selected. A place inside a user-perceived character is moved out of it,
 * so that none is ever split (r70).
 * @param {string} text @param {number} from @param {number} to in UTF-16 units @param {string} what
 * @returns {{text: string, after: number}}
 */
export function insertBetween(text, from, to, what) {
  const ends = [...new Intl.Segmenter().segment(text)].map(({ index }) => index).concat(text.length);
  const start = from === to ? ends.find((end) => end >= from) ?? text.length : ends.findLast((end) => end <= from) ?? 0;
  const end = from === to ? start : ends.find((each) => each >= to) ?? text.length;
  return { text: text.slice(0, start) + what + text.slice(end), after: start + what.length };
}

/**
 * Splits a text where towers of combining marks stand: thousands of them on one letter take a browser many seconds to
 * lay out. The parts joined are the text again, exactly.
 * @param {string} text
 * @returns {{text: string, excess: boolean}[]}
 */
export function towers(text) {
  const parts = [];
  let from = 0;
  for (const { index, 0: whole, 1: kept } of text.matchAll(COMBINING_RUN)) {
    const cut = index + kept.length;
    parts.push({ text: text.slice(from, cut), excess: false }, { text: text.slice(cut, index + whole.length), excess: true });
    from = index + whole.length;
  }
  parts.push({ text: text.slice(from), excess: false });
  return parts;
}

/**
 * One line of a longer text, for previews.
 * @param {string} text
 * @param {number} [most] how many characters
 * @returns {string}
 */
export function oneLine(text, most = 160) {
  // Cut before folding: a message may have 64 KiB.
  const line = visible(text.slice(0, most * 4).replace(/\s+/gu, ' ').trim());
  const characters = Array.from(line);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line;
}

/**
 * The initials of a name, for its round mark.
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.split(/[\s._-]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map((word) => word.match(/[\p{L}\p{N}]/u)?.[0] ?? '');
  const chosen = letters.length > 1 ? [letters[0], letters[letters.length - 1]] : letters;
  return chosen.join('').toUpperCase() || '#';
}

/**
 * Folds case and accents away, and remembers where each folded character came from.
 * @param {string} text
 * @returns {{folded: string, origin: number[]}}
 */
function fold(text) {
  let folded = '';
  /** @type {number[]} */
  const origin = [];
  let at = 0;
  for (const character of text) {
    for (const part of character.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()) {
      for (let unit = 0; unit < part.length; unit += 1) origin.push(at);
      folded += part;
    }
    at += character.length;
  }
  origin.push(text.length);
  return { folded, origin };
}

/**
 * Splits a text where words of a search stand in it, ignoring case and accents, so that they can be marked.
 * @param {string} text
 * @param {string} search
 * @returns {{text: string, hit: boolean}[]}
 */
export function markHits(text, search) {
  const words = fold(search).folded.split(/\s+/u).filter(Boolean);
  if (words.length === 0) return [{ text, hit: false }];
  const { folded, origin } = fold(text);
  /** @type {[number, number][]} */
  const spans = [];
  for (const word of words) {
    for (let at = folded.indexOf(word); at !== -1; at = folded.indexOf(word, at + word.length)) {
      spans.push([origin[at], origin[at + word.length]]);
    }
  }
  spans.sort((a, b) => a[0] - b[0]);
  const parts = [];
  let from = 0;
  for (const [start, end] of spans) {
    if (start < from) continue;
    if (start > from) parts.push({ text: text.slice(from, start), hit: false });
    parts.push({ text: text.slice(start, end), hit: true });
    from = end;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: false });
  return parts;
}
