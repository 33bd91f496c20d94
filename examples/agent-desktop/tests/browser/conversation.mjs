// The main job in browser windows: a contact and an agent hold a conversation, from the first word to the next time.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const desk = await Desk.start();
const browser = await launch();
const step = story('conversation');
let ann;
let alice;
let bob;
let first;
let third;

await step('an earlier visit: another agent answers, ends it and marks it as Done', async () => {
  ann = await visitor(browser, desk, 'Ann');
  bob = await agent(browser, desk, 'bob');
  step.pages.push(ann, bob);
  await ann.says('Do you sell lamps?');
  await bob.id('offer').waitFor();
  await bob.accept();
  await bob.answer('We do, Ann.');
  await ann.hears('We do, Ann.');
  await bob.finishes();
  await bob.id('ready-chat').click();
  await bob.locator('[data-testid=ready-chat][aria-pressed=false]').waitFor();
});

await step('r1: the contact writes while nobody is Ready: it waits, and nobody is offered it', async () => {
  alice = await agent(browser, desk, 'alice', { ready: false });
  step.pages.push(alice);
  await ann.says('Hello, is anybody there?');
  await ann.state('queued');
  const waiting = await desk.passedOver('Ann');
  for (const name of ['alice', 'bob']) {
    assert.deepEqual((await desk.api(name, 'GET', '/api/me/interactions')).body.offers, [], name);
  }
  assert.equal(await alice.id('offer').count(), 0);
  assert.equal(await bob.id('offer').count(), 0);
  assert.equal(waiting.state, 'queued');
});

await step('r1: she becomes Ready and is offered it, once, with what was said', async () => {
  await alice.id('ready-chat').click();
  await alice.id('offer').waitFor();
  assert.equal(await alice.id('offer').count(), 1);
  const offer = await alice.id('offer').textContent();
  assert.match(offer, /Ann/);
  assert.match(offer, /is anybody there/);
});

await step('r12: from the offer on she may read what was said before', async () => {
  const contact = await desk.contact('alice', 'Ann');
  const { status, body } = await desk.api('alice', 'GET', `/api/contacts/${contact.id}/conversation?view=conversation`);
  assert.equal(status, 200);
  const texts = body.messages.map((message) => message.content.text).filter(Boolean);
  assert.deepEqual(texts, ['Do you sell lamps?', 'We do, Ann.', 'Hello, is anybody there?']);
});

await step('r6 r7 r34 r40 r41: accepting opens the interaction, with the name on top and a green timer', async () => {
  first = await alice.accept();
  assert.match(await alice.id('interaction-view').getByRole('heading', { level: 2 }).first().textContent(), /Ann/);
  await alice.sees('is anybody there');
  await alice.pending('green');
  await ann.state('active');
  assert.equal(await alice.id('offer').count(), 0);
});

await step('r12: beside it stands the earlier visit, in order', async () => {
  const texts = await until('the earlier visit', async () => {
    const entries = await alice.entries('conversation');
    const said = entries.filter(({ author }) => author !== 'system').map(({ text }) => text);
    return said.length === 3 ? said : null;
  });
  assert.deepEqual(texts, ['Do you sell lamps?', 'We do, Ann.', 'Hello, is anybody there?']);
  assert.ok(!(await alice.entries('transcript')).some(({ text }) => text.includes('lamps')), 'the transcript is of this interaction');
});

await step('r42 r43: without an answer it turns yellow, then red and flashing', async () => {
  await alice.pending('yellow');
  await alice.pending('red');
  assert.equal(await alice.id('bar-item').getAttribute('data-flashing'), 'true');
});

await step('r45: red, in front it is still; while the window is not in front it asks for attention', async () => {
  await alice.asksForAttention();
});

