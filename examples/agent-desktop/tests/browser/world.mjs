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
pending_warning = 4000
pending_overdue = 7000
typing_ttl = 3000
FLAGS
[[agents]]
name = "alice"
token = "alice-token"
[[agents]]
name = "bob"
token = "bob-token"
[[queues]]
name = "support"
[[dispositions]]
code = "resolved"
name = "Resolved"
[[channels]]
name = "website"
kind = "web_chat"
queue = "support"
`;

/** One agent-desktop process over one SQLite file; it may be killed and started again at the same address. */
export class Desk {
  static async start({ offerTtl = 60_000, flags = '' } = {}) {
    const desk = new Desk();
    desk.folder = mkdtempSync(path.join(tmpdir(), 'parlor-desk-'));
    desk.config = path.join(desk.folder, 'desk.toml');
    const config = CONFIG.replace('OFFER_TTL', String(offerTtl)).replace('FLAGS', flags);
    writeFileSync(desk.config, config);
    desk.listen = '127.0.0.1:0';
    await desk.run();
    return desk;
  }

  async run() {
    const args = ['--demo', '--listen', this.listen, '--store', `sqlite:${this.folder}/desk.db`, '--config', this.config];
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

  /** Everything in the transcript, as the operator exports it. */
  async transcript() {
    const answer = await fetch(`${this.url}/admin/transcript.ndjson`, { headers: { authorization: 'Bearer operator' } });
    return (await answer.text()).trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }
}

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });

/** A browser window with what went wrong in it. */
async function window(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    // A server that is away is expected; anything else in red is not.
    const expected = /Failed to load resource|WebSocket connection|ERR_|EventSource/;
    if (message.type() === 'error' && !expected.test(message.text())) page.problems.push(message.text());
  });
  page.id = (testId) => page.getByTestId(testId);
  return page;
}

/** An agent at their desk, signed in by choosing a name. */
export async function agent(browser, desk, name, { ready = true, ...options } = {}) {
  const page = await window(browser, options);
  await page.goto(desk.url);
  await page.id(`signin-agent-${name}`).click();
  await page.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
  if (ready) {
    await page.id('ready-chat').click();
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

/** Runs the steps of a story; a failed step says which it was and shows the pages as they were. */
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
    await browser.close();
    await desk.stop().catch((error) => { failed = true; console.log(error.stack); });
    console.log(`${title}: ${steps.length} steps${failed ? ', failed' : ''}`);
    process.exit(failed ? 1 : 0);
  };
  return step;
}
