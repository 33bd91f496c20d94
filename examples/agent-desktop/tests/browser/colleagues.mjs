// Colleagues: chats without a customer, advice by telephone, and calls and e-mails to contacts, which the transcript tells of.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const desk = await Desk.start({ pending: [60_000, 120_000] });
const browser = await launch();
const step = story('colleagues');
const QUESTION = 'Are you coming to lunch?';
let ann;
let alice;
let bob;
let chat;

const told = (page, text) => page.id('notice').getByText(text).first().waitFor();
const colleague = (page, name) => page.locator(`[data-testid=colleague][data-name=${name}]`);
const writes = async (page, text) => {
  await page.id('colleague-composer').fill(text);
  await page.id('colleague-composer').press('Enter');
};
const reads = (page, text) => page.id('colleague-transcript').locator('[data-testid=entry]', { hasText: text }).first().waitFor();
const opensChats = async (page) => {
  await page.id('nav-team').click();
  await page.id('team-chats').click();
};

await step('r54: whom one can write to; who is not there is told from who is', async () => {
  alice = await agent(browser, desk, 'alice', { ready: false });
  bob = await agent(browser, desk, 'bob', { ready: false });
  step.pages.push(alice, bob);
  await opensChats(alice);
  await colleague(alice, 'bob').getByText('Not ready').waitFor();
  await colleague(alice, 'carol').getByText('Not signed in').waitFor();
  assert.equal(await colleague(alice, 'carol').getAttribute('aria-disabled'), 'true');
  await colleague(alice, 'carol').click({ force: true });
  await told(alice, 'Carol is not signed in');
});

await step('r54: she writes to him, without any interaction; he is told, opens it and answers', async () => {
  await colleague(alice, 'bob').click();
  await alice.id('colleague-composer').waitFor();
  await told(bob, 'Alice has begun a chat with you');
  await writes(alice, QUESTION);
  await bob.id('chat-alert').getByText('Alice writes to you').waitFor();
  await bob.id('chat-alert').getByText(QUESTION).waitFor();
  await bob.id('nav-team').getByText('1', { exact: true }).waitFor();
  await bob.id('chat-alert-show').click();
  await reads(bob, QUESTION);
  await bob.id('chat-alert').waitFor({ state: 'detached' });
  await bob.id('colleague-unread').waitFor({ state: 'detached' });
  chat = await bob.id('colleague-chat').getAttribute('data-chat');
  await writes(bob, 'In five minutes.');
  await reads(alice, 'In five minutes.');
  const { body } = await desk.api('alice', 'GET', `/api/consults/${chat}/messages`);
  assert.deepEqual(body.messages.filter(({ content }) => content.type === 'consult').map(({ content, author }) => [author.name, content.text]),
    [['alice', QUESTION], ['bob', 'In five minutes.']]);
  assert.deepEqual((await desk.api('alice', 'GET', '/api/me')).body.load.live.used, 0);
  const rows = (await desk.transcript()).filter(({ text }) => text === QUESTION);
  assert.deepEqual(rows.map(({ visibility, contact }) => [visibility, contact]), [['internal', null]]);
});

await step('what is unread waits, through a reload', async () => {
  await bob.id('nav-interactions').click();
  await writes(alice, 'Shall I wait for you?');
  await bob.id('chat-alert').getByText('Shall I wait').waitFor();
  await bob.reload();
  await bob.id('chat-alert').getByText('Shall I wait').waitFor();
  // Put away is not read.
  await bob.id('chat-alert').getByRole('button', { name: 'Dismiss' }).click();
  await bob.id('chat-alert').waitFor({ state: 'detached' });
  await bob.id('nav-team').getByText('1', { exact: true }).waitFor();
  await opensChats(bob);
  await bob.id('colleague-chat-item').getByText('1', { exact: true }).waitFor();
  await bob.id('colleague-chat-item').click();
  await reads(bob, 'Shall I wait for you?');
  await bob.id('colleague-unread').waitFor({ state: 'detached' });
});

await step('a reload shows the same chat again; nobody else has it', async () => {
  await alice.reload();
  await reads(alice, QUESTION);
  await reads(alice, 'In five minutes.');
  assert.equal(await alice.id('colleague-chat').getAttribute('data-chat'), chat);
  assert.equal((await desk.api('carol', 'GET', `/api/consults/${chat}/messages`)).status, 404);
});

