// The desk under test: its process, its browsers, and what people do in them.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** How long anything may take before a test fails: a condition is waited for, never a time. */
export const PATIENCE = 20_000;

const CONFIG = `
admin_token = "operator"
[timing]
offer_ttl = OFFER_TTL
transfer_ttl = 120000
pending_warning = WARNING
pending_overdue = OVERDUE
typing_ttl = 3000
[[agents]]
name = "alice"
token = "alice-token"
ALICE
[[agents]]
name = "bob"
token = "bob-token"
BOB
[[agents]]
name = "carol"
token = "carol-token"
role = "supervisor"
[[queues]]
name = "support"
[[dispositions]]
code = "resolved"
name = "Resolved"
[[channels]]
name = "website"
kind = "web_chat"
queue = "support"
MORE
`;

/** Looks again and again until it finds something. @template T @param {() => Promise<T>} condition @returns {Promise<T>} */
export async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${PATIENCE} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One agent-desktop process over one SQLite file; it may be killed and started again at the same address. */
export class Desk {
  /** `alice` and `bob` are lines of configuration for them, `more` is more of it; `pending` says when a reply is yellow and red, milliseconds. */
  static async start({ offerTtl = 120_000, pending = [4_000, 7_000], alice = '', bob = '', more = '' } = {}) {
    const desk = new Desk();
    desk.folder = mkdtempSync(path.join(tmpdir(), 'parlor-desk-'));
    desk.config = path.join(desk.folder, 'desk.toml');
    const config = CONFIG.replace('OFFER_TTL', String(offerTtl)).replace('WARNING', String(pending[0]))
      .replace('OVERDUE', String(pending[1])).replace('ALICE', alice).replace('BOB', bob).replace('MORE', more);
    writeFileSync(desk.config, config);
    desk.listen = '127.0.0.1:0';
    await desk.run();
    return desk;
  }

  /** As somebody starts it who gives no configuration: with the demonstration's own, and with telephones. */
  static async demo() {
    const desk = new Desk();
    desk.folder = mkdtempSync(path.join(tmpdir(), 'parlor-desk-'));
    desk.listen = '127.0.0.1:0';
    await desk.run();
    return desk;
  }

