/**
 * The live feed. The browser's EventSource reads it; reconnecting is done here, because a refused resumption (410)
 * must be told apart from a server that is away, and a desk cannot wait as long as browsers do.
 */

/** The events of `docs/specs/agent-api.md`. */
const EVENTS = [
  'hello', 'interaction', 'interaction_gone', 'offer', 'offer_gone', 'request', 'request_gone', 'message', 'delivery', 'contact', 'me', 'alert',
  'consult', 'team', 'pending', 'typing', 'connection', 'resync',
];

/** Pauses between attempts, milliseconds; the last one repeats, each varied so that desks do not return in step. */
const PAUSES_MS = [300, 700, 1_500, 3_000];

/** A connection that says nothing for this long after opening is not one. */
const HELLO_MS = 10_000;

/**
 * @typedef {object} FeedListener
 * @property {(type: string, data: any) => void} event
 * @property {(state: "connecting" | "live" | "reconnecting") => void} state
 * @property {() => void} expired the place to resume from is gone: everything must be read again
 * @property {() => void} signedOut
 */

export class Feed {
  /** @param {FeedListener} listener */
  constructor(listener) {
    this.listener = listener;
    /** The newest journal position seen; resumption starts behind it. */
    this.lastId = '';
    this.attempts = 0;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.hurry = () => this.retryNow();
  }

  open() {
    window.addEventListener('online', this.hurry);
    this.listener.state('connecting');
    this.connect();
  }

  close() {
    window.removeEventListener('online', this.hurry);
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  get address() {
    return this.lastId === '' ? '/api/feed' : `/api/feed?after=${encodeURIComponent(this.lastId)}`;
  }

  connect() {
    const source = new EventSource(this.address);
    this.source = source;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.lost(source), HELLO_MS);
    for (const type of EVENTS) {
      source.addEventListener(type, (event) => {
        if (this.source === source) this.receive(type, event);
      });
    }
    source.addEventListener('error', () => this.lost(source));
  }

  /** @param {string} type @param {MessageEvent} event */
  receive(type, event) {
    if (event.lastEventId !== '') this.lastId = event.lastEventId;
    if (type === 'hello') {
      window.clearTimeout(this.timer);
      this.attempts = 0;
      this.listener.state('live');
    }
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      // One unreadable event must not stop the others.
      console.error('unreadable feed event', type);
      return;
    }
    // Until the journal says something, resumption starts where the first connection began.
    if (type === 'hello' && this.lastId === '') this.lastId = String(data.position);
    this.listener.event(type, data);
  }

  /** @param {EventSource} source */
  lost(source) {
    if (this.source !== source) return;
    const refused = source.readyState === EventSource.CLOSED;
    source.close();
    window.clearTimeout(this.timer);
    this.listener.state('reconnecting');
    if (refused) void this.askWhy(source);
    else this.later();
  }

  /** EventSource hides the status of a refusal, so the address is asked once more. @param {EventSource} source */
  async askWhy(source) {
    const abort = new AbortController();
    let status = 0;
    try {
      const response = await fetch(this.address, { headers: { accept: 'text/event-stream' }, cache: 'no-store', signal: abort.signal });
      status = response.status;
    } catch {
      // Away: the same as a lost connection.
    }
    abort.abort();
    if (this.source !== source) return;
    if (status === 401) {
      this.close();
      this.listener.signedOut();
    } else {
      if (status === 410) {
        this.lastId = '';
        this.listener.expired();
      }
      this.later();
    }
  }

  later() {
    const pause = PAUSES_MS[Math.min(this.attempts, PAUSES_MS.length - 1)];
    this.attempts += 1;
    this.timer = window.setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2));
  }

  /** The network is back: there is no reason to wait any longer. */
  retryNow() {
    if (this.source === null || this.source.readyState !== EventSource.CLOSED) return;
    window.clearTimeout(this.timer);
    this.connect();
  }
}
