// The Team view: a supervisor sees who is there, what everybody has and why work waits; watches, whispers, joins in; figures.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const desk = await Desk.start({
  pending: [60_000, 120_000], alice: 'queues = ["support"]\ncapacity = { live = 1 }', bob: 'queues = ["sales"]', more: '[[queues]]\nname = "sales"',
});
const browser = await launch();
const step = story('team');
const WHISPER = 'Offer her the blue one.';
const SECRET = 'Ask for the order number.';
let ann;
let ben;
let alice;
let carol;

const of = (name) => carol.locator(`[data-testid=team-agent][data-agent=${name}]`);
const waiting = (name) => carol.id('team-waiting').filter({ hasText: name });
const verdict = (name) => waiting('Ben').locator(`[data-testid=verdict][data-agent=${name}]`);
const opensTeam = async (page, panel) => {
  await page.id('nav-team').click();
  await page.id(`team-${panel}`).click();
  await page.locator(`[data-testid=team-${panel}][aria-selected=true]`).waitFor();
};
/** What stands in Ann's window, and what her history is. */
const annsWindow = async () => `${await ann.content()} ${JSON.stringify(await ann.history())}`;

await step('who may see the team: a supervisor; an agent has chats and their own figures', async () => {
  carol = await agent(browser, desk, 'carol', { ready: false });
  alice = await agent(browser, desk, 'alice', { ready: false });
  step.pages.push(carol, alice);
  await alice.id('nav-team').click();
  await alice.id('team-chats').waitFor();
  assert.equal(await alice.id('team-now').isVisible(), false);
  // Nor by its address, nor by the API.
  await alice.evaluate(() => { location.hash = '#team/now'; });
  await alice.waitForFunction(() => location.hash === '#team/chats');
  const refused = await desk.api('alice', 'GET', '/api/team');
  assert.deepEqual([refused.status, refused.body.code, refused.body.missing], [403, 'denied', 'role_supervisor']);
  await opensTeam(carol, 'now');
  await of('bob').getByText('Not signed in').waitFor();
  await of('alice').getByText('Chat: Not ready').waitFor();
});

await step('what changes at the desk changes before her eyes: readiness, work, load', async () => {
  await alice.id('ready-chat').click();
  await of('alice').locator('[data-testid=team-ready-chat][data-ready=true]').waitFor();
  ann = await visitor(browser, desk, 'Ann');
  step.pages.push(ann);
  await ann.says('Which lamp fits?');
  await waiting('Ann').getByText('offered to Alice').waitFor();
  await alice.id('offer').waitFor();
  await alice.accept();
  await of('alice').getByTestId('team-interaction').filter({ hasText: 'Ann' }).getByText('Active').waitFor();
  await of('alice').getByText('Live 1/1').waitFor();
  await waiting('Ann').waitFor({ state: 'detached' });
  await alice.answer('One moment, please.');
  await ann.hears('One moment');
});

await step('why work waits: who could take it and what keeps it from each, in words', async () => {
  const bob = await agent(browser, desk, 'bob');
  step.pages.push(bob);
  ben = await visitor(browser, desk, 'Ben');
  step.pages.push(ben);
  await ben.says('I am in a hurry.');
  await waiting('Ben').getByText('waits 0:').waitFor();
  await carol.locator('[data-testid=team-queue][data-queue=support]').getByText('1 waiting').waitFor();
  await waiting('Ben').getByTestId('explain').click();
  await verdict('alice').getByText('has no room: 1 of 1 taken').waitFor();
  await verdict('bob').getByText('does not serve Support').waitFor();
  await verdict('carol').getByText('is not Ready on Chat').waitFor();
  await waiting('Ben').getByText('It is the only one in its queue').waitFor();
  // It says so of the server, in its words.
  const id = await waiting('Ben').getAttribute('data-interaction');
  const { verdicts } = (await desk.api('carol', 'GET', `/api/interactions/${id}/explain`)).body;
  assert.equal(await waiting('Ben').getByTestId('verdict').count(), verdicts.length);
  // While it is open it follows what happens.
  await alice.id('ready-chat').click();
  await verdict('alice').getByText('is not Ready on Chat').waitFor();
  await alice.id('ready-chat').click();
  await verdict('alice').getByText('is not Ready on Chat').waitFor({ state: 'detached' });
  await waiting('Ben').getByTestId('explain').click();
  await waiting('Ben').getByTestId('why').waitFor({ state: 'hidden' });
});

await step('she takes what waits', async () => {
  await waiting('Ben').getByTestId('take').click();
  await carol.locator('[data-testid=interaction-view][data-state=active][data-part=takes]').waitFor();
  await carol.sees('I am in a hurry.');
  await ben.state('active');
  await carol.answer('Here I am.');
  await ben.hears('Here I am.');
  await carol.finishes();
});

await step('she watches: the agent is told, the contact is not', async () => {
  await opensTeam(carol, 'now');
  const before = await ann.history();
  await of('alice').getByTestId('team-interaction').filter({ hasText: 'Ann' }).click();
  await carol.locator('[data-testid=interaction-view][data-state=active][data-part=reads]').waitFor();
  await carol.sees('Which lamp fits?');
  await carol.id('supervise-monitor').click();
  await carol.locator('[data-testid=supervise-monitor][aria-pressed=true]').waitFor();
  await alice.id('participant').filter({ hasText: 'Carol' }).getByText('watching').waitFor();
  assert.equal(await carol.id('composer').isDisabled(), true);
  assert.equal(await carol.id('whisper-composer').isVisible(), false);
  await alice.answer('I am looking for it.');
  await ann.hears('I am looking for it.');
  assert.deepEqual((await ann.history()).length, before.length + 1);
  assert.ok(!(await annsWindow()).includes('Carol'));
});

