/**
 * Everything the desk knows, in one place that can be observed. The feed and the answers of the API change it; elements
 * read it and draw. Nothing asks the server again and again.
 */
import { now } from './clock.js';
import { Conversation } from './conversations.js';

/** @typedef {import('./types.js').Interaction} Interaction */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Offer} Offer */
/** @typedef {import('./types.js').Request} Request */
/** @typedef {import('./types.js').Me} Me */
/** @typedef {import('./types.js').ContactSummary} ContactSummary */
/** @typedef {"session" | "feed" | "interactions" | "offers" | "messages" | "typing" | "contacts" | "alerts" | "notices" | "view" | "outbox" | "team" | "figures" | "chats"} Topic */
/** What can be done about it. @typedef {{label: string, run: () => void}} Remedy */
/** @typedef {{id: number, kind: "info" | "error", text: string, remedy?: Remedy}} Notice */
/** @typedef {{scope: "all" | "assigned", search: string, ids: string[], next: string | null, loading: boolean, loaded: boolean, failed: boolean}} ContactList */

/** @typedef {"interactions" | "communication" | "team"} Tab */
/** @typedef {"now" | "chats" | "figures"} Panel of the team view */
/** @typedef {{tab: Tab, interaction: string | null, contact: string | null, filter: "private" | "public", panel: Panel, chat: string | null}} View */

/** How many transcript lines a preview has (r46). */
const TAIL = 3;

/** A pending reply only ever gets more urgent while it waits. */
const COLOURS = ['green', 'yellow', 'red'];

/** What is known about the work of the agent who is signed in. */
class State {
  /** @type {"loading" | "out" | "in"} */
  session = 'loading';
  /** @type {Me | null} */
  me = null;
  /** @type {"connecting" | "live" | "reconnecting"} */
  feed = 'connecting';
  /** @type {Map<string, Interaction>} */
  interactions = new Map();
  /** @type {Map<string, Offer>} */
  offers = new Map();
  /** @type {Map<string, Request>} what colleagues ask, by kind and id */
  requests = new Map();
  /** @type {Map<string, number>} offers, requests and interactions: the revision that last put or removed them */
  touched = new Map();
  /** @type {Set<string>} offers never come back */
  goneOffers = new Set();
  /** @type {Map<string, Conversation>} by contact */
  conversations = new Map();
  /** @type {Map<string, {contact: string, until: number}>} by thread */
  typing = new Map();
  /** @type {Map<string, ContactSummary>} */
  contacts = new Map();
  /** @type {Map<string, import('./types.js').ContactDetail>} */
  details = new Map();
  /** @type {ContactList} */
  list = { scope: 'all', search: '', ids: [], next: null, loading: false, loaded: false, failed: false };
  /** @type {Map<string, import('./types.js').Alert>} by contact: a burst is one alert */
  alerts = new Map();
  /** @type {Set<string>} */
  seenAlerts = new Set();
  /** @type {Notice[]} */
  notices = [];
  /** @type {import('./types.js').PendingWrite[]} */
  outbox = [];
  /** Whether it is the demonstration: what happens outside is only played then. */
  demo = false;
  /** What supervisors see of the desk; `null` until it is looked at. @type {import('./types.js').Team | null} */
  team = null;
  /** @type {Map<string, import('./types.js').Explanation>} why work waits, by interaction; only of what is asked about */
  explanations = new Map();
  /** @type {import('./types.js').Figures | null} */
  figures = null;
  /** @type {import('./types.js').Colleague[] | null} */
  colleagues = null;
  /** @type {Map<string, import('./types.js').Chat>} chats with colleagues: those that go on, and the one that is shown */
  chats = new Map();
  /** @type {Map<string, import('./types.js').Action[]>} by contact */
  actions = new Map();
  /** @type {View} */
  view = { tab: 'interactions', interaction: null, contact: null, filter: 'private', panel: 'now', chat: null };
}