await step('r46: hovering over the bar shows the elapsed time, which goes on, and the last lines', async () => {
  await alice.id('bar-item').first().hover();
  await alice.id('bar-card').waitFor();
  assert.match(await alice.id('bar-card-line').last().textContent(), /is anybody there/);
  const elapsed = alice.id('bar-card-elapsed');
  const before = await elapsed.textContent();
  assert.match(before, /^\d+:\d\d$/);
  const seconds = (text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  await until('a second passes', async () => seconds(await elapsed.textContent()) > seconds(before));
  await alice.mouse.move(700, 600);
  await alice.id('bar-card').waitFor({ state: 'hidden' });
});

await step('r46: reaching the bar by keyboard shows the same', async () => {
  await alice.tabTo('bar-item');
  await alice.id('bar-card').waitFor();
  assert.match(await alice.id('bar-card-elapsed').textContent(), /^\d+:\d\d$/);
  assert.match(await alice.id('bar-card-line').last().textContent(), /is anybody there/);
  await alice.keyboard.press('Escape');
  await alice.id('bar-card').waitFor({ state: 'hidden' });
});

await step('r38 r39: the contact types, the agent is told that and not what', async () => {
  await ann.id('chat-input').pressSequentially('my secret draft');
  await alice.id('typing').waitFor({ state: 'visible' });
  assert.ok(!(await alice.content()).includes('my secret draft'));
  await ann.id('chat-input').fill('');
  await alice.id('typing').waitFor({ state: 'hidden' });
});

await step('r37 r44: the answer arrives at once and clears the timer', async () => {
  await alice.answer('Hello Ann, here I am.');
  await ann.hears('here I am');
  await alice.pending('none');
  await ann.says('I have a question.');
  await alice.sees('I have a question');
  await alice.pending('green');
  await alice.answer('Ask away.');
  await ann.hears('Ask away');
});

await step('r31: a note stays among agents', async () => {
  await alice.id('note-open').click();
  await alice.id('note-text').fill('sounds friendly');
  await alice.id('note-save').click();
  await alice.sees('sounds friendly');
  // What was said after the note has arrived, so the note would have, too.
  await alice.answer('I made a note of that.');
  await ann.hears('I made a note');
  assert.ok(!(await ann.content()).includes('sounds friendly'));
});

await step('r35 r98: the contact closes the browser; two more messages wait for them', async () => {
  const kept = await ann.leaves();
  await alice.locator('[data-testid=participant-connection][data-connection=disconnected]').waitFor();
  await alice.answer('While you are away, one.');
  await alice.answer('And two.');
  await alice.sees('And two.');
  await alice.state('active');
  ann = await visitor(browser, desk, null, { storageState: kept });
  step.pages.push(ann);
  await ann.hears('And two.');
  const history = await ann.history();
  assert.deepEqual(history.map((entry) => entry.text), ['Do you sell lamps?', 'We do, Ann.', 'Hello, is anybody there?',
    'Hello Ann, here I am.', 'I have a question.', 'Ask away.', 'I made a note of that.', 'While you are away, one.', 'And two.']);
  const sequences = history.map((entry) => entry.sequence);
  assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => a - b), 'in order, each once');
  await alice.locator('[data-testid=participant-connection][data-connection=connected]').waitFor();
});

await step('r17 r18: the agent ends it; it is not Done, and Done is a second action', async () => {
  assert.equal(await alice.id('done').isDisabled(), true);
  await alice.id('end').click();
  await alice.state('ended');
  await ann.state('ended');
  assert.equal((await desk.interactions('Ann')).find(({ id }) => id === first).state, 'ended');
});

await step('r78: the transcript and the Conversation tab show the same entries', async () => {
  await until('the same entries', async () => {
    const transcript = await alice.entries('transcript');
    const conversation = await alice.entries('conversation');
    const begins = conversation.findIndex(({ id }) => id === transcript[0]?.id);
    if (begins < 0 || conversation.length - begins < transcript.length) return false;
    assert.deepEqual(conversation.slice(begins), transcript);
    return transcript.some(({ text }) => text.includes('ended the session'));
  });
  const kept = (await desk.conversation('Ann')).filter((message) => message.interaction === first);
  assert.deepEqual((await alice.entries('transcript')).map(({ id }) => id), kept.map(({ id }) => id), 'and those that are kept');
});