  async run() {
    const config = this.config === undefined ? [] : ['--demo', '--config', this.config];
    const args = ['--listen', this.listen, '--store', `sqlite:${this.folder}/desk.db`, ...config];
    this.process = spawn(process.env.AGENT_DESKTOP, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.errors = '';
    this.process.stderr.on('data', (data) => { this.errors += data; });
    const lines = readline.createInterface({ input: this.process.stdout });
    const first = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      new Promise((_, reject) => this.process.once('exit', (code) => reject(new Error(`exit ${code}: ${this.errors}`)))),
    ]);
    this.url = JSON.parse(first).ready;
    this.listen = new URL(this.url).host;
  }

  /** kill -9: nothing is finished, nothing is said. */
  async kill() {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGTERM');
      const code = await gone;
      if (code !== 0) throw new Error(`exit code ${code} after SIGTERM: ${this.errors}`);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The agent API as a program uses it. */
  async api(agent, method, route, body) {
    const headers = { authorization: `Bearer ${agent}-token`, 'content-type': 'application/json' };
    const answer = await fetch(this.url + route, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }

  /** What the operator exports. */
  async exported(what) {
    const answer = await fetch(`${this.url}/admin/${what}.ndjson`, { headers: { authorization: 'Bearer operator' } });
    return (await answer.text()).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Everything in the transcript. */
  transcript() {
    return this.exported('transcript');
  }

  /** The contact of that name, as an agent's list shows them; `undefined` when there is none. */
  async contact(agent, name) {
    const { body } = await this.api(agent, 'GET', '/api/contacts?limit=200');
    return body.contacts.find((contact) => contact.display_name === name);
  }

  /** The interactions with the contact of that name, the newest first. Of those that are open, only the supervisor sees all. */
  async interactions(name) {
    const contact = await this.contact('carol', name);
    return contact ? (await this.api('carol', 'GET', `/api/contacts/${contact.id}`)).body.interactions : [];
  }

  /** Everything that may be read of the contact of that name, oldest first. */
  async conversation(name) {
    const contact = await this.contact('carol', name);
    const messages = [];
    for (let before = ''; before !== null;) {
      const page = (await this.api('carol', 'GET', `/api/contacts/${contact.id}/conversation?view=communication&limit=200${before}`)).body;
      messages.unshift(...page.messages);
      before = page.before === null ? null : `&before=${encodeURIComponent(page.before)}`;
    }
    return messages;
  }

  /** Waits until routing has looked at what waits and has given it to nobody; gives the interaction. */
  async passedOver(name) {
    return until(`${name} is passed over`, async () => {
      const [interaction] = await this.interactions(name);
      if (interaction?.state !== 'queued') return null;
      // The answer comes from the router itself, after everything that was committed before.
      const { waits, verdicts } = (await this.api('carol', 'GET', `/api/interactions/${interaction.id}/explain`)).body;
      return waits && verdicts.every(({ exclusions }) => exclusions.length > 0) ? interaction : null;
    });
  }
}

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/** A browser window with what went wrong in it. */
export async function window(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.problems = [];
  // How often it was connected: a page that comes back by itself would hide that it was lost.
  page.connections = { sockets: 0, lost: 0, feeds: 0 };
  page.on('websocket', (socket) => {
    page.connections.sockets += 1;
    socket.on('close', () => { page.connections.lost += 1; });
  });
  page.on('request', (request) => { if (new URL(request.url()).pathname === '/api/feed') page.connections.feeds += 1; });
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    // A server that is away is expected; anything else in red is not.
    const expected = /Failed to load resource|WebSocket connection|ERR_|EventSource/;
    if (message.type() === 'error' && !expected.test(message.text())) page.problems.push(message.text());
  });
  page.id = (testId) => page.getByTestId(testId);
  /** Closes the browser; gives what it keeps until it is opened again. */
  page.leaves = async () => {
    const kept = await context.storageState();
    await context.close();
    return kept;
  };
  // Browsers under test pretend that every window has the focus.
  page.leavesFront = async () => {
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
    page.other = await context.newPage();
    await page.other.bringToFront();
  };
  page.comesToFront = async () => {
    await page.other.close();
    await page.bringToFront();
  };
  /** Goes to a control by keyboard alone. */
  page.tabTo = async (testId) => {
    for (let presses = 0; presses < 200; presses += 1) {
      if (await page.evaluate((id) => {
        let focused = document.activeElement;
        while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
        return focused?.dataset?.testid === id && !focused.disabled;
      }, testId)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`${testId} cannot be reached by keyboard`);
  };
  return page;
}

/** An agent at their desk, signed in by choosing a name. */
export async function agent(browser, desk, name, { ready = true, ...options } = {}) {
  const page = await window(browser, options);
  await page.goto(desk.url);
  // A second window of the same browser is signed in.
  if (options.storageState === undefined) await page.id(`signin-agent-${name}`).click();
  await page.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
  if (ready) {
    // Who was Ready and came back soon still is.
    if (await page.id('ready-chat').getAttribute('aria-pressed') !== 'true') await page.id('ready-chat').click();
    await page.locator('[data-testid=ready-chat][aria-pressed=true]').waitFor();
  }
  page.accept = async () => {
    await page.id('offer-accept').first().click();
    await page.locator('[data-testid=interaction-view][data-state=active]').waitFor();
    return page.id('interaction-view').getAttribute('data-interaction');
  };
  page.answer = async (text) => {
    await page.id('composer').fill(text);
    await page.id('composer').press('Enter');
  };
  page.transcript = () => page.id('transcript').locator('[data-testid=entry]');
  page.sees = (text) => page.id('transcript').locator('[data-testid=entry]', { hasText: text }).first().waitFor();
  page.state = (state) => page.locator(`[data-testid=interaction-view][data-state=${state}]`).waitFor();
  /** Finishes what is on the screen. */
  page.finishes = async () => {
    if (await page.id('interaction-view').getAttribute('data-state') === 'active') await page.id('end').click();
    await page.state('ended');
    await page.id('done').click();
    await page.id('interaction-view').waitFor({ state: 'detached' });
  };
  /** The entries of a list, as they stand there: who, what, and how far it came. */
  page.entries = (list) => page.id(list).locator('[data-testid=entry]').evaluateAll((entries) => entries.map((entry) => ({
    id: entry.dataset.id, sequence: Number(entry.dataset.sequence), author: entry.dataset.author, delivery: entry.dataset.delivery,
    text: (entry.querySelector('.text') ?? entry.querySelector('.notice-text')).textContent,
  })));
  /** Scrolls a list back until nothing older is left to load. */
  page.scrollsBack = async (list) => {
    const scroller = page.id(list);
    await scroller.hover();
    await until(`the beginning of ${list}`, async () => {
      await page.mouse.wheel(0, -2_000);
      return scroller.evaluate((box) => box.scrollTop === 0 && [...box.querySelectorAll('.older, .transcript-state')].every((each) => each.hidden));
    });
  };
  /** The Communication view with nobody selected, as by its address. */
  page.looksAtContacts = async () => {
    await page.evaluate(() => { location.hash = '#communication'; });
    await page.id('contact-item').first().waitFor();
  };
  /** Opens the contact of that name in the Communication view. */
  page.opensContact = async (contact) => {
    await page.looksAtContacts();
    await page.locator('[data-testid=contact-item]', { hasText: contact }).click();
  };
  /** In front it is still; behind another window it asks for attention, by its title and its icon. */
  page.asksForAttention = async () => {
    const asks = (state) => page.waitForFunction((wanted) => document.documentElement.dataset.attention === wanted, String(state));
    const icon = () => page.locator('link[rel=icon]').getAttribute('href');
    await asks(false);
    const [title, calm] = [await page.title(), await icon()];
    await page.leavesFront();
    await asks(true);
    await page.waitForFunction((before) => document.title !== before, title);
    if (await icon() === calm) throw new Error('the icon stayed as it was');
    await page.comesToFront();
    await asks(false);
    await page.waitForFunction((before) => document.title === before, title);
    if (await icon() !== calm) throw new Error('the icon stayed changed');
  };
  page.pending = (colour) => page.locator(`[data-testid=bar-item][data-pending=${colour}]`).waitFor();
  return page;
}

/** A visitor of the web site with the chat open. */
export async function visitor(browser, desk, name, options = {}) {
  const page = await window(browser, options);
  page.opens = async () => {
    await page.goto(`${desk.url}/website`);
    if (!(await page.id('chat-panel').isVisible())) await page.id('chat-launcher').click();
    await page.id('chat-input').waitFor();
  };
  await page.opens();
  /** The server has it. */
  page.sent = (text) => page.locator('[data-testid=chat-entry][data-delivery=sent]', { hasText: text }).first().waitFor();
  if (name) await page.id('chat-name').fill(name);
  page.says = async (text) => {
    await page.id('chat-input').fill(text);
    await page.id('chat-input').press('Enter');
  };
  page.hears = (text) => page.locator('[data-testid=chat-entry]', { hasText: text }).first().waitFor();
  page.state = (state) => page.locator(`[data-testid=chat-state][data-state=${state}]`).waitFor({ state: 'attached' });
  /** The sequences and words that the visitor sees, in the order in which they stand there. */
  page.history = () => page.id('chat-entry').evaluateAll((entries) => entries
    .filter((entry) => ['me', 'agent'].includes(entry.dataset.author))
    .map((entry) => ({ sequence: Number(entry.dataset.sequence), text: entry.querySelector('.bubble')?.textContent ?? entry.textContent })));
  return page;
}

/** Runs the steps of a story; a failed step says which it was and shows the pages as they were. What went wrong in any of `pages` fails it, too. */
export function story(title) {
  const steps = [];
  let failed = false;
  const step = async (name, action) => {
    if (failed) return;
    try {
      await action();
      steps.push(name);
      console.log(`ok   ${name}`);
    } catch (error) {
      failed = true;
      console.log(`FAIL ${name}\n${error.stack}`);
      for (const page of step.pages) {
        const file = path.join(tmpdir(), `parlor-failure-${process.pid}-${step.pages.indexOf(page)}.png`);
        await page.screenshot({ path: file }).then(() => console.log(`     see ${file}`), () => {});
        if (page.problems.length) console.log(`     the page said: ${page.problems.join('\n')}`);
      }
    }
  };
  step.pages = [];
  step.end = async (desk, browser) => {
    await step('nothing went wrong in any window', async () => {
      for (const page of step.pages) if (page.problems.length > 0) throw new Error(page.problems.join('\n'));
    });
    await browser.close();
    await desk.stop().catch((error) => { failed = true; console.log(error.stack); });
    console.log(`${title}: ${steps.length} steps${failed ? ', failed' : ''}`);
    process.exit(failed ? 1 : 0);
  };
  return step;
}