/** @type {Topic[]} */
const TOPICS = ['session', 'feed', 'interactions', 'offers', 'messages', 'typing', 'contacts', 'alerts', 'notices', 'view', 'outbox', 'team', 'figures', 'chats'];

class Store extends State {
  /** @type {Map<() => void, Set<Topic>>} */
  listeners = new Map();
  /** @type {Set<Topic>} */
  dirty = new Set();
  /** Counts the changes of the agent's work, so that an answer that was on its way meanwhile undoes none of them. */
  revision = 0;
  noticeCount = 0;

  /** Forgets everything of whoever was signed in. @param {"loading" | "out" | "in"} session */
  reset(session) {
    Object.assign(this, new State(), { session });
    this.changed(...TOPICS);
  }

  /**
   * @param {Topic[]} topics
   * @param {() => void} listener called once after any number of changes
   * @returns {() => void} stops it
   */
  subscribe(topics, listener) {
    this.listeners.set(listener, new Set(topics));
    return () => this.listeners.delete(listener);
  }

  /** @param {...Topic} topics */
  changed(...topics) {
    // A microtask, not an animation frame: hidden windows draw no frames, but must still flash for attention.
    if (this.dirty.size === 0) queueMicrotask(() => this.notify());
    topics.forEach((topic) => this.dirty.add(topic));
  }

  notify() {
    const { dirty } = this;
    this.dirty = new Set();
    for (const [listener, topics] of Array.from(this.listeners)) {
      if (this.listeners.has(listener) && Array.from(topics).some((topic) => dirty.has(topic))) listener();
    }
  }

  /** @param {Me} me */
  setMe(me) {
    this.me = me;
    this.changed('session');
  }

  /** @param {"connecting" | "live" | "reconnecting"} state */
  setFeed(state) {
    if (this.feed === state) return;
    this.feed = state;
    this.changed('feed');
  }

  /** @param {string} flag @returns {boolean} whether the account has it; unknown flags are on */
  has(flag) {
    return this.me?.flags[flag] !== false;
  }

  /** @returns {boolean} whether the agent watches over the work of others */
  get supervises() {
    return this.me?.role === 'supervisor';
  }

  // ---- interactions and offers

  /** @param {Interaction} interaction @returns {boolean} whether it belongs into the agent's bar */
  mine(interaction) {
    const agent = this.me?.agent ?? '';
    return this.takesPart(interaction)
      || (interaction.state === 'active' && (this.consults(interaction).some((consult) => consult.agent === agent && consult.joined)
        || (interaction.supervisors ?? []).some((supervisor) => supervisor.agent === agent)));
  }

  /** @param {Interaction} interaction @returns {boolean} whether the agent owns it or is a member */
  takesPart(interaction) {
    const agent = this.me?.agent ?? '';
    return (interaction.state === 'active' || interaction.state === 'ended')
      && (interaction.owner === agent || interaction.members.includes(agent));
  }

  /** @param {Interaction} interaction @returns {import('./types.js').Supervision | null} how the agent watches over it */
  supervision(interaction) {
    if (interaction.state !== 'active') return null;
    return (interaction.supervisors ?? []).find(({ agent }) => agent === this.me?.agent)?.mode ?? null;
  }

  /** @param {Interaction} interaction @returns {boolean} whether what the agent writes goes to the contact */
  writes(interaction) {
    return this.takesPart(interaction) || this.supervision(interaction) === 'barge';
  }

  /** @param {Interaction} interaction @returns {import('./types.js').Pending | null} how long the contact has been waiting for those to whom the agent belongs */
  pendingOf(interaction) {
    return this.writes(interaction) ? interaction.pending : null;
  }

  /** The consults of an interaction in which the agent can have a say. @param {Interaction | undefined} interaction @returns {import('./types.js').Consult[]} */
  consults(interaction) {
    if (interaction?.state !== 'active') return [];
    const all = interaction.consults ?? [];
    return this.takesPart(interaction) ? all : all.filter((consult) => consult.agent === this.me?.agent && consult.joined);
  }

