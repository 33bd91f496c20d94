/** The agent API over HTTP: one function per call of `docs/specs/agent-api.md`. */
import { newId } from './ids.js';

/** How long an answer may take before the request counts as unanswered. */
const ANSWER_MS = 15_000;

/** Pauses before an unanswered write is repeated with the same id, milliseconds. */
const REPEAT_AFTER_MS = [400, 1_200];

/** The server understood and refused. */
export class Problem extends Error {
  /** @param {number} status @param {Record<string, any>} fields the problem document */
  constructor(status, fields) {
    super(fields.detail ?? fields.title ?? `HTTP ${status}`);
    this.status = status;
    /** @type {string} */
    this.code = fields.code ?? `http_${status}`;
    this.detail = this.message;
    this.fields = fields;
  }
}

/** Nobody knows whether the server took it, or it asks to come back: no connection, no answer in time, too much to do. */
export class NoAnswer extends Error {
  /** @param {string} message @param {number} [status] 0 when there was no answer at all */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

/** Statuses after which the same request may well succeed later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Refusals with such a status that stay what they are: a call that did not come about is not made again by itself. */
const SETTLED = new Set(['not_carried']);

/** Told when the server no longer knows the session. @type {() => void} */
let onSessionLost = () => {};

/** @param {() => void} listener */
export function whenSessionLost(listener) {
  onSessionLost = listener;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer's JSON; `null` when it has none
 * @throws {Problem | NoAnswer}
 */
async function request(method, path, body) {
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: body === undefined ? { accept: 'application/json' } : { accept: 'application/json', 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    text = await response.text();
  } catch {
    throw new NoAnswer('no answer');
  }
  let json = null;
  try {
    json = text === '' ? null : JSON.parse(text);
  } catch {
    // Not ours: a proxy's page, say. The status tells enough.
  }
  if (PASSING.has(response.status) && !SETTLED.has(json?.code)) throw new NoAnswer(`HTTP ${response.status}`, response.status);
  if (response.ok) return json;
  if (response.status === 401) onSessionLost();
  throw new Problem(response.status, json !== null && typeof json === 'object' ? json : {});
}

/**
 * A write that changes nothing when it is repeated: it carries an id made here, so it may be sent again until it is
 * answered.
 * @param {string} path
 * @param {Record<string, unknown>} [body]
 */
async function write(path, body = {}) {
  const whole = { id: newId(), ...body };
  for (const pause of REPEAT_AFTER_MS) {
    try {
      return await request('POST', path, whole);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }
  return request('POST', path, whole);
}

/** A file may take its time; what is not answered is sent again under the same id. @param {string} path @param {File} file */
async function upload(path, file) {
  for (const pause of [...REPEAT_AFTER_MS, null]) {
    try {
      const response = await fetch(path, { method: 'POST', credentials: 'same-origin', headers: { accept: 'application/json' }, body: file });
      const json = await response.json().catch(() => ({}));
      if (response.ok) return json;
      if (response.status === 401) onSessionLost();
      if (!PASSING.has(response.status)) throw new Problem(response.status, json);
    } catch (error) {
      if (error instanceof Problem) throw error;
    }
    if (pause !== null) await new Promise((resume) => setTimeout(resume, pause));
  }
  throw new NoAnswer('no answer');
}

/** @param {Record<string, string | number | null | undefined>} parameters empty ones are left out */
function query(parameters) {
  const filled = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return filled.length === 0 ? '' : `?${new URLSearchParams(filled.map(([key, value]) => [key, String(value)]))}`;
}

const at = encodeURIComponent;

/** @typedef {import('./types.js').Me} Me */
/** @typedef {import('./types.js').Interaction} Interaction */

export const api = {
  /** @returns {Promise<{demo: boolean, agents: string[]}>} */
  sessionOptions: () => request('GET', '/api/session/options'),
  /** @param {{token?: string, link?: string, agent?: string}} credentials @returns {Promise<Me>} */
  signIn: (credentials) => request('POST', '/api/session', credentials),
  signOut: () => request('DELETE', '/api/session'),

  /** @returns {Promise<Me>} */
  me: () => request('GET', '/api/me'),
  /** @param {string} medium @param {boolean} ready @param {string | null} reason @returns {Promise<Me>} */
  setReadiness: (medium, ready, reason) => request('PUT', '/api/me/readiness', { medium, ready, reason }),
  /** @returns {Promise<{interactions: Interaction[], offers: import('./types.js').Offer[], requests?: import('./types.js').Request[]}>} */
  myInteractions: () => request('GET', '/api/me/interactions'),
  /** @param {{contact: string | null, team?: boolean}} looked what is looked at; only a supervisor may look at the team */
  watch: (looked) => request('PUT', '/api/me/watching', looked),
  /** @param {string} contact @param {boolean} assigned */
  assign: (contact, assigned) => request(assigned ? 'PUT' : 'DELETE', `/api/me/contacts/${at(contact)}`),

  /** @param {string} offer @returns {Promise<{interaction: Interaction}>} */
  accept: (offer) => write(`/api/offers/${at(offer)}/accept`),
  /** @param {string} offer */
  decline: (offer) => write(`/api/offers/${at(offer)}/decline`),

  /** @param {string} interaction @returns {Promise<Interaction>} */
  interaction: (interaction) => request('GET', `/api/interactions/${at(interaction)}`),

  // These are repeated by the outbox, which keeps them across reloads.
  /** @param {string} interaction @param {string} id @param {string} text @param {string[]} attachments @param {boolean} force @returns {Promise<{message: import('./types.js').Message, interaction: Interaction}>} */
  sendMessage: (interaction, id, text, attachments, force) => request('POST', `/api/interactions/${at(interaction)}/messages`, { id, text, attachments, ...(force ? { force } : {}) }),
  /** @param {string} interaction @param {string} id @param {string} text @returns {Promise<{message: import('./types.js').Message}>} */
  sendNote: (interaction, id, text) => request('POST', `/api/interactions/${at(interaction)}/notes`, { id, text }),
  /** @param {string} interaction @param {string} consult @param {string} id @param {string} text @returns {Promise<{message: import('./types.js').Message}>} */
  writeInConsult: (interaction, consult, id, text) => request('POST', `/api/interactions/${at(interaction)}/consult/${at(consult)}/messages`, { id, text }),
  /** For the agents of an interaction only. @param {string} interaction @param {string} id @param {string} text @returns {Promise<{message: import('./types.js').Message}>} */
  whisper: (interaction, id, text) => request('POST', `/api/interactions/${at(interaction)}/monitor/messages`, { id, text }),
  /** In a chat with a colleague. @param {string} consult @param {string} id @param {string} text @returns {Promise<{message: import('./types.js').Message}>} */
  writeToColleague: (consult, id, text) => request('POST', `/api/consults/${at(consult)}/messages`, { id, text }),
  /** @param {string} contact @param {string} id @param {string} channel @param {string | null} point @param {string} text @param {string[]} attachments @param {boolean} force @returns {Promise<{message: import('./types.js').Message}>} */
  writeToContact: (contact, id, channel, point, text, attachments, force) => request('POST', `/api/contacts/${at(contact)}/messages`, { id, channel, point, text, attachments, ...(force ? { force } : {}) }),

  /** A file for a message to come. @param {string} id @param {File} file @param {{interaction?: string, channel?: string}} where */
  upload: (id, file, where) => upload(`/api/attachments${query({ id, name: file.name, ...where })}`, file),

  /** @param {string} interaction @param {string} id @param {string} url @returns {Promise<{message: import('./types.js').Message, interaction: Interaction}>} */
  pushUrl: (interaction, id, url) => write(`/api/interactions/${at(interaction)}/push-url`, { id, url }),
  /** @param {string} url @returns {Promise<{address: string, host: string, secure: boolean}>} */
  previewUrl: (url) => request('POST', '/api/pushed-urls/preview', { url }),
  /** @returns {Promise<{urls: string[]}>} */
  pushedUrls: () => request('GET', '/api/pushed-urls'),

  /** @param {string} locale @param {string} [search] @returns {Promise<{emoji: {emoji: string, name: string, group: string}[]}>} */
  emoji: (locale, search) => request('GET', `/api/emoji${query({ locale, search })}`),
  /** @returns {Promise<{emoji: string[]}>} */
  recentEmoji: () => request('GET', '/api/emoji/recent'),

  /** @param {string} interaction @param {boolean} on */
  typing: (interaction, on) => request('POST', `/api/interactions/${at(interaction)}/typing`, { on }),
  /** @param {string} interaction @returns {Promise<{interaction: Interaction}>} */
  end: (interaction) => write(`/api/interactions/${at(interaction)}/end`),
  /** @param {string} interaction @returns {Promise<{interaction: Interaction}>} */
  done: (interaction) => write(`/api/interactions/${at(interaction)}/done`),
  /** Puts it aside, or takes it up again. @param {string} interaction @param {boolean} aside @returns {Promise<{interaction: Interaction}>} */
  park: (interaction, aside) => write(`/api/interactions/${at(interaction)}/${aside ? 'park' : 'unpark'}`),
  /** @param {string} interaction @param {string} key @param {string | null} value `null` takes it away @returns {Promise<{interaction: Interaction}>} */
  setCase: (interaction, key, value) => request('PUT', `/api/interactions/${at(interaction)}/case`, { id: newId(), key, value }),
  /** @param {string} interaction @param {string} code @returns {Promise<{interaction: Interaction}>} */
  setDisposition: (interaction, code) => write(`/api/interactions/${at(interaction)}/disposition`, { code }),

  /** @param {string} interaction @returns {Promise<import('./types.js').Targets>} */
  targets: (interaction) => request('GET', `/api/interactions/${at(interaction)}/targets`),
  /** @param {string} interaction @param {{agent: string} | {queue: string}} to @param {string | null} note @returns {Promise<{interaction: Interaction}>} */
  transfer: (interaction, to, note) => write(`/api/interactions/${at(interaction)}/transfer`, { to, note }),
  /** @param {string} transfer @returns {Promise<{interaction: Interaction}>} */
  acceptTransfer: (transfer) => write(`/api/transfers/${at(transfer)}/accept`),
  /** @param {string} transfer */
  declineTransfer: (transfer) => write(`/api/transfers/${at(transfer)}/decline`),
  /** @param {string} transfer */
  cancelTransfer: (transfer) => write(`/api/transfers/${at(transfer)}/cancel`),
  /** @param {string} interaction @param {{agent: string} | {voice: {agent: string}}} whom in writing, or by telephone @returns {Promise<{consult: string, interaction: Interaction}>} */
  consult: (interaction, whom) => write(`/api/interactions/${at(interaction)}/consult`, whom),
  /** @param {string} interaction @param {string} consult @returns {Promise<{interaction: Interaction}>} */
  joinConsult: (interaction, consult) => write(`/api/interactions/${at(interaction)}/consult/${at(consult)}/join`),
  /** @param {string} interaction @param {string} consult @returns {Promise<{interaction: Interaction}>} */
  completeConsult: (interaction, consult) => write(`/api/interactions/${at(interaction)}/consult/${at(consult)}/complete`),
  /** Declines, takes back or drops. @param {string} interaction @param {string} consult */
  endConsult: (interaction, consult) => write(`/api/interactions/${at(interaction)}/consult/${at(consult)}/cancel`),
  /** @param {string} interaction @param {string} agent @returns {Promise<{interaction: Interaction}>} */
  invite: (interaction, agent) => write(`/api/interactions/${at(interaction)}/conference`, { agent }),
  /** @param {string} interaction @returns {Promise<{interaction: Interaction}>} */
  acceptInvitation: (interaction) => write(`/api/interactions/${at(interaction)}/conference/accept`),
  /** @param {string} interaction */
  declineInvitation: (interaction) => write(`/api/interactions/${at(interaction)}/conference/decline`),
  /** @param {string} interaction */
  leaveConference: (interaction) => write(`/api/interactions/${at(interaction)}/conference/leave`),
  /** A member, or an invitation. @param {string} interaction @param {string} agent @returns {Promise<{interaction: Interaction}>} */
  removeMember: (interaction, agent) => write(`/api/interactions/${at(interaction)}/conference/remove`, { agent }),

  /** Watches, whispers, joins in; `null` stops. @param {string} interaction @param {import('./types.js').Supervision | null} mode @returns {Promise<{interaction: Interaction}>} */
  supervise: (interaction, mode) => write(`/api/interactions/${at(interaction)}/monitor`, { mode }),
  /** Picks it from its queue. @param {string} interaction @returns {Promise<{interaction: Interaction}>} */
  pull: (interaction) => write(`/api/interactions/${at(interaction)}/pull`),
  /** @param {string} interaction @returns {Promise<import('./types.js').Explanation>} */
  explain: (interaction) => request('GET', `/api/interactions/${at(interaction)}/explain`),
  /** @returns {Promise<import('./types.js').Team>} */
  team: () => request('GET', '/api/team'),
  /** @returns {Promise<import('./types.js').Figures>} */
  figures: () => request('GET', '/api/kpi'),

  /** @returns {Promise<{colleagues: import('./types.js').Colleague[]}>} */
  colleagues: () => request('GET', '/api/colleagues'),
  /** @returns {Promise<{consults: import('./types.js').Chat[]}>} */
  chats: () => request('GET', '/api/consults'),
  /** @param {string} agent @returns {Promise<{consult: import('./types.js').Chat}>} */
  beginChat: (agent) => write('/api/consults', { agent }),
  /** @param {string} chat @param {number} after sequence @returns {Promise<{consult: import('./types.js').Chat, messages: import('./types.js').Message[]}>} */
  chatMessages: (chat, after) => request('GET', `/api/consults/${at(chat)}/messages${query({ after })}`),
  /** @param {string} chat */
  endChat: (chat) => write(`/api/consults/${at(chat)}/end`),

  /** @param {string} contact @returns {Promise<{actions: import('./types.js').Action[]}>} */
  actions: (contact) => request('GET', `/api/contacts/${at(contact)}/actions`),
  /** @param {string} contact @param {string} action @param {string} address @returns {Promise<{message: import('./types.js').Message}>} */
  launch: (contact, action, address) => write(`/api/contacts/${at(contact)}/actions`, { action, address }),

  /** @param {string} message @param {"send_again" | "discard"} resolution @returns {Promise<{message: import('./types.js').Message}>} */
  resolveSend: (message, resolution) => write(`/api/messages/${at(message)}/resolve`, { resolution }),

  /** @param {{scope: string, search: string, after?: string | null, limit: number}} which @returns {Promise<{contacts: import('./types.js').ContactSummary[], next: string | null}>} */
  contacts: (which) => request('GET', `/api/contacts${query(which)}`),
  /** @param {string} contact @returns {Promise<import('./types.js').ContactDetail>} */
  contact: (contact) => request('GET', `/api/contacts/${at(contact)}`),
  /** Not repeated: the version would be stale the second time. @param {string} contact @param {import('./types.js').ContactChange} change @returns {Promise<import('./types.js').ContactDetail>} */
  changeContact: (contact, change) => request('PATCH', `/api/contacts/${at(contact)}`, { id: newId(), ...change }),
  /** @param {string} contact @param {{before?: string | null, after?: string | null, filter: string, search?: string, view: "conversation" | "communication", limit: number}} which @returns {Promise<import('./types.js').Page>} */
  conversation: (contact, which) => request('GET', `/api/contacts/${at(contact)}/conversation${query(which)}`),
  /** @param {string} channel @param {string} text @returns {Promise<{parts: {count: number, alphabet: string | null, left: number | null} | null}>} */
  compose: (channel, text) => request('POST', '/api/compose', { channel, text }),
  /** @param {string} contact @param {string} kind @param {string} address @returns {Promise<unknown>} */
  addPoint: (contact, kind, address) => request('POST', `/api/contacts/${at(contact)}/points`, { kind, address }),
  /** @param {string} contact @param {string} channel @param {string | null} point @returns {Promise<{interaction: Interaction}>} */
  openInteraction: (contact, channel, point) => write(`/api/contacts/${at(contact)}/interactions`, { channel, point }),
  /** @param {string} contact @param {number} upto position */
  markRead: (contact, upto) => request('POST', `/api/contacts/${at(contact)}/read`, { upto }),
};
