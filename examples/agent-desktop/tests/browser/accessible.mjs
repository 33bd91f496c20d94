// The desk and the widget for everybody: audited by axe in light and dark, wide and narrow, and worked by keyboard alone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desk = await Desk.start();
const browser = await launch();
const step = story('accessible');
const LOOKS = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
];
const WIDE = { width: 1440, height: 900 };
let ann;
let alice;

async function audit(page, what) {
  // What is still appearing has hardly a colour yet.
  await page.waitForFunction(() => document.getAnimations().every((each) => !(each instanceof CSSAnimation) || each.playState !== 'running' || each.effect?.getComputedTiming().endTime === Infinity));
  const before = page.problems.length;
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
  });
  // The audit tries a style that the page refuses; that is not the page's fault.
  page.problems.push(...page.problems.splice(before).filter((problem) => !problem.startsWith('Applying inline style violates')));
  assert.deepEqual(violations, [], what);
}

const shot = (page, name) => page.screenshot({ path: `${process.env.PARLOR_SHOTS}/${name}` });

/** What agents do together, as the one who asks and the one who is asked see it. */
async function together(look, options) {
  const office = await Desk.start();
  const [guest, asks, helps] = [await visitor(browser, office, 'Ann', options), await agent(browser, office, 'alice', options), await agent(browser, office, 'bob', { ...options, ready: false })];
  step.pages.push(guest, asks, helps);
  await guest.says('A difficult question.');
  await asks.id('offer').waitFor();
  await asks.accept();
  await asks.id('hand-over').click();
  await asks.id('target-agent').first().waitFor();
  await audit(asks, `the dialog, ${look}`);
  if (process.env.PARLOR_SHOTS) await shot(asks, `hand-over-${look}.png`);
  await asks.id('hand-over-invite').click();
  await asks.locator('[data-testid=target-agent][data-name=bob]').click();
  await helps.id('request').waitFor();
  await audit(helps, `a request, ${look}`);
  if (process.env.PARLOR_SHOTS) await shot(helps, `request-${look}.png`);
  await audit(asks, `one who is invited, ${look}`);
  await helps.id('request-decline').click();
  await asks.id('hand-over').click();
  await asks.id('hand-over-consult').click();
  await asks.id('target-call').first().waitFor();
  await audit(asks, `whom to ask, ${look}`);
  if (process.env.PARLOR_SHOTS) await shot(asks, `ask-${look}.png`);
  await asks.locator('[data-testid=target-agent][data-name=bob]').click();
  await helps.id('request-accept').click();
  for (const page of [asks, helps]) {
    await page.id('tab-consult').click();
    await page.id('consult-state').getByText('You are talking with').waitFor();
  }
  await asks.id('consult-composer').fill('What would you say?');
  await asks.id('consult-composer').press('Enter');
  await helps.id('consult-transcript').getByText('What would you say?').waitFor();
  await audit(asks, `a consult, ${look}`);
  await audit(helps, `one who advises, ${look}`);
  if (process.env.PARLOR_SHOTS) {
    await shot(asks, `consult-${look}.png`);
    await shot(helps, `advises-${look}.png`);
  }
  await asks.id('tab-contact').click();
  await asks.id('case-add').click();
  await audit(asks, `the contact and the case, ${look}`);
  if (process.env.PARLOR_SHOTS) await shot(asks, `contact-${look}.png`);
  for (const page of [guest, asks, helps]) await page.context().close();
  await office.stop();
}

/** Audits a page as it looks in every light and on a telephone, and leaves it as it was. */
async function auditLooks(page, what, name) {
  for (const [look, { colorScheme, viewport = WIDE }] of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await audit(page, `${what}, ${look}`);
    if (process.env.PARLOR_SHOTS && name) await shot(page, `${name}-${look}.png`);
  }
  await page.setViewportSize(WIDE);
}