  /**
   * The interaction that the view asks for. One that is a colleague's is shown for reading; once its session is over,
   * any agent may go on with it (r28).
   * @returns {Interaction | undefined}
   */
  shown() {
    const wanted = this.interactions.get(this.view.interaction ?? '');
    return wanted?.state === 'active' || wanted?.state === 'ended' ? wanted : undefined;
  }

  /** @returns {Interaction | undefined} what is shown, if it is a colleague's: the feed tells nothing of its state */
  shownOfOthers() {
    const shown = this.shown();
    return shown === undefined || this.mine(shown) ? undefined : shown;
  }

  /** @returns {Interaction[]} those of the bar, oldest first, so that entries keep their place */
  ownInteractions() {
    return Array.from(this.interactions.values())
      .filter((interaction) => this.mine(interaction))
      .sort((a, b) => (a.created_at === b.created_at ? (a.id < b.id ? -1 : 1) : (a.created_at < b.created_at ? -1 : 1)));
  }

  /** @param {Interaction} interaction */
  putInteraction(interaction) {
    const known = this.interactions.get(interaction.id);
    if (known !== undefined && known.version > interaction.version) return;
    this.touched.set(interaction.id, ++this.revision);
    const pending = known?.version === interaction.version ? moreUrgent(known.pending, interaction.pending) : interaction.pending;
    this.interactions.set(interaction.id, { ...interaction, pending });
    this.changed('interactions');
  }

  /** @param {string} id @returns {Interaction | undefined} what was removed */
  removeInteraction(id) {
    const known = this.interactions.get(id);
    this.interactions.delete(id);
    this.touched.set(id, ++this.revision);
    this.changed('interactions');
    return known;
  }

  /** @param {Offer} offer */
  putOffer(offer) {
    if (this.goneOffers.has(offer.id)) return;
    this.touched.set(offer.id, ++this.revision);
    this.offers.set(offer.id, offer);
    this.changed('offers');
  }

  /** @param {string} id @returns {Offer | undefined} what was removed */
  removeOffer(id) {
    const known = this.offers.get(id);
    this.offers.delete(id);
    this.touched.set(id, ++this.revision);
    this.goneOffers.add(id);
    this.changed('offers');
    return known;
  }

  /** @param {Request} request */
  putRequest(request) {
    const key = `${request.kind} ${request.id}`;
    // One can be invited again to the same interaction, so what has gone may come back.
    this.touched.set(key, ++this.revision);
    this.requests.set(key, request);
    this.changed('offers');
  }

  /** @param {string} key @returns {Request | undefined} what was removed */
  removeRequest(key) {
    const known = this.requests.get(key);
    this.requests.delete(key);
    this.touched.set(key, ++this.revision);
    this.changed('offers');
    return known;
  }

  /**
   * Takes the whole list of the agent's work. What changed after the question was asked stays as it is.
   * @param {{interactions: Interaction[], offers: Offer[], requests?: Request[]}} work
   * @param {number} asked the revision when the question was asked
   */
  replaceWork(work, asked) {
    const changedSince = (/** @type {string} */ id) => (this.touched.get(id) ?? 0) > asked;
    const read = this.shownOfOthers()?.id;
    const given = new Set(work.interactions.map(({ id }) => id));
    replace(this.interactions, work.interactions, (id) => changedSince(id) || (id === read && !given.has(id)));
    replace(this.offers, work.offers, changedSince);
    replace(this.requests, work.requests ?? [], changedSince, (request) => `${request.kind} ${request.id}`);
    this.changed('interactions', 'offers');
  }

  /** @param {string} id @param {import('./types.js').Pending | null} pending */
  setPending(id, pending) {
    const known = this.interactions.get(id);
    if (known === undefined) return;
    this.interactions.set(id, { ...known, pending });
    this.changed('interactions');
  }

  /** @param {string} thread @param {import('./types.js').Connection} connection */
  setConnection(thread, connection) {
    for (const [id, known] of this.interactions) {
      if (known.thread === thread) this.interactions.set(id, { ...known, connection });
    }
    this.changed('interactions');
  }

