/**
 * What is known of the conversations with contacts. There is one set of messages per contact; the transcript of an
 * interaction, the Conversation tab and the Communication view are projections of it, so they can never disagree.
 */

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Page} Page */

/** How far a message has come; observations may arrive in any order, so the furthest one wins. */
const STAGES = ['sent', 'failed', 'delivered', 'read'];

/** @param {Message} a @param {Message} b display order: the provider's time where it gave one, then the journal */
function inOrder(a, b) {
  const left = a.provider_time ?? a.at;
  const right = b.provider_time ?? b.at;
  if (left === right) return a.position - b.position;
  return left < right ? -1 : 1;
}

/**
 * One way of reading a conversation page by page. The messages of a contact may be known in patches (a page of private
 * messages here, a live message there); a window shows only what lies behind its own oldest page, so no gap can be
 * taken for silence.
 */
export class Window {
  /** @param {string} filter `""`, `"private"` or `"public"` @param {string} search */
  constructor(filter, search) {
    this.filter = filter;
    this.search = search;
    /** @type {string | null} */
    this.before = null;
    /** @type {string | null} */
    this.after = null;
    this.loaded = false;
    /** The account may not read this: what the feed brings is all there is. */
    this.closed = false;
    /** A page is on its way: the newest, an older one, or what came since. @type {"" | "newest" | "older" | "newer"} */
    this.loading = '';
    this.failed = false;
    /** The earliest message that a page gave; everything written after it is complete. @type {Message | null} */
    this.floor = null;
    /** What a search found; `null` for windows without one. @type {Set<string> | null} */
    this.found = search === '' ? null : new Set();
  }

  /** @returns {"conversation" | "communication"} the view it is read for; each can be switched off by itself */
  get view() {
    return this.filter === '' ? 'conversation' : 'communication';
  }

  /** @returns {boolean} whether there is nothing older to load */
  get complete() {
    return this.loaded && this.before === null;
  }
}

export class Conversation {
  constructor() {
    /** @type {Map<string, Message>} */
    this.messages = new Map();
    /** @type {Map<string, Window>} */
    this.windows = new Map();
    /** @type {Message[] | null} */
    this.sorted = null;
  }

  /** @param {string} filter @param {string} search @returns {Window} */
  window(filter, search) {
    const key = `${filter} ${search}`;
    let window = this.windows.get(key);
    if (window === undefined) {
      window = new Window(filter, search);
      this.windows.set(key, window);
    }
    return window;
  }

  /** @param {Message} message @returns {boolean} whether it was new */
  put(message) {
    const known = this.messages.get(message.id);
    const delivery = known === undefined ? message.delivery : further(known.delivery, message.delivery);
    this.messages.set(message.id, { ...message, delivery });
    this.sorted = null;
    return known === undefined;
  }

  /**
   * Without a message, everything up to the sequence was observed: who reads a mailbox reads what lies before, too.
   * @param {{message: string | null, thread: string, sequence: number, delivery: import('./types.js').Delivery}} observed
   */
  setDelivery({ message, thread, sequence, delivery }) {
    for (const [id, known] of this.messages) {
      const meant = message === null ? known.thread === thread && known.sequence <= sequence && known.delivery !== null : id === message;
      if (meant) this.messages.set(id, { ...known, delivery: further(known.delivery, delivery) });
    }
    this.sorted = null;
  }

  /** @param {Window} window @param {Page} page @param {"newest" | "older" | "newer"} which */
  addPage(window, page, which) {
    if (which === 'newest') {
      window.floor = null;
      window.found?.clear();
    }
    for (const message of page.messages) {
      this.put(message);
      window.found?.add(message.id);
      // Pages follow the journal, not the display order.
      if (window.floor === null || message.position < window.floor.position) window.floor = message;
    }
    if (which !== 'newer') window.before = page.before;
    if (which !== 'older') window.after = page.after ?? window.after;
    window.loaded = true;
  }

  /** @returns {Message[]} everything known, in display order */
  all() {
    this.sorted ??= Array.from(this.messages.values()).sort(inOrder);
    return this.sorted;
  }

  /** @param {Window} window @returns {Message[]} what the window shows, in display order */
  visible(window) {
    if (!window.loaded) return [];
    const { floor, found } = window;
    return this.all().filter((message) => {
      if (found !== null) return found.has(message.id);
      if (!window.complete && floor !== null && message.position < floor.position) return false;
      return window.filter === '' || message.visibility === window.filter;
    });
  }

  /** @returns {number} the newest position known, 0 for none */
  newest() {
    let newest = 0;
    for (const message of this.messages.values()) newest = Math.max(newest, message.position);
    return newest;
  }
}

/**
 * @param {import('./types.js').Delivery | null} a
 * @param {import('./types.js').Delivery | null} b
 */
function further(a, b) {
  if (a === null) return b;
  if (b === null) return a;
  return STAGES.indexOf(b) >= STAGES.indexOf(a) ? b : a;
}
