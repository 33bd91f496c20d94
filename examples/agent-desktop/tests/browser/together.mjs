// Agents together: one hands over, asks for advice, invites; the other answers; the contact sees what is for the contact.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const desk = await Desk.start();
const browser = await launch();
const step = story('together');
let ann;
let alice;
let bob;
let interaction;

/** The interaction as the server has it. */
const now = async () => (await desk.interactions('Ann')).find(({ id }) => id === interaction);
const owner = (name) => until(`${name} has it`, async () => (await now()).owner === name);
const opens = async (page, way) => {
  await page.id('hand-over').click();
  await page.id(`hand-over-${way}`).click();
  await page.locator(`[data-testid=hand-over-${way}][aria-selected=true]`).waitFor();
};
const target = (page, name) => page.locator(`[data-testid=target-agent][data-name=${name}]`);
const asked = (page, kind) => page.locator(`[data-testid=request][data-kind=${kind}]`);
const told = (page, text) => page.id('notice').getByText(text).first().waitFor();
const has = (page, part) => page.locator(`[data-testid=interaction-view][data-state=active][data-part=${part}]`).waitFor();

await step('a contact and an agent talk; a colleague is there', async () => {
  ann = await visitor(browser, desk, 'Ann');
  alice = await agent(browser, desk, 'alice');
  step.pages.push(ann, alice);
  await ann.says('I have a difficult question.');
  await alice.id('offer').waitFor();
  interaction = await alice.accept();
  bob = await agent(browser, desk, 'bob');
  step.pages.push(bob);
});

await step('to whom it could be handed, and what keeps it from the others, in words', async () => {
  await alice.id('hand-over').click();
  await target(alice, 'bob').getByText('Ready · room for').waitFor();
  const carol = target(alice, 'carol');
  await carol.getByText('not signed in').waitFor();
  assert.equal(await carol.getAttribute('aria-disabled'), 'true');
  // It can be reached and read all the same.
  await carol.press('Enter');
  await alice.id('hand-over-error').getByText('Carol: not signed in').waitFor();
  await alice.locator('[data-testid=target-queue][data-name=support]').getByText('nobody is waiting').waitFor();
  await alice.keyboard.press('Escape');
  await alice.id('hand-over-dialog').waitFor({ state: 'hidden' });
  assert.equal((await now()).transfer, null, 'nothing was asked');
});

await step('r48: handing over by keyboard: the colleague is asked, the owner keeps it until they answer', async () => {
  await alice.tabTo('hand-over');
  await alice.keyboard.press('Enter');
  await target(alice, 'bob').waitFor();
  await alice.tabTo('hand-over-note');
  await alice.keyboard.type('She asked twice already.');
  await alice.tabTo('target-agent');
  await alice.keyboard.press('Enter');
  await alice.id('transfer-pending').getByText('Bob is asked').waitFor();
  await asked(bob, 'transfer').getByText('Alice hands over to you').waitFor();
  assert.match(await asked(bob, 'transfer').textContent(), /difficult question/);
  await alice.answer('One moment, Ann.');
  await ann.hears('One moment, Ann.');
  assert.equal((await now()).owner, 'alice');
});

await step('r32: what is known of the case is written down beside it', async () => {
  await alice.id('tab-contact').click();
  await alice.id('case-add').click();
  await alice.id('case-key').fill('order');
  await alice.id('case-value').fill('10482');
  await alice.id('case-save').click();
  await told(alice, 'The case information is saved');
  assert.deepEqual((await now()).case, { order: '10482' });
});

await step('she takes it back: nobody is asked any more', async () => {
  await alice.id('transfer-cancel').click();
  await alice.id('transfer-pending').waitFor({ state: 'hidden' });
  await asked(bob, 'transfer').waitFor({ state: 'detached' });
  await told(bob, 'it was taken back');
  assert.equal((await now()).owner, 'alice');
});

await step('r48: he declines, and she is told that it stays with her', async () => {
  await opens(alice, 'transfer');
  await target(alice, 'bob').click();
  await asked(bob, 'transfer').getByTestId('request-decline').click();
  await told(alice, 'Bob did not take over');
  await alice.id('transfer-pending').waitFor({ state: 'hidden' });
  assert.equal((await now()).owner, 'alice');
});

await step('r48: he takes over: it is his, with its history and the note, and it is gone from her bar', async () => {
  await opens(alice, 'transfer');
  await alice.id('hand-over-note').fill('A friend of the house.');
  await target(alice, 'bob').click();
  await asked(bob, 'transfer').getByTestId('request-accept').click();
  await has(bob, 'takes');
  assert.equal(await bob.id('interaction-view').getAttribute('data-interaction'), interaction);
  await bob.sees('I have a difficult question.');
  await bob.sees('A friend of the house.');
  await bob.id('tab-contact').click();
  await bob.id('case').waitFor();
  assert.deepEqual([await bob.id('case-key').inputValue(), await bob.id('case-value').inputValue()], ['order', '10482'], 'r32: it goes along');
  await told(alice, 'Bob has taken over');
  await alice.id('bar-item').waitFor({ state: 'detached' });
  await owner('bob');
  await bob.answer('Hello Ann, Bob here.');
  await ann.hears('Bob here.');
  assert.ok(!(await ann.content()).includes('friend of the house'));
});

