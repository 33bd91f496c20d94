/** What the visitor wrote and the server has not accepted yet, kept in the browser across reloads. */
import { newId } from '../ids.js';
import * as storage from '../storage.js';

/** @typedef {{id: string, text: string, files?: {id: string, name: string}[], at: string, order: number}} PendingMessage */

export class PendingMessages {
  /** @param {string} prefix of the keys; one key per message, so that two windows never overwrite each other's */
  constructor(prefix) {
    this.prefix = `${prefix}.pending.`;
    /** @type {PendingMessage[]} in the order they were written */
    this.list = storage.keys(this.prefix)
      .map((key) => /** @type {PendingMessage | null} */ (storage.read(key)))
      .filter((message) => message !== null)
      .sort((a, b) => a.order - b.order);
  }

  /** @param {string} text @param {{id: string, name: string}[]} [files] uploaded for it */
  add(text, files = []) {
    const order = Math.max(Date.now(), ...this.list.map((message) => message.order + 1));
    const message = { id: newId(), text, files, at: new Date().toISOString(), order };
    storage.write(this.prefix + message.id, message);
    this.list.push(message);
  }

  /** @param {string} id @returns {PendingMessage | undefined} what was removed */
  remove(id) {
    const message = this.list.find((each) => each.id === id);
    storage.remove(this.prefix + id);
    this.list = this.list.filter((each) => each !== message);
    return message;
  }
}