await step('she whispers: it is marked as for the agent only, and never reaches the contact', async () => {
  await carol.id('supervise-whisper').click();
  await carol.id('interaction-view').getByText('Only for Alice: the contact never sees this.').waitFor();
  assert.equal(await carol.id('composer').isVisible(), false, 'there is no field whose words would reach the contact');
  await carol.id('whisper-composer').fill(WHISPER);
  await carol.id('whisper-composer').press('Enter');
  const entry = alice.transcript().filter({ hasText: WHISPER });
  await entry.getByText('Whisper, agents only').waitFor();
  assert.match(await entry.getAttribute('class'), /\bnote\b/, 'it does not look like what the contact is told');
  await carol.transcript().filter({ hasText: WHISPER }).getByText('Whisper, agents only').waitFor();
  // What was said after it has arrived, so it would have, too; also for somebody who comes back.
  await alice.answer('Do you like blue?');
  await ann.hears('Do you like blue?');
  assert.ok(!(await annsWindow()).includes(WHISPER));
  await ann.opens();
  await ann.hears('Do you like blue?');
  assert.ok(!(await annsWindow()).includes(WHISPER));
  const rows = (await desk.transcript()).filter(({ text }) => text === WHISPER);
  assert.deepEqual(rows.map(({ visibility, direction }) => [visibility, direction]), [['internal', 'none']]);
});

await step('she joins in: now the contact sees what she writes, unless she chooses the agent', async () => {
  await carol.id('supervise-barge').click();
  await carol.id('interaction-view').getByText('Ann sees what you write.').waitFor();
  await carol.answer('Carol here: blue suits every room.');
  await ann.hears('Carol here: blue suits every room.');
  await alice.sees('Carol here: blue suits every room.');
  await carol.id('to-agents').click();
  await carol.id('interaction-view').getByText('Only for Alice: the contact never sees this.').waitFor();
  await carol.id('whisper-composer').fill(SECRET);
  await carol.id('whisper-send').click();
  await alice.sees(SECRET);
  await carol.id('to-contact').click();
  await carol.answer('Goodbye, Ann.');
  await ann.hears('Goodbye, Ann.');
  assert.ok(!(await annsWindow()).includes(SECRET));
});

await step('she leaves: the agent goes on alone, and she is back with her team', async () => {
  await carol.id('supervise-leave').click();
  await carol.id('team').waitFor();
  await alice.id('participant').filter({ hasText: 'Carol' }).waitFor({ state: 'detached' });
  assert.equal(await carol.id('bar-item').count(), 0);
  assert.equal(await carol.id('notice').getByText('is over').count(), 0, 'she knows that herself');
  await alice.answer('It is only you and me now.');
  await ann.hears('It is only you and me now.');
  const supervised = (await desk.api('carol', 'GET', '/api/team')).body.agents.find(({ agent: name }) => name === 'alice').interactions;
  assert.deepEqual(supervised.map(({ supervisors }) => supervisors), [[]]);
});

await step('r118: figures with units and explanations: all for the supervisor, an agent\'s own for the agent', async () => {
  await alice.finishes();
  await opensTeam(carol, 'figures');
  const figure = (page, name) => page.id(`figure-${name}`);
  await figure(carol, 'desk-handled').getByText('2', { exact: true }).waitFor();
  const { desk: all, agents } = (await desk.api('carol', 'GET', '/api/kpi')).body;
  assert.deepEqual([all.started, all.handled], [2, 2]);
  await carol.id('agent-figures').getByRole('row', { name: /Alice/ }).waitFor();
  assert.equal(await carol.id('agent-figures').locator('tbody tr').count(), Object.keys(agents).length);
  assert.match(await figure(carol, 'desk-handle').textContent(), /\d+ (s|min)/, 'a time has its unit');
  await opensTeam(alice, 'figures');
  await figure(alice, 'own-messages').getByText(String(agents.alice.messages), { exact: true }).waitFor();
  assert.equal(await alice.id('desk-figures').isVisible(), false);
  assert.equal(await alice.id('agent-figures').isVisible(), false);
  const ask = figure(alice, 'own-occupancy').getByRole('button', { name: 'Occupancy' });
  const tip = figure(alice, 'own-occupancy').getByRole('tooltip');
  assert.equal(await tip.isVisible(), false);
  await ask.hover();
  await tip.waitFor({ state: 'visible' });
  await alice.mouse.move(2, 400);
  await tip.waitFor({ state: 'hidden' });
  await alice.id('figures-refresh').focus();
  await until('it explains itself to the keyboard', async () => {
    await alice.keyboard.press('Tab');
    return tip.isVisible();
  });
  assert.equal(await ask.evaluate((button) => document.getElementById(button.getAttribute('aria-describedby')).textContent), await tip.textContent());
});

await step('what the server forgets of who looks is said again: after a broken connection the team is live again', async () => {
  await opensTeam(carol, 'now');
  await desk.kill();
  await carol.locator('[data-testid=feed-state][data-state=reconnecting]').waitFor({ state: 'attached' });
  await desk.run();
  for (const page of [carol, alice]) await page.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
  const ready = async () => await alice.id('ready-chat').getAttribute('aria-pressed') === 'true';
  const was = await ready();
  await alice.id('ready-chat').click();
  await of('alice').locator(`[data-testid=team-ready-chat][data-ready=${!was}]`).waitFor();
});

await step.end(desk, browser);
