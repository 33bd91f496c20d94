import { h, reconcile } from '../dom.js';
import { icon } from '../icons.js';
import { store } from '../store.js';
import { desk } from '../strings.js';
import { visible } from '../text.js';
import { View } from './view.js';

/** How long a remark stays, milliseconds; errors stay longer, because they may ask for something. */
const INFO_MS = 6_000;
const ERROR_MS = 12_000;
const REMEDY_MS = 60_000;

/** What the desk has to say to the agent: what was refused, and what happened without them. */
export class ParlorNotices extends View {
  /** @type {import('../store.js').Topic[]} */
  static topics = ['notices'];

  build() {
    this.classList.add('notices');
  }

  draw() {
    reconcile(this, store.notices, (notice) => String(notice.id), (notice) => this.make(notice));
  }

  /** @param {number} id @param {import('../store.js').Remedy} remedy */
  remedy(id, { label, run }) {
    return h('button', {
      type: 'button', class: 'quiet small', testid: 'notice-remedy', on: {
        click: () => {
          store.removeNotice(id);
          run();
        },
      },
    }, label);
  }

  /** @param {import('../store.js').Notice} notice */
  make(notice) {
    const error = notice.kind === 'error';
    /** @type {number | undefined} */
    let timer;
    const leave = () => { timer = window.setTimeout(() => store.removeNotice(notice.id), notice.remedy !== undefined ? REMEDY_MS : error ? ERROR_MS : INFO_MS); };
    const stay = () => window.clearTimeout(timer);
    leave();
    return h('div', {
      class: `notice-toast ${notice.kind}`, role: error ? 'alert' : 'status',
      on: { pointerenter: stay, pointerleave: leave, focusin: stay, focusout: leave },
    }, icon(error ? 'alert' : 'check'), h('p', { testid: 'notice', dir: 'auto', data: { kind: notice.kind } }, visible(notice.text)),
    notice.remedy === undefined ? '' : this.remedy(notice.id, notice.remedy),
    h('button', { type: 'button', class: 'icon-button', title: desk.dismiss, aria: { label: desk.dismiss }, on: { click: () => store.removeNotice(notice.id) } }, icon('close')));
  }
}

customElements.define('parlor-notices', ParlorNotices);
