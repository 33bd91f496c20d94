/**
 * A web socket that comes back. Opening, losing and reopening happen here; what the frames mean is not known here.
 */

/** Pauses between attempts, milliseconds; the last one repeats, each varied so that visitors do not return in step. */
const PAUSES_MS = [500, 1_000, 2_000, 2_600];

/** A connection that is not welcomed within this time is given up, milliseconds. */
const WELCOME_MS = 10_000;

/**
 * @typedef {object} SocketListener
 * @property {() => void} opened the first frame may be sent
 * @property {(frame: any) => void} frame
 * @property {() => void} lost
 */

export class Socket {
  /** @param {string} address @param {SocketListener} listener */
  constructor(address, listener) {
    this.address = address;
    this.listener = listener;
    this.attempts = 0;
    this.wanted = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    window.addEventListener('online', () => this.hurry());
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') this.hurry(); });
  }

  open() {
    this.wanted = true;
    if (this.socket === null) this.connect();
  }

  connect() {
    window.clearTimeout(this.timer);
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.timer = window.setTimeout(() => this.drop(), WELCOME_MS);
    socket.addEventListener('open', () => { if (this.socket === socket) this.listener.opened(); });
    socket.addEventListener('message', (event) => {
      if (this.socket !== socket) return;
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch {
        // One unreadable frame must not stop the others.
        return;
      }
      this.listener.frame(frame);
    });
    socket.addEventListener('close', () => { if (this.socket === socket) this.lose(); });
  }

  /** The other side answered as it should: the next loss begins with the shortest pause again. */
  welcomed() {
    window.clearTimeout(this.timer);
    this.attempts = 0;
  }

  /** @param {object} frame @returns {boolean} whether it left this page */
  send(frame) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Gives the connection up: it may look open long after the network is gone. */
  drop() {
    const { socket } = this;
    if (socket === null) return;
    // A dead connection takes its time to close; nobody waits for it.
    socket.close();
    this.lose();
  }

  lose() {
    this.socket = null;
    window.clearTimeout(this.timer);
    this.listener.lost();
    if (!this.wanted) return;
    const pause = PAUSES_MS[Math.min(this.attempts, PAUSES_MS.length - 1)];
    this.attempts += 1;
    this.timer = window.setTimeout(() => this.connect(), pause * (0.85 + Math.random() * 0.3));
  }

  /** There is reason to believe that the next attempt succeeds. */
  hurry() {
    if (this.wanted && this.socket === null) this.connect();
  }

  /** Closes for good. */
  close() {
    this.wanted = false;
    this.drop();
  }
}