  // ---- messages

  /** @param {string} contact @returns {Conversation} */
  conversation(contact) {
    let known = this.conversations.get(contact);
    if (known === undefined) {
      known = new Conversation();
      this.conversations.set(contact, known);
    }
    return known;
  }

  /** @param {Message} message @returns {boolean} whether it was new */
  putMessage(message) {
    // Below a post others write too; it stands in the conversation of whoever the work is with.
    const contact = message.contact ?? this.interactions.get(message.interaction ?? '')?.contact.id ?? conversationOfChat(message);
    if (contact === undefined) return false;
    const isNew = this.conversation(contact).put(message);
    if (message.author.kind === 'contact') this.setTyping(message.thread, contact, 0);
    if (isNew && message.interaction !== null && ['text', 'pushed_url'].includes(message.content.type)) this.extendTail(message);
    this.changed('messages');
    return isNew;
  }

  /** Keeps the preview of an interaction up to date between two full descriptions of it. @param {Message} message */
  extendTail(message) {
    const known = this.interactions.get(message.interaction ?? '');
    if (known !== undefined) {
      this.interactions.set(known.id, { ...known, tail: longer(known.tail, message) });
      this.changed('interactions');
    }
    for (const asked of [this.offers, this.requests]) {
      for (const [key, each] of /** @type {Map<string, any>} */ (asked)) {
        if (each.interaction.id !== message.interaction) continue;
        asked.set(key, { ...each, interaction: { ...each.interaction, tail: longer(each.interaction.tail, message) } });
        this.changed('offers');
      }
    }
  }

  /** @param {{message: string | null, thread: string, sequence: number, delivery: import('./types.js').Delivery}} observed */
  setDelivery(observed) {
    for (const conversation of this.conversations.values()) conversation.setDelivery(observed);
    this.changed('messages');
  }

  /** @param {string} thread @param {string} contact @param {number} until milliseconds by the server's clock; 0 for not typing */
  setTyping(thread, contact, until) {
    if (until <= now()) {
      if (!this.typing.delete(thread)) return;
    } else {
      this.typing.set(thread, { contact, until });
    }
    this.changed('typing');
  }

  /** Forgets typing notices whose time has passed: the one who typed may never say that they stopped. */
  expireTyping() {
    for (const [thread, { until }] of this.typing) {
      if (until <= now()) {
        this.typing.delete(thread);
        this.changed('typing');
      }
    }
  }

  // ---- contacts and alerts

  /** @param {ContactSummary} contact */
  putContact(contact) {
    const known = this.contacts.get(contact.id);
    this.contacts.set(contact.id, contact);
    for (const [id, interaction] of this.interactions) {
      if (interaction.contact.id === contact.id && interaction.contact.display_name !== contact.display_name) {
        this.interactions.set(id, { ...interaction, contact: { id: contact.id, display_name: contact.display_name } });
        this.changed('interactions');
      }
    }
    const newer = (contact.last?.at ?? '') > (known?.last?.at ?? '');
    this.placeInList(contact, newer);
    this.changed('contacts');
  }

  /** @param {ContactSummary} contact @param {boolean} first whether something was just said, so it goes to the top */
  placeInList(contact, first) {
    const { list } = this;
    // A search is answered by the server alone: only it folds names the way it does.
    if (!list.loaded || list.search !== '') return;
    const listed = list.ids.includes(contact.id);
    const belongs = list.scope === 'all' || contact.assigned;
    if (!belongs) list.ids = list.ids.filter((id) => id !== contact.id);
    else if (first || !listed) list.ids = [contact.id, ...list.ids.filter((id) => id !== contact.id)];
  }

  /** @param {string} contact */
  clearUnread(contact) {
    const known = this.contacts.get(contact);
    if (known === undefined || known.unread === null) return;
    this.contacts.set(contact, { ...known, unread: null });
    this.changed('contacts');
  }

