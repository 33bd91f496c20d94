// The main job in two browser windows: a contact and an agent hold a conversation, from the first word to the next time.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, visitor } from './world.mjs';

const desk = await Desk.start();
const browser = await launch();
const step = story('conversation');
let ann;
let alice;
let first;

await step('the contact writes while nobody is Ready: it waits', async () => {
  ann = await visitor(browser, desk, 'Ann');
  step.pages.push(ann);
  await ann.says('Hello, is anybody there?');
  await ann.state('queued');
  alice = await agent(browser, desk, 'alice', { ready: false });
  step.pages.push(alice);
  assert.equal(await alice.id('offer').count(), 0, 'r1: nobody who is not Ready is offered anything');
});

await step('r1 r5 r12: she becomes Ready and is offered it, once, with what was said', async () => {
  await alice.id('ready-chat').click();
  await alice.id('offer').waitFor();
  assert.equal(await alice.id('offer').count(), 1);
  const offer = await alice.id('offer').textContent();
  assert.match(offer, /Ann/);
  assert.match(offer, /is anybody there/);
});

await step('r6 r7 r34 r40 r41: accepting opens the interaction, with the name on top and a green timer', async () => {
  first = await alice.accept();
  assert.match(await alice.id('interaction-view').textContent(), /Ann/);
  await alice.sees('is anybody there');
  await alice.pending('green');
  await ann.state('active');
  assert.equal(await alice.id('offer').count(), 0);
});

await step('r42 r43: without an answer it turns yellow, then red and flashing', async () => {
  await alice.pending('yellow');
  await alice.pending('red');
  assert.equal(await alice.id('bar-item').getAttribute('data-flashing'), 'true');
});

await step('r45: while the window is not in front it asks for attention, whatever the colour', async () => {
  const attention = alice.locator('html[data-attention]');
  const asks = async () => (await attention.count()) > 0 && (await attention.getAttribute('data-attention')) !== 'false';
  assert.equal(await asks(), false, 'red, but in front');
  const title = await alice.title();
  await alice.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event('blur'));
  });
  await alice.waitForFunction((before) => document.title !== before, title);
  assert.equal(await asks(), true);
  await alice.evaluate(() => {
    delete document.hasFocus;
    window.dispatchEvent(new Event('focus'));
  });
  await alice.waitForFunction((before) => document.title === before, title);
  assert.equal(await asks(), false);
});

await step('r46: hovering or focusing the bar shows the elapsed time and the last lines', async () => {
  await alice.id('bar-item').first().hover();
  await alice.id('bar-card').first().waitFor();
  assert.match(await alice.id('bar-card').first().textContent(), /is anybody there/);
  await alice.mouse.move(700, 600);
  await alice.id('bar-item').first().focus();
  await alice.id('bar-card').first().waitFor();
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
  assert.ok(!(await ann.content()).includes('sounds friendly'));
});

await step('r35 r98: the contact closes the browser; two more messages wait for them', async () => {
  await ann.goto('about:blank');
  await alice.locator('[data-testid=participant-connection][data-connection=disconnected]').waitFor();
  await alice.answer('While you are away, one.');
  await alice.answer('And two.');
  await alice.sees('And two.');
  await alice.state('active');
  await ann.opens();
  await ann.hears('And two.');
  const history = await ann.history();
  const texts = history.map((entry) => entry.text);
  for (const text of ['Hello, is anybody there?', 'Hello Ann, here I am.', 'I have a question.', 'Ask away.',
    'While you are away, one.', 'And two.']) {
    assert.equal(texts.filter((seen) => seen.includes(text)).length, 1, `${text} once in ${JSON.stringify(texts)}`);
  }
  const sequences = history.map((entry) => entry.sequence);
  assert.deepEqual(sequences, [...new Set(sequences)].sort((a, b) => a - b), 'in order, each once');
  await alice.locator('[data-testid=participant-connection][data-connection=connected]').waitFor();
});

await step('r17 r18: the agent ends it; it is not Done, and Done is a second action', async () => {
  assert.equal(await alice.id('done').isDisabled(), true);
  await alice.id('end').click();
  await alice.state('ended');
  await ann.state('ended');
});

await step('r25 r76 r77 r78: she writes in the conversation and the same interaction is active', async () => {
  await alice.id('conversation').locator('[data-testid=entry]', { hasText: 'Ask away.' }).first().waitFor();
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
  await alice.id('done').click();
  await alice.id('interaction-view').waitFor({ state: 'detached' });
  if (await ann.id('chat-new').isVisible()) await ann.id('chat-new').click();
  await ann.says('Me again.');
  await alice.id('offer').waitFor();
  const second = await alice.accept();
  assert.notEqual(second, first);
  await alice.id('conversation').locator('[data-testid=entry]', { hasText: 'is anybody there' }).first().waitFor();
  await alice.id('end').click();
  await alice.state('ended');
  await alice.id('done').click();
  await alice.id('interaction-view').waitFor({ state: 'detached' });
});

await step('r27 r95 r96 r101: she writes without an interaction, and is told of the answer', async () => {
  await alice.id('nav-communication').click();
  await alice.id('contact-item').first().click();
  await alice.id('communication-composer').fill('By the way: we open at nine.');
  await alice.id('communication-send').click();
  await ann.hears('we open at nine');
  await alice.id('nav-interactions').click();
  assert.equal(await alice.id('bar-item').count(), 0, 'no interaction was opened');
  await ann.says('Thank you, good to know.');
  await alice.id('alert').waitFor();
  assert.equal(await alice.id('offer').count(), 0, 'an answer is told, not offered');
});

await step('r107 r108: the unread messages stand beside the name until they are read', async () => {
  const mine = (await desk.api('alice', 'GET', '/api/contacts')).body.contacts[0];
  assert.equal(mine.unread, 1);
  await alice.id('alert-show').click();
  await alice.id('communication').waitFor();
  await alice.id('communication').getByText('good to know').first().waitFor();
  let unread = 1;
  for (let tries = 0; tries < 200 && unread !== null; tries += 1) {
    unread = (await desk.api('alice', 'GET', '/api/contacts')).body.contacts[0].unread;
  }
  assert.equal(unread, null);
});

await step('r110: a white dot while the contact is there', async () => {
  await alice.id('contact-dot').first().waitFor();
});

await step('r94: another agent reads and continues what she had', async () => {
  const bob = await agent(browser, desk, 'bob', { ready: false });
  step.pages.push(bob);
  await bob.id('nav-communication').click();
  await bob.id('contact-item').first().click();
  await bob.id('communication').getByText('we open at nine').first().waitFor();
  await bob.id('communication-composer').fill('Bob here: also on Sundays.');
  await bob.id('communication-send').click();
  await ann.hears('also on Sundays');
});

await step('nothing went wrong in any window', async () => {
  for (const page of step.pages) assert.deepEqual(page.problems, []);
});

await step.end(desk, browser);