await step('either ends it; what was written stays on the screen, and nothing more can be written', async () => {
  await alice.tabTo('chat-with-colleague-end');
  await alice.keyboard.press('Enter');
  await bob.id('colleague-chat-over').getByText('Ended by Alice').waitFor();
  assert.equal(await bob.id('colleague-composer').isDisabled(), true);
  await alice.id('colleague-chat-over').getByText('Ended by you').waitFor();
  assert.equal(await alice.evaluate(() => document.activeElement.tagName), 'H3', 'the focus stays in the chat');
  await reads(bob, QUESTION);
  await bob.id('team-figures').click();
  await bob.id('team-chats').click();
  await colleague(bob, 'alice').waitFor();
});

await step('r50: advice by telephone: it rings at his desk, he answers, and the contact notices nothing', async () => {
  for (const page of [alice, bob]) await page.id('nav-interactions').click();
  await alice.id('ready-chat').click();
  ann = await visitor(browser, desk, 'Ann');
  step.pages.push(ann);
  await ann.says('It makes a strange noise.');
  await alice.id('offer').waitFor();
  await alice.accept();
  await alice.id('hand-over').click();
  await alice.id('hand-over-consult').click();
  await alice.id('hand-over-dialog').getByText('only simulated').waitFor();
  await alice.locator('[data-testid=target-call][data-name=bob]').click();
  await alice.id('consult-state').getByText('It rings at Bob').waitFor();
  const request = bob.locator('[data-testid=request][data-kind=consult]');
  await request.getByText('Alice calls for your advice').waitFor();
  await request.getByTestId('request-accept').click();
  await alice.id('consult-state').getByText('You are on the telephone with Bob').waitFor();
  await bob.id('consult-state').getByText('You are on the telephone with Alice').waitFor();
  assert.equal(await bob.id('consult-composer').isDisabled(), true, 'they talk');
  await alice.id('consult-drop').click();
  await bob.id('interaction-view').waitFor({ state: 'detached' });
  await alice.answer('My colleague knows that noise.');
  await ann.hears('knows that noise');
  assert.ok(!(await ann.content()).includes('telephone'));
});

await step('r55: one action for each number and address on file', async () => {
  await alice.id('tab-contact').click();
  const add = async (name, value) => {
    await alice.getByRole('button', { name: 'Add a detail' }).click();
    await alice.getByPlaceholder('Field', { exact: true }).last().fill(name);
    await alice.getByPlaceholder('Value', { exact: true }).last().fill(value);
  };
  await alice.getByText('No number or e-mail address is on file').waitFor();
  await add('mobile', '+1 555 000 1111');
  await add('office', '+1 555 000 1199');
  await add('mail', 'ann@example.org');
  await add('shoe size', '38');
  await alice.id('contact-save').click();
  await told(alice, 'The contact is saved');
  const { id } = await desk.contact('alice', 'Ann');
  const { actions } = (await desk.api('alice', 'GET', `/api/contacts/${id}/actions`)).body;
  await until('a button for each', async () => (await alice.id('outside').count()) === actions.length);
  assert.equal(actions.length, 3);
  await alice.locator('#pane-contact').getByText('only simulated').waitFor();
});

await step('r55 r56: a call that starts, an e-mail that is sent, a call that fails: each leaves its lines, for agents only', async () => {
  const starts = (address) => alice.locator(`[data-testid=outside][data-address="${address}"]`).click();
  await starts('+1 555 000 1111');
  await alice.sees('You: a call to +1 555 000 1111 was started');
  await starts('ann@example.org');
  await alice.sees('You: an e-mail to ann@example.org was started');
  await alice.sees('You: an e-mail to ann@example.org was handed on');
  await starts('+1 555 000 1199');
  await alice.locator('[data-testid=notice][data-kind=error]', { hasText: 'The call to +1 555 000 1199 failed' }).waitFor();
  await alice.sees('You: a call to +1 555 000 1199 failed');
  const lines = (await alice.entries('transcript')).filter(({ author, text }) => author === 'system' && text.startsWith('You: a'));
  assert.equal(lines.length, 5, 'each once: it is not called again by itself');
  await alice.answer('I have written to you, too.');
  await ann.hears('I have written to you, too.');
  assert.ok(!(await ann.content()).includes('555 000'));
});

await step.end(desk, browser);
