import { keep, makeFiles } from '../attachments.js';
import { h, nameNode, setText, written } from '../dom.js';
import { icon } from '../icons.js';
import { nameOfAuthor } from '../names.js';
import { decide, isWanted, toDecide } from '../sends.js';
import { store } from '../store.js';
import { desk, time } from '../strings.js';
import { cutAtSpans, invited, markHits, towers } from '../text.js';

/** @typedef {import('../rows.js').Row} Row */

/** Texts above these are folded until somebody wants all of them. */
const FOLD_CHARACTERS = 1_600;
const FOLD_LINES = 24;

/**
 * A row of a transcript.
 * @param {Row} row
 * @param {string} search words to mark
 * @returns {HTMLElement}
 */
export function makeRow(row, search) {
  switch (row.type) {
    case 'day': return h('div', { class: 'row-day' }, h('span', {}, time.day(row.at)));
    case 'interaction':
      return h('div', { class: 'row-interaction' },
        h('span', {}, desk.transcript.interaction(desk.channel(row.channel))));
    case 'message': return makeEntry(row.message, search);
    case 'pending': return makePending(row.write);
  }
}

/** @param {HTMLElement} element @param {Row} row */
export function updateRow(element, row) {
  if (row.type !== 'message' && row.type !== 'pending') return;
  element.classList.toggle('grouped', row.grouped);
  element.classList.toggle('followed', row.followed);
  // A sent message keeps the element it had while it was pending; now it has its pictures and links.
  if (row.type === 'message') drawMeta(element, row.message);
  const choice = /** @type {HTMLElement | null} */ (element.querySelector('.decision'));
  if (choice !== null && row.type === 'message') choice.hidden = choice.hidden || !isWanted(row.message);
}

/** @param {import('../types.js').Message} message @param {string} search */
function makeEntry(message, search) {
  const { content, author } = message;
  if (content.type === 'system') return makeNotice(message);
  const own = author.kind === 'agent' && author.name === store.me?.agent;
  const side = author.kind === 'contact' ? 'theirs' : 'ours';
  // In a chat with a colleague everything is for agents only; it is said once, above it.
  const chat = content.type === 'consult' && message.interaction === null;
  const tag = chat ? undefined : desk.transcript.inside[content.type];
  const kind = tag !== undefined ? 'note' : chat && !own ? 'theirs' : side;
  const name = nameOfAuthor(author, message.contact ?? '');
  return h('div', {
    class: `entry ${kind}${own ? ' own' : ''}`, testid: 'entry',
    data: { author: author.kind, sequence: message.sequence, delivery: message.delivery ?? '', id: message.id },
  },
  h('div', { class: 'entry-head' }, nameNode(name, { class: 'entry-author' }),
    author.kind === 'bot' ? h('span', { class: 'tag' }, desk.transcript.bot) : null,
    tag === undefined ? null : h('span', { class: 'tag' }, icon('lock'), tag)),
  h('div', { class: 'bubble' }, ...makeBubble(message, search)),
  h('div', { class: 'entry-meta' },
    message.late ? h('span', {}, desk.transcript.late) : null,
    h('time', { datetime: message.at, title: time.full(message.at) }, time.clock(message.provider_time ?? message.at)),
    h('span', { class: 'delivery' })));
}

/** @param {import('../types.js').Message} message */
function makeNotice(message) {
  const notice = message.content.notice;
  const boundary = notice?.lifecycle?.change === 'reactivated';
  return h('div', {
    class: boundary ? 'entry notice boundary' : 'entry notice', testid: 'entry',
    data: { author: message.author.kind, sequence: message.sequence, delivery: '', id: message.id },
  }, h('span', { class: 'notice-text' }, desk.transcript.notice(notice, store.me?.agent ?? ''), ' ',
    h('time', { datetime: message.at, title: time.full(message.at) }, time.clock(message.at))),
  toDecide(notice) === null ? null : makeDecision(message));
}

/** What may have been sent is sent again or given up by a person. @param {import('../types.js').Message} asked */
function makeDecision(asked) {
  const message = toDecide(asked.content.notice) ?? '';
  /** @param {import('../sends.js').Resolution} resolution */
  const button = (resolution) => h('button', {
    type: 'button', class: 'quiet small', testid: `decide-${resolution}`,
    onclick: async () => { choice.hidden = await decide(message, resolution); },
  }, desk.sends.does[resolution]);
  const choice = h('span', { class: 'decision', role: 'group', aria: { label: desk.sends.title } }, button('send_again'), button('discard'));
  choice.hidden = !isWanted(asked);
  return choice;
}