await step('r25 r76 r77: she writes in the conversation and the same interaction is active', async () => {
  await alice.id('conversation-composer').fill('One more thing, Ann.');
  await alice.id('conversation-send').click();
  await alice.state('active');
  assert.equal(await alice.id('interaction-view').getAttribute('data-interaction'), first);
  assert.equal(await alice.id('interaction-view').getAttribute('data-segment'), '2');
  await ann.hears('One more thing');
});

await step('r19: the contact ends it', async () => {
  await ann.id('chat-end').click();
  await alice.state('ended');
});

await step('r26 r77: Done; the contact writes again and a new interaction has all the history', async () => {
  await alice.finishes();
  await ann.says('Me again.');
  await alice.id('offer').waitFor();
  const second = await alice.accept();
  assert.notEqual(second, first);
  await alice.id('conversation').locator('[data-testid=entry]', { hasText: 'is anybody there' }).first().waitFor();
  await alice.id('conversation').locator('[data-testid=entry]', { hasText: 'Do you sell lamps' }).first().waitFor();
  await alice.finishes();
});

await step('r27 r95 r96: she writes without an interaction', async () => {
  await alice.opensContact('Ann');
  await alice.id('communication-composer').fill('By the way: we open at nine.');
  await alice.id('communication-send').click();
  await ann.hears('we open at nine');
  assert.deepEqual((await desk.api('alice', 'GET', '/api/me/interactions')).body.interactions, [], 'no interaction was opened');
  assert.equal(await alice.id('bar-item').count(), 0);
});

await step('r101: the contact answers, and she is told of it, not offered it', async () => {
  await alice.id('nav-interactions').click();
  await ann.says('Thank you, good to know.');
  await alice.id('alert').waitFor();
  assert.deepEqual((await desk.api('alice', 'GET', '/api/me/interactions')).body.offers, []);
  assert.equal(await alice.id('offer').count(), 0);
});

await step('r107: the number of unread messages stands beside the name', async () => {
  await alice.looksAtContacts();
  const unread = alice.locator('[data-testid=contact-item]', { hasText: 'Ann' }).getByTestId('contact-unread');
  await unread.getByText('1', { exact: true }).waitFor();
  await ann.says('And until when?');
  await ann.says('Also on Saturdays?');
  await unread.getByText('3', { exact: true }).waitFor();
});

await step('r101 r108: Show opens the Communication view; what is read has no number', async () => {
  await alice.id('alert-show').click();
  await alice.id('communication-conversation').getByText('Also on Saturdays?').first().waitFor();
  await alice.id('contact-unread').waitFor({ state: 'detached' });
  await until('nothing is unread', async () => (await desk.contact('alice', 'Ann')).unread === null);
});

await step('r110: a white dot while the contact is there', async () => {
  await alice.id('contact-dot').first().waitFor();
});

await step('r26 r101 r103: the Chat icon opens a new interaction of the same thread, which is hers at once', async () => {
  const before = await desk.interactions('Ann');
  assert.ok(before.every(({ state }) => state === 'done'));
  await alice.id('open-interaction').click();
  await alice.locator('[data-testid=interaction-view][data-state=active][data-part=takes]').waitFor();
  third = await alice.id('interaction-view').getAttribute('data-interaction');
  assert.ok(!before.some(({ id }) => id === third), 'a new id');
  await ann.state('active');
  await alice.answer('On Saturdays until noon.');
  await ann.hears('until noon');
  const now = await desk.interactions('Ann');
  assert.equal(now.find(({ id }) => id === third).thread, before[0].thread);
  assert.ok(now.filter(({ id }) => id !== third).every(({ state }) => state === 'done'), 'what is Done stays Done');
  // Again, while it is open: the same one.
  await alice.opensContact('Ann');
  await alice.id('open-interaction').click();
  await alice.id('interaction-view').waitFor();
  assert.equal(await alice.id('interaction-view').getAttribute('data-interaction'), third);
  assert.equal((await desk.interactions('Ann')).length, before.length + 1);
});

