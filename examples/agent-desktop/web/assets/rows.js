/** Turns messages into what a transcript shows: entries, with the days and interactions they belong to between them. */

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').PendingWrite} PendingWrite */

/**
 * @typedef {{key: string, type: "day", at: number}
 *   | {key: string, type: "interaction", channel: string, kind: string, at: number}
 *   | {key: string, type: "message", message: Message, grouped: boolean, followed: boolean}
 *   | {key: string, type: "pending", write: PendingWrite, grouped: boolean, followed: boolean}} Row
 *
 * `grouped` entries belong to the one above, so they show no name; `followed` ones have another below that says the
 * same about time and delivery, so they show neither.
 */

/** Entries of one author that follow each other within this time stand together, milliseconds. */
const GROUP_MS = 180_000;

/** What a write will be; a message is text. @type {Record<string, string>} */
const TYPES = { note: 'note', consult: 'consult', chat: 'consult', whisper: 'whisper' };

/** @param {Message} message */
const momentOf = (message) => Date.parse(message.provider_time ?? message.at);

/** @param {Message | null} before @param {Message} message */
function continues(before, message) {
  return before !== null
    && before.author.kind === message.author.kind
    && before.author.name === message.author.name
    && before.content.type === message.content.type
    && before.content.type !== 'system'
    && momentOf(message) - momentOf(before) < GROUP_MS;
}

/**
 * @param {Message[]} messages in display order
 * @param {PendingWrite[]} pending not answered yet, in the order they were written
 * @param {boolean} withInteractions whether it spans interactions, and should show where each begins
 * @param {string} me the agent
 * @returns {Row[]}
 */
export function rowsOf(messages, pending, withInteractions, me) {
  /** @type {Row[]} */
  const rows = [];
  let day = '';
  /** @type {string | null | undefined} */
  let interaction;
  /** @type {Message | null} */
  let before = null;
  for (const message of messages) {
    const at = momentOf(message);
    const thisDay = new Date(at).toDateString();
    if (thisDay !== day) {
      rows.push({ key: `day ${thisDay} ${message.id}`, type: 'day', at });
      day = thisDay;
      before = null;
    }
    if (withInteractions && message.interaction !== null && message.interaction !== interaction) {
      rows.push({ key: `interaction ${message.id}`, type: 'interaction', channel: message.channel, kind: message.kind, at });
      before = null;
    }
    if (message.interaction !== null) interaction = message.interaction;
    rows.push({ key: message.id, type: 'message', message, grouped: continues(before, message), followed: false });
    before = message;
  }
  // An answered write may still stand in the outbox for a moment: it is shown once.
  const known = new Set(messages.map(({ id }) => id));
  let previous = before !== null && before.author.kind === 'agent' && before.author.name === me ? before.content.type : '';
  for (const write of pending) {
    const type = TYPES[write.what] ?? 'text';
    if (!known.has(write.id)) rows.push({ key: write.id, type: 'pending', write, grouped: previous === type, followed: false });
    previous = type;
  }
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1];
    if (row.type === 'message' && next?.type === 'message') row.followed = next.grouped && saysTheSame(row.message, next.message);
  }
  return rows;
}

/** @param {Message} a @param {Message} b */
function saysTheSame(a, b) {
  return a.delivery === b.delivery && !a.late && !b.late && Math.floor(momentOf(a) / 60_000) === Math.floor(momentOf(b) / 60_000);
}