await step('r50 r51: he asks her for advice: a chat beside the conversation, which the contact never sees', async () => {
  await opens(bob, 'consult');
  await target(bob, 'alice').click();
  await bob.id('consult-state').getByText('Alice is asked').waitFor();
  await asked(alice, 'consult').getByText('Bob asks for your advice').waitFor();
  await asked(alice, 'consult').getByTestId('request-accept').click();
  await has(alice, 'advises');
  await alice.sees('I have a difficult question.');
  assert.equal(await alice.id('composer').isDisabled(), true, 'she writes to him, not to the contact');
  await bob.id('consult-state').getByText('You are talking with Alice').waitFor();
  const writes = async (page, text) => {
    await page.id('consult-composer').fill(text);
    await page.id('consult-composer').press('Enter');
  };
  const reads = (page, text) => page.id('consult-transcript').locator('[data-testid=entry]', { hasText: text }).first().waitFor();
  await writes(bob, 'What does she mean?');
  await reads(alice, 'What does she mean?');
  await writes(alice, 'She means the blue one.');
  await reads(bob, 'She means the blue one.');
  await bob.answer('Do you mean the blue one?');
  await ann.hears('Do you mean the blue one?');
  for (const secret of ['What does she mean', 'She means the blue']) assert.ok(!(await ann.content()).includes(secret), secret);
  const rows = (await desk.transcript()).filter(({ text }) => text === 'She means the blue one.');
  assert.deepEqual(rows.map(({ visibility, direction }) => [visibility, direction]), [['internal', 'none']]);
});

await step('r52: the advice becomes a transfer: she has it, and the contact stayed', async () => {
  await bob.id('consult-complete').click();
  await has(alice, 'takes');
  await told(bob, 'Alice has taken over');
  await bob.id('bar-item').waitFor({ state: 'detached' });
  await owner('alice');
  await ann.state('active');
  await alice.answer('Alice again. The blue one it is.');
  await ann.hears('The blue one it is.');
});

await step('advice can be declined, and dropped', async () => {
  await opens(alice, 'consult');
  await target(alice, 'bob').click();
  await asked(bob, 'consult').getByTestId('request-decline').click();
  await told(alice, 'Bob did not answer');
  await alice.id('tab-consult').waitFor({ state: 'hidden' });
  await opens(alice, 'consult');
  await target(alice, 'bob').click();
  await asked(bob, 'consult').getByTestId('request-accept').click();
  await has(bob, 'advises');
  await alice.id('consult-state').getByText('You are talking with Bob').waitFor();
  await alice.id('consult-drop').click();
  await bob.id('interaction-view').waitFor({ state: 'detached' });
  await alice.id('tab-consult').waitFor({ state: 'hidden' });
  assert.equal((await now()).owner, 'alice');
});

await step('r49: he is invited and joins: all three see and write', async () => {
  await opens(alice, 'invite');
  await target(alice, 'bob').click();
  await alice.id('participant').filter({ hasText: 'Bob' }).getByText('invited').waitFor();
  await asked(bob, 'conference').getByText('Alice invites you to join').waitFor();
  await asked(bob, 'conference').getByTestId('request-accept').click();
  await has(bob, 'takes');
  await bob.answer('Bob has joined you.');
  await ann.hears('Bob has joined you.');
  await alice.sees('Bob has joined you.');
  await ann.says('So many of you!');
  await alice.sees('So many of you!');
  await bob.sees('So many of you!');
  assert.equal(await bob.id('end').isVisible(), false, 'to end it is for the owner');
  assert.deepEqual((await now()).members, ['bob']);
});

await step('r49: he leaves, and it goes on', async () => {
  await bob.id('leave').click();
  await bob.id('interaction-view').waitFor({ state: 'detached' });
  await alice.id('participant').filter({ hasText: 'Bob' }).waitFor({ state: 'detached' });
  await alice.state('active');
  await ann.says('Who is still there?');
  await alice.sees('Who is still there?');
});

await step('r49: who is invited can be uninvited, and who is a member removed', async () => {
  await opens(alice, 'invite');
  await target(alice, 'bob').click();
  await asked(bob, 'conference').waitFor();
  await alice.id('participant-remove').click();
  await asked(bob, 'conference').waitFor({ state: 'detached' });
  await opens(alice, 'invite');
  await target(alice, 'bob').click();
  await asked(bob, 'conference').getByTestId('request-accept').click();
  await has(bob, 'takes');
  await alice.id('participant-remove').click();
  await bob.id('interaction-view').waitFor({ state: 'detached' });
  assert.deepEqual((await now()).members, []);
});

await step('r48: to a queue it goes at once, and somebody is offered it', async () => {
  await bob.id('ready-chat').click();
  await bob.locator('[data-testid=ready-chat][aria-pressed=false]').waitFor();
  await opens(alice, 'transfer');
  await alice.locator('[data-testid=target-queue][data-name=support]').click();
  await told(alice, 'is handed to the queue');
  await alice.id('interaction-view').waitFor({ state: 'detached' });
  await until('it waits or is offered', async () => ['queued', 'offered'].includes((await now()).state));
  await ann.state('queued');
  await bob.id('ready-chat').click();
  await until('somebody is offered it', async () => (await now()).state === 'offered');
  const page = (await desk.api('bob', 'GET', '/api/me/interactions')).body.offers.length > 0 ? bob : alice;
  await page.accept();
  await page.sees('Who is still there?');
  await ann.state('active');
  assert.equal(await page.id('notice').getByText('no longer yours').count(), 0);
});

await step.end(desk, browser);