  /** @param {import('./types.js').Alert} alert */
  putAlert(alert) {
    if (this.seenAlerts.has(alert.id)) return;
    this.alerts.set(alert.contact.id, alert);
    this.changed('alerts');
  }

  /** @param {string} contact */
  removeAlert(contact) {
    const known = this.alerts.get(contact);
    if (known === undefined) return;
    this.seenAlerts.add(known.id);
    this.alerts.delete(contact);
    this.changed('alerts');
  }

  // ---- colleagues

  /** @param {import('./types.js').Chat} chat */
  putChat(chat) {
    // One that is over stays on the screen until somebody leaves it.
    if (chat.ended_at !== null && !this.chats.has(chat.id)) return;
    this.chats.set(chat.id, chat);
    this.changed('chats');
  }

  /** The chats that go on, and the one that is on the screen; the newest first. @returns {import('./types.js').Chat[]} */
  shownChats() {
    return Array.from(this.chats.values())
      .filter((chat) => chat.ended_at === null || (this.view.tab === 'team' && this.view.chat === chat.id))
      .sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
  }

  // ---- what is said to the agent, and what they look at

  /** @param {string} text @param {"info" | "error"} [kind] @param {Remedy} [remedy] */
  notice(text, kind = 'info', remedy = undefined) {
    const same = this.notices.find((known) => known.text === text && known.kind === kind && known.remedy === remedy);
    if (same !== undefined) this.notices = this.notices.filter((known) => known !== same);
    this.notices = [...this.notices, { id: ++this.noticeCount, kind, text, remedy }].slice(-4);
    this.changed('notices');
  }

  /** @param {number} id */
  removeNotice(id) {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed('notices');
  }

  /** @param {Partial<Store["view"]>} change */
  setView(change) {
    this.view = { ...this.view, ...change };
    // Whatever the address says (r111).
    if (this.view.tab === 'communication' && !this.has('communication_view')) this.view.tab = 'interactions';
    if (this.view.panel === 'now' && !this.supervises) this.view.panel = 'chats';
    this.changed('view');
  }
}

/** Under which name the conversation of a chat with a colleague is kept beside those with contacts. @param {string} chat @returns {string} */
export const conversationOf = (chat) => `chat ${chat}`;

/** @param {string} name of a conversation @returns {string | null} the chat with a colleague that it is of */
export const chatOf = (name) => (name.startsWith('chat ') ? name.slice(5) : null);

/** @param {Message} message @returns {string | undefined} */
function conversationOfChat({ interaction, content }) {
  const chat = interaction === null ? content.consult ?? content.notice?.consult?.consult : undefined;
  return chat === undefined ? undefined : conversationOf(chat);
}

/** @param {import('./types.js').TailLine[]} tail @param {Message} message @returns {import('./types.js').TailLine[]} */
function longer(tail, message) {
  const text = message.content.text ?? '';
  // A description may already hold the message that is announced beside it.
  if (tail.some((line) => line.at > message.at || (line.at === message.at && line.text === text))) return tail;
  return [...tail, { author: message.author, text, at: message.at }].slice(-TAIL);
}

/**
 * @param {import('./types.js').Pending | null} a
 * @param {import('./types.js').Pending | null} b the newer one
 */
function moreUrgent(a, b) {
  if (a === null || b === null || a.since !== b.since) return b;
  return COLOURS.indexOf(a.colour) > COLOURS.indexOf(b.colour) ? a : b;
}

/**
 * @template {{id: string}} T
 * @param {Map<string, T>} known
 * @param {T[]} given
 * @param {(key: string) => boolean} changedSince
 * @param {(each: T) => string} [keyOf]
 */
function replace(known, given, changedSince, keyOf = ({ id }) => id) {
  const kept = new Set(given.map(keyOf));
  for (const key of Array.from(known.keys())) if (!kept.has(key) && !changedSince(key)) known.delete(key);
  for (const each of given) if (!changedSince(keyOf(each))) known.set(keyOf(each), each);
}

export const store = new Store();