await step('r25 r28 r94: she ends it; a colleague opens it, reads it and goes on with it', async () => {
  await alice.id('end').click();
  await alice.state('ended');
  await bob.opensContact('Ann');
  await bob.id('open-interaction').click();
  await bob.locator('[data-testid=interaction-view][data-state=ended][data-part=reads]').waitFor();
  assert.equal(await bob.id('interaction-view').getAttribute('data-interaction'), third);
  await bob.sees('until noon');
  for (const control of ['end', 'done', 'note-open', 'disposition']) assert.equal(await bob.id(control).isVisible(), false, control);
  assert.equal(await bob.id('composer').isDisabled(), true);
  await bob.id('conversation-composer').fill('Bob here: bring the lamp along.');
  await bob.id('conversation-send').click();
  await bob.locator('[data-testid=interaction-view][data-state=active][data-part=takes]').waitFor();
  assert.equal(await bob.id('interaction-view').getAttribute('data-interaction'), third);
  await ann.hears('bring the lamp along');
  await alice.id('notice').getByText('no longer yours').waitFor();
  await alice.id('interaction-view').waitFor({ state: 'detached' });
  const [now] = (await desk.interactions('Ann')).filter(({ id }) => id === third);
  assert.equal(now.owner, 'bob');
});

await step('who has it is said to a colleague; a supervisor may read it, and it changes before her eyes', async () => {
  await alice.opensContact('Ann');
  await alice.id('open-interaction').click();
  await alice.id('notice').getByText('Bob has this conversation').waitFor();
  assert.equal(await alice.id('communication').isVisible(), true, 'she stays where she is');
  const carol = await agent(browser, desk, 'carol', { ready: false });
  step.pages.push(carol);
  await carol.opensContact('Ann');
  await carol.id('open-interaction').click();
  await carol.locator('[data-testid=interaction-view][data-state=active][data-part=reads]').waitFor();
  await carol.id('interaction-banner').getByText('Bob has this conversation').waitFor();
  await carol.sees('bring the lamp along');
  assert.equal(await carol.id('composer').isDisabled(), true);
  assert.equal(await carol.id('conversation-composer').isDisabled(), true);
  assert.equal(await carol.id('bar-item').count(), 0, 'it is not her work');
  await ann.says('I will, Bob.');
  await carol.sees('I will, Bob.');
  await bob.id('end').click();
  await bob.state('ended');
  await carol.state('ended');
  assert.equal(await carol.id('conversation-composer').isDisabled(), false, 'now anybody may go on with it');
  await bob.id('done').click();
  await carol.id('interaction-view').waitFor({ state: 'detached' });
  await carol.id('notice').getByText('is Done').waitFor();
});

await step('who reads one that has ended is told when a colleague goes on with it', async () => {
  await bob.opensContact('Ann');
  await bob.id('open-interaction').click();
  await bob.locator('[data-testid=interaction-view][data-state=active][data-part=takes]').waitFor();
  const fourth = await bob.id('interaction-view').getAttribute('data-interaction');
  assert.notEqual(fourth, third);
  await bob.id('end').click();
  await bob.state('ended');
  await alice.id('open-interaction').click();
  await alice.locator('[data-testid=interaction-view][data-state=ended][data-part=reads]').waitFor();
  await bob.id('conversation-composer').fill('One moment more.');
  await bob.id('conversation-send').click();
  await bob.state('active');
  await alice.id('interaction-view').waitFor({ state: 'detached' });
  await alice.id('notice').getByText('A colleague has this conversation').waitFor();
  await bob.finishes();
});

await step('r94: another agent reads and continues what she had, without an interaction', async () => {
  await bob.opensContact('Ann');
  await bob.id('communication-conversation').getByText('we open at nine').first().waitFor();
  await bob.id('communication-composer').fill('Bob here: also on Sundays.');
  await bob.id('communication-send').click();
  await ann.hears('also on Sundays');
});

await step.end(desk, browser);
