import { api } from '../api.js';
import { h, reconcile, setText } from '../dom.js';
import { signIn } from '../session.js';
import { desk } from '../strings.js';
import { avatar } from './avatar.js';
import { View } from './view.js';

/** Pause before the choices are asked for again, milliseconds. */
const RETRY_MS = 1_500;

/** The page of somebody who is not signed in. */
export class ParlorSignIn extends View {
  build() {
    this.choices = h('div', { class: 'choices' });
    this.demo = h('section', { hidden: true, aria: { labelledby: 'signin-choose' } },
      h('h2', { id: 'signin-choose' }, desk.signIn.choose), h('p', { class: 'hint' }, desk.signIn.demo), this.choices,
      h('div', { class: 'or', aria: { hidden: true } }, h('span', {}, desk.signIn.or)));
    this.token = h('input', {
      id: 'signin-token', testid: 'signin-token', type: 'password', autocomplete: 'current-password', spellcheck: 'false',
      aria: { describedby: 'signin-hint' },
    });
    this.button = h('button', { type: 'submit', class: 'primary wide', testid: 'signin-submit' }, desk.signIn.submit);
    this.error = h('p', { class: 'error', role: 'alert', testid: 'signin-error' });
    this.append(h('main', { class: 'signin', id: 'main' },
      h('div', { class: 'signin-card' },
        h('div', { class: 'brand' }, h('span', { class: 'brand-mark', aria: { hidden: true } }), desk.product),
        h('h1', {}, desk.signIn.heading), h('p', { class: 'lead' }, desk.signIn.lead), this.demo,
        h('form', {
          on: {
            submit: (/** @type {Event} */ event) => {
              event.preventDefault();
              const token = this.token.value.trim();
              if (token === '') this.token.focus();
              else void this.go({ token });
            },
          },
        }, h('label', { for: 'signin-token' }, desk.signIn.token), this.token, h('p', { class: 'hint', id: 'signin-hint' }, desk.signIn.tokenHint), this.button),
        this.error)));
    void this.ask();
  }

  async ask() {
    try {
      const { demo, agents } = await api.sessionOptions();
      this.demo.hidden = !demo || agents.length === 0;
      reconcile(this.choices, demo ? agents : [], (agent) => agent, (agent) => h('button', {
        type: 'button', class: 'choice', testid: `signin-agent-${agent}`,
        on: { click: () => this.go({ agent }) },
      }, avatar(agent, agent), h('bdi', {}, desk.agent(agent))));
    } catch {
      if (this.isConnected) window.setTimeout(() => this.ask(), RETRY_MS);
    }
  }

  /** @param {{token?: string, agent?: string}} credentials */
  async go(credentials) {
    this.button.disabled = true;
    setText(this.error, '');
    const refusal = await signIn(credentials);
    this.button.disabled = false;
    setText(this.error, refusal ?? '');
    if (refusal !== null && credentials.token !== undefined) this.token.select();
  }
}

customElements.define('parlor-sign-in', ParlorSignIn);
