import { store } from '../store.js';

/**
 * A part of the desk: built once, then drawn again whenever something it shows has changed.
 */
export class View extends HTMLElement {
  /** What it shows. @type {import('../store.js').Topic[]} */
  static topics = [];

  connectedCallback() {
    // Before its parts are built: what it says they show is settled when they are drawn.
    this.stop = store.subscribe(/** @type {typeof View} */ (this.constructor).topics, () => this.draw());
    if (!this.built) {
      this.built = true;
      this.build();
    }
    this.draw();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  /** Makes the nodes that stay. */
  build() {}

  /** Brings the nodes in line with the store. */
  draw() {}
}