/** The Team view and what supervisors do, as they and a colleague see it. */
async function team() {
  const office = await Desk.start({ alice: 'capacity = { live = 1 }', bob: 'queues = []' });
  const leads = await agent(browser, office, 'carol', { ready: false });
  const helps = await agent(browser, office, 'bob', { ready: false });
  const talks = await agent(browser, office, 'alice');
  const guests = [await visitor(browser, office, 'Ann'), await visitor(browser, office, 'Ben')];
  step.pages.push(leads, helps, talks, ...guests);
  await guests[0].says('A difficult question.');
  await talks.id('offer').waitFor();
  await talks.accept();
  await guests[1].says('Is there somebody?');
  await leads.id('nav-team').click();
  await leads.id('explain').click();
  await leads.id('verdict').first().waitFor();
  await auditLooks(leads, 'the team', 'team');
  await leads.id('team-interaction').filter({ hasText: 'Ann' }).click();
  await leads.id('supervise-whisper').click();
  await leads.id('whisper-composer').fill('Offer the blue one.');
  await leads.id('whisper-composer').press('Enter');
  await talks.sees('Offer the blue one.');
  await auditLooks(leads, 'one who whispers', 'whispers');
  await auditLooks(talks, 'one who is whispered to', 'whispered');
  await leads.id('supervise-barge').click();
  await leads.id('addressees').waitFor();
  await auditLooks(leads, 'one who has joined in');
  await leads.id('nav-team').click();
  await leads.id('team-figures').click();
  await leads.id('agent-figures').locator('tbody tr').first().waitFor();
  await auditLooks(leads, 'figures', 'figures');
  await helps.id('nav-team').click();
  await helps.locator('[data-testid=colleague][data-name=carol]').click();
  await helps.id('colleague-composer').fill('Shall I help?');
  await helps.id('colleague-composer').press('Enter');
  await leads.id('chat-alert').waitFor();
  await auditLooks(leads, 'a colleague writes');
  await leads.id('chat-alert-show').click();
  await leads.id('colleague-composer').fill('Please do.');
  await leads.id('colleague-composer').press('Enter');
  await helps.id('colleague-transcript').getByText('Please do.').waitFor();
  await auditLooks(helps, 'a chat with a colleague', 'colleagues');
  await talks.id('tab-contact').click();
  await talks.id('contact-name').waitFor();
  await talks.getByRole('button', { name: 'Add a detail' }).click();
  await talks.getByPlaceholder('Field', { exact: true }).last().fill('mail');
  await talks.getByPlaceholder('Value', { exact: true }).last().fill('ann@example.org');
  await talks.id('contact-save').click();
  await talks.id('outside').waitFor();
  await auditLooks(talks, 'an e-mail to a contact', 'outside');
  for (const page of [leads, helps, talks, ...guests]) await page.context().close();
  await office.stop();
}

async function picture() {
  const shop = await Desk.start({ pending: [60_000, 180_000] });
  const [lamp, guest] = [await visitor(browser, shop, 'Ann Becker'), await visitor(browser, shop, 'Eve Martin')];
  const desktop = await agent(browser, shop, 'alice', { colorScheme: 'light', viewport: { width: 1280, height: 800 } });
  step.pages.push(lamp, guest, desktop);
  await lamp.says('Good morning! My lamp has not arrived yet.');
  await desktop.accept();
  await desktop.answer('Good morning Ann. Let me look where it is.');
  await lamp.says('Thank you. The order is 10482.');
  await desktop.sees('The order is 10482.');
  await desktop.answer('Found it: it left our workshop on Friday and arrives tomorrow before noon.');
  await lamp.hears('before noon');
  await desktop.finishes();
  await lamp.says('It is here, and it is beautiful!');
  await desktop.accept();
  await desktop.answer('That makes us happy. Enjoy the light!');
  await lamp.hears('Enjoy the light!');
  await lamp.says('One question: which bulb fits?');
  await desktop.sees('which bulb fits');
  await desktop.locator('[data-testid=bar-item][data-pending=green]').waitFor();
  // What was said about the one that is Done has left the screen.
  await desktop.id('notice').waitFor({ state: 'detached' });
  await guest.says('Do you deliver to Lyon?');
  await desktop.id('offer').waitFor();
  await lamp.id('chat-input').pressSequentially('or two');
  await desktop.id('typing').waitFor({ state: 'visible' });
  await shot(desktop, 'desk.png');
  await shop.stop();
}