/** @param {import('../types.js').PendingWrite} write */
function makePending(write) {
  const tag = desk.transcript.inside[write.what];
  return h('div', {
    class: `entry ${tag === undefined ? 'ours' : 'note'} own unanswered`, testid: 'entry',
    data: { author: 'agent', sequence: '', delivery: 'sending', id: write.id },
  },
  h('div', { class: 'entry-head' }, h('span', { class: 'entry-author' }, desk.you),
    tag === undefined ? null : h('span', { class: 'tag' }, icon('lock'), tag)),
  h('div', { class: 'bubble' }, ...(write.text === '' ? [] : [makeText({ type: 'text', text: write.text }, '')]),
    ...(write.files ?? []).map(({ name }) => h('div', { class: 'file-named' }, icon('clip'), nameNode(name, { class: 'file-name' })))),
  h('div', { class: 'entry-meta' }, h('time', {}), h('span', { class: 'delivery' }, icon('clock'), desk.transcript.delivery.sending)));
}

/** @param {HTMLElement} element an entry @param {import('../types.js').Message} message */
function drawMeta(element, message) {
  if (message.content.type === 'system') return;
  const { delivery } = message;
  const state = delivery ?? '';
  if (element.dataset.drawn === `${message.sequence} ${state}`) return;
  element.dataset.drawn = `${message.sequence} ${state}`;
  element.dataset.sequence = String(message.sequence);
  element.dataset.delivery = state;
  if (element.classList.contains('unanswered')) {
    element.classList.remove('unanswered');
    element.querySelector('.bubble')?.replaceChildren(...makeBubble(message, ''));
  }
  const at = /** @type {HTMLTimeElement} */ (element.querySelector('time'));
  at.dateTime = message.at;
  at.title = time.full(message.at);
  setText(at, time.clock(message.provider_time ?? message.at));
  const mark = /** @type {HTMLElement} */ (element.querySelector('.delivery'));
  if (delivery === null) {
    mark.replaceChildren();
    return;
  }
  const words = desk.transcript.delivery[delivery] ?? '';
  mark.title = words;
  const symbol = { sent: 'check', delivered: 'checks', read: 'checks', failed: 'alert' }[String(delivery)] ?? 'clock';
  mark.replaceChildren(icon(symbol), h('span', { class: delivery === 'failed' ? '' : 'visually-hidden' }, words));
}

/** @param {import('../types.js').Message} message @param {string} search */
const makeBubble = ({ content, spans }, search) => makeBody(content, search, content.type === 'pushed_url' ? invited(content) : spans);

/** Words above files. @param {import('../types.js').Content} content @param {string} search @param {import('../types.js').Span[]} spans */
function makeBody(content, search, spans) {
  const { attachments = [] } = content;
  const words = content.text === undefined && attachments.length > 0 ? [] : [makeText(content, search, spans)];
  return attachments.length === 0 ? words : [...words, makeFiles(attachments, FILES())];
}

/** Pictures are fetched by the page itself: the session's cookie goes with them. */
const FILES = () => ({
  picture: async (/** @type {import('../types.js').Attachment} */ { id }, /** @type {boolean} */ whole) => `/api/attachments/${encodeURIComponent(id)}${whole ? '' : '/thumbnail'}`,
  save: store.has('save_attachment') ? (/** @type {import('../types.js').Attachment} */ { id, name }) => keep(`/api/attachments/${encodeURIComponent(id)}/save`, name) : null,
  words: desk.files,
});

/** @param {import('../types.js').Content} content @param {string} search @param {import('../types.js').Span[]} [spans] */
function makeText(content, search, spans = []) {
  if (content.type === 'erased') return h('div', { class: 'text' }, h('em', {}, desk.transcript.erased));
  if (content.text === undefined) {
    return h('div', { class: 'text' }, h('em', {}, desk.transcript.unsupported), content.raw ? h('pre', { dir: 'auto' }, ...written(content.raw)) : null);
  }
  const { text } = content;
  const body = h('div', { class: 'text', dir: 'auto' });
  if (search === '') body.append(...cutAtSpans(text, spans).flatMap((part) => (part.href === null ? written(part.text) : makeLink(part.text, part.href))));
  else body.append(...markHits(text, search).flatMap((part) => (part.hit ? h('mark', {}, ...written(part.text)) : written(part.text))));
  if (shownLength(text) <= FOLD_CHARACTERS && text.split('\n', FOLD_LINES + 1).length <= FOLD_LINES) return body;
  body.classList.add('folded');
  const more = h('button', {
    type: 'button', class: 'link', on: {
      click: () => {
        body.classList.remove('folded');
        more.remove();
      },
    },
  }, desk.transcript.showAll);
  return h('div', {}, body, more);
}

/** What somebody wrote opens beside the desk, and learns nothing of it. @param {string} text @param {string} href */
function makeLink(text, href) {
  const web = href.startsWith('http');
  return h('a', { href, testid: 'entry-link', rel: 'noopener noreferrer nofollow', target: web ? '_blank' : null }, ...written(text));
}

/** @param {string} text @returns {number} how many characters of it take room */
function shownLength(text) {
  return towers(text).reduce((sum, part) => sum + (part.excess ? 0 : part.text.length), 0);
}