for (const [look, options] of LOOKS) {
  await step(`no violation: ${look}`, async () => {
    ann = await visitor(browser, desk, 'Ann', options);
    alice = await agent(browser, desk, 'alice', options);
    step.pages.push(ann, alice);
    await ann.says(`Hello in ${look}.`);
    await alice.id('offer').waitFor();
    await audit(alice, `an offer, ${look}`);
    await alice.accept();
    await audit(alice, `an interaction, ${look}`);
    await ann.state('active');
    await audit(ann, `the widget, ${look}`);
    await alice.id('nav-communication').click();
    await alice.id('contact-item').first().waitFor();
    await audit(alice, `the communication view, ${look}`);
    if (process.env.PARLOR_SHOTS) {
      await shot(alice, `communication-${look}.png`);
      await alice.id('nav-interactions').click();
      await shot(alice, `desk-${look}.png`);
      await shot(ann, `widget-${look}.png`);
    }
    await alice.context().close();
    await ann.context().close();
  });
}

for (const [look, options] of LOOKS) await step(`no violation while agents work together: ${look}`, () => together(look, options));

await step('no violation in what a team sees, in any look', team);

await step('a supervisor finds out why work waits, watches, whispers and leaves by keyboard alone', async () => {
  const office = await Desk.start({ alice: 'capacity = { live = 1 }', bob: 'queues = []' });
  const [leads, talks] = [await agent(browser, office, 'carol', { ready: false }), await agent(browser, office, 'alice')];
  const guests = [await visitor(browser, office, 'Ann'), await visitor(browser, office, 'Ben')];
  step.pages.push(leads, talks, ...guests);
  await guests[0].says('A difficult question.');
  await talks.id('offer').waitFor();
  await talks.accept();
  await guests[1].says('Is there somebody?');
  await leads.tabTo('nav-team');
  await leads.keyboard.press('Enter');
  await leads.id('team-waiting').waitFor();
  await leads.tabTo('explain');
  await leads.keyboard.press('Enter');
  await leads.id('verdict').first().waitFor();
  // What changes meanwhile does not take the focus away.
  await talks.answer('One moment.');
  await talks.id('ready-chat').click();
  await leads.locator('[data-testid=team-agent][data-agent=alice] [data-testid=team-ready-chat][data-ready=false]').waitFor();
  assert.equal(await leads.evaluate(() => document.activeElement.dataset.testid), 'explain');
  await leads.tabTo('team-now');
  await leads.keyboard.press('ArrowRight');
  await leads.locator('[data-testid=team-chats][aria-selected=true]').waitFor();
  await leads.keyboard.press('ArrowLeft');
  const focused = () => leads.evaluate(() => document.activeElement.id);
  await leads.tabTo('team-interaction');
  await leads.keyboard.press('Enter');
  await until('the focus is on what was opened', async () => await focused() === 'ix-name');
  await leads.tabTo('supervise-whisper');
  await leads.keyboard.press('Enter');
  await leads.getByRole('status').getByText('You whisper to Alice').waitFor({ state: 'attached' });
  await leads.tabTo('whisper-composer');
  await leads.keyboard.type('By keyboard, too.');
  await leads.keyboard.press('Enter');
  await talks.sees('By keyboard, too.');
  await talks.getByRole('status').getByText('Carol: By keyboard, too.').waitFor({ state: 'attached' });
  await leads.tabTo('supervise-leave');
  await leads.keyboard.press('Enter');
  await leads.id('team').waitFor();
  await until('the focus is on the view', async () => await focused() === 'main');
  for (const page of [leads, talks, ...guests]) await page.context().close();
  await office.stop();
});

await step('an offer is taken, answered and closed by keyboard alone', async () => {
  ann = await visitor(browser, desk, 'Kay');
  // Alice has her hands full by now.
  alice = await agent(browser, desk, 'bob');
  step.pages.push(ann, alice);
  await ann.says('By keyboard, please.');
  await alice.id('offer').waitFor();
  await alice.tabTo('offer-accept');
  await alice.keyboard.press('Enter');
  await alice.state('active');
  await alice.tabTo('composer');
  await alice.keyboard.type('Of course.');
  await alice.keyboard.press('Enter');
  await ann.hears('Of course.');
  await alice.tabTo('end');
  await alice.keyboard.press('Enter');
  await alice.state('ended');
  await alice.tabTo('done');
  await alice.keyboard.press('Enter');
  await alice.locator('[data-testid=interaction-view][data-state=ended]').waitFor({ state: 'detached' });
});

// docs/images/desk.png
if (process.env.PARLOR_SHOTS) await step('a picture of a busy desk', picture);

await step.end(desk, browser);
