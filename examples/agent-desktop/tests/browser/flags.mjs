// What an account is enabled for, and what outlives a reload or a restart: one desk for each.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const browser = await launch();
const step = story('flags');
let open;

/** A desk of its own for a step. */
async function started(options) {
  open = await Desk.start(options);
  return open;
}

/** A step with a desk of its own: when it is over, everybody leaves. */
async function part(name, action) {
  const before = step.pages.length;
  await step(name, async () => {
    await action();
    for (const page of step.pages.slice(before)) await page.context().close();
    await open.stop();
  });
}

/** The people of a step. */
async function people(...pages) {
  const all = await Promise.all(pages);
  step.pages.push(...all);
  return all;
}

/** A contact and an agent who talk with each other. */
async function talking(desk, name = 'alice') {
  const [ann, alice] = await people(visitor(browser, desk, 'Ann'), agent(browser, desk, name));
  await ann.says('Good morning.');
  await alice.id('offer').waitFor();
  const interaction = await alice.accept();
  await alice.answer('Good morning, Ann.');
  await ann.hears('Good morning, Ann.');
  return { ann, alice, interaction };
}

const waitsIn = (list) => `[data-testid=${list}] [data-testid=entry]`;

await part('r5: who is Ready by signing in is offered what waits, without a click', async () => {
  const desk = await started({ alice: 'auto_ready = ["chat"]' });
  const [ann, bob] = await people(visitor(browser, desk, 'Ann'), agent(browser, desk, 'bob', { ready: false }));
  await ann.says('I was here before you.');
  await desk.passedOver('Ann');
  const [alice] = await people(agent(browser, desk, 'alice', { ready: false }));
  await alice.id('offer').getByText('I was here before you.').waitFor();
  await alice.locator('[data-testid=ready-chat][aria-pressed=true]').waitFor();
  assert.equal(await bob.locator('[data-testid=ready-chat]').getAttribute('aria-pressed'), 'false');
  assert.equal(await bob.id('offer').count(), 0);
});

await part('r9: whatever comes in is shared out: everything has an owner, nothing has two', async () => {
  const desk = await started();
  const agents = await people(agent(browser, desk, 'alice'), agent(browser, desk, 'bob'));
  const names = ['Ann', 'Ben', 'Cem', 'Dan', 'Eve', 'Fay'];
  const visitors = await people(...names.map((name) => visitor(browser, desk, name)));
  await Promise.all(visitors.map((page) => page.says('Is there somebody?')));
  // Each takes whatever is offered, until nobody waits any more.
  await until('everybody is served', async () => {
    for (const page of agents) await page.id('offer-accept').first().click({ timeout: 200 }).catch(() => {});
    return (await desk.exported('assignments')).length >= names.length;
  });
  await Promise.all(visitors.map((page) => page.state('active')));
  const rows = await desk.exported('assignments');
  assert.equal(rows.length, names.length, JSON.stringify(rows));
  assert.equal(new Set(rows.map((row) => row.interaction)).size, names.length);
  const bars = await Promise.all(agents.map((page) => page.id('bar-item').evaluateAll((items) => items.map((item) => item.dataset.interaction))));
  assert.deepEqual(bars.map((bar) => bar.length), [3, 3], 'as many as each may have');
  assert.equal(new Set(bars.flat()).size, names.length);
});

await part('r33: after a reload the view shows what it showed before', async () => {
  const desk = await started();
  const { ann, alice, interaction } = await talking(desk);
  for (const text of ['  spaces  stay  ', 'line\nline', 'é ≠ e\u0301, \u{1F469}\u200D\u{1F680}', '<b>not bold</b>']) {
    await alice.answer(text);
    await until(`${text} is acknowledged`, async () => (await alice.entries('transcript')).some((entry) => entry.text === text && entry.sequence > 0));
  }
  await alice.id('note-open').click();
  await alice.id('note-text').fill('A note.');
  await alice.id('note-save').click();
  await ann.says('The last word.');
  await alice.sees('The last word.');
  const settled = async () => {
    const entries = await alice.entries('transcript');
    return entries.length === 9 && entries.every((entry) => entry.sequence > 0 && ['', 'read'].includes(entry.delivery)) ? entries : null;
  };
  const before = await until('everything is read', settled);
  await alice.reload();
  const after = await until('everything is there again', settled);
  assert.deepEqual(after, before);
  const kept = (await desk.conversation('Ann')).filter((message) => message.interaction === interaction && message.content.text !== undefined);
  assert.deepEqual(after.filter(({ author }) => author !== 'system').map(({ text }) => text), kept.map(({ content }) => content.text), 'to the letter');
});

await part('r41 r45: a green reply calls a window that is not in front, too', async () => {
  const desk = await started({ pending: [600_000, 900_000] });
  const { ann, alice } = await talking(desk);
  await alice.pending('none');
  await ann.says('Are you there?');
  await alice.pending('green');
  await alice.asksForAttention();
  assert.equal(await alice.id('bar-item').getAttribute('data-pending'), 'green');
});

await part('r47: a restart of the server changes no colour', async () => {
  const desk = await started({ pending: [2_000, 900_000] });
  const { ann, alice } = await talking(desk);
  await ann.says('I am waiting.');
  await alice.pending('yellow');
  const work = async () => (await desk.api('alice', 'GET', '/api/me/interactions')).body.interactions[0];
  const { pending } = await work();
  const seen = await alice.evaluateHandle(() => {
    const colours = [];
    new MutationObserver(() => colours.push(document.querySelector('[data-testid=bar-item]')?.dataset.pending))
      .observe(document.querySelector('parlor-bar'), { subtree: true, attributes: true, attributeFilter: ['data-pending'] });
    return colours;
  });
  await desk.kill();
  await alice.locator('[data-testid=feed-state][data-state=reconnecting]').waitFor({ state: 'attached' });
  await desk.run();
  const now = (await work()).pending;
  assert.deepEqual([now.colour, now.since], ['yellow', pending.since], 'counted from the same moment');
  assert.ok(now.elapsed_ms > pending.elapsed_ms);
  await alice.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
  await ann.says('Still waiting.');
  await alice.sees('Still waiting.');
  await alice.pending('yellow');
  assert.ok((await seen.jsonValue()).every((colour) => colour === 'yellow'), `on the way: ${await seen.jsonValue()}`);
});

await part('r79: a long conversation is read back by scrolling while it goes on; nothing is missing or there twice', async () => {
  const desk = await started();
  const { ann, alice, interaction } = await talking(desk);
  for (let line = 1; line <= 130; line += 1) {
    const { status } = await desk.api('alice', 'POST', `/api/interactions/${interaction}/messages`, { id: randomUUID(), text: `line ${line}.` });
    assert.equal(status, 201);
  }
  // The page that is opened now has read none of it.
  await alice.reload();
  await alice.id('conversation').getByText('line 130.', { exact: true }).waitFor();
  const first = (await alice.entries('conversation')).length;
  assert.ok(first < 100, `${first} are loaded at first`);
  await alice.id('conversation').hover();
  let spoken = 0;
  await until('a page is loaded while the contact writes', async () => {
    await alice.mouse.wheel(0, -1_500);
    if (spoken < 5) {
      spoken += 1;
      await ann.says(`between ${spoken}.`);
    }
    return spoken === 5 && (await alice.entries('conversation')).length > first + 5;
  });
  await alice.scrollsBack('conversation');
  const all = await until('everything', async () => {
    const entries = await alice.entries('conversation');
    return entries.some(({ text }) => text === 'between 5.') ? entries : null;
  });
  const kept = await desk.conversation('Ann');
  assert.ok(kept.length >= 138, `${kept.length} are kept`);
  assert.deepEqual(all.map(({ sequence }) => sequence), kept.map(({ sequence }) => sequence));
  assert.deepEqual(all.map(({ sequence }) => sequence), all.map((_, index) => index + 1), 'without a gap');
  await alice.locator(waitsIn('conversation'), { hasText: 'Good morning.' }).first().waitFor();
});

await part('r97: where nobody may write from Communication, an interaction has to be opened', async () => {
  const desk = await started({ alice: 'flags = { compose_from_communication = false }' });
  const { ann, alice, interaction } = await talking(desk);
  await alice.finishes();
  await alice.opensContact('Ann');
  await alice.id('communication').getByText('Open an interaction to write').waitFor();
  assert.equal(await alice.id('communication-composer').isVisible(), false);
  const contact = await desk.contact('alice', 'Ann');
  const refused = await desk.api('alice', 'POST', `/api/contacts/${contact.id}/messages`, { id: randomUUID(), channel: 'website', text: 'no' });
  assert.equal(refused.status, 403);
  await alice.id('open-interaction').click();
  await alice.state('active');
  assert.notEqual(await alice.id('interaction-view').getAttribute('data-interaction'), interaction);
  await alice.answer('I opened it first.');
  await ann.hears('I opened it first.');
});

await part('r109: what was read stays read, whatever is said later of older messages', async () => {
  const desk = await started();
  const { ann, alice } = await talking(desk);
  await alice.finishes();
  await alice.opensContact('Ann');
  await alice.id('communication-composer').fill('How was it?');
  await alice.id('communication-send').click();
  await ann.hears('How was it?');
  await alice.looksAtContacts();
  const unread = (count) => alice.id('contact-unread').getByText(String(count), { exact: true }).waitFor();
  for (const text of ['Good.', 'Very good.', 'Thank you.']) await ann.says(text);
  await unread(3);
  const contact = await desk.contact('alice', 'Ann');
  const position = async (text) => (await desk.conversation('Ann')).find(({ content }) => content.text === text).position;
  const read = async (upto) => assert.equal((await desk.api('alice', 'POST', `/api/contacts/${contact.id}/read`, { upto })).status, 204);
  await read(await position('Very good.'));
  await unread(1);
  await read(await position('Good.'));
  await ann.says('Bye.');
  await unread(2);
  await alice.opensContact('Ann');
  await alice.id('contact-unread').waitFor({ state: 'detached' });
  await until('it is kept', async () => (await desk.contact('alice', 'Ann')).unread === null);
});

await part('r111: who has no Communication view has neither its tab nor its data', async () => {
  const desk = await started({ bob: 'flags = { communication_view = false }' });
  const { alice } = await talking(desk);
  const [bob] = await people(agent(browser, desk, 'bob', { ready: false }));
  assert.equal(await alice.id('nav-communication').isVisible(), true);
  assert.equal(await bob.id('nav-communication').isVisible(), false);
  const contact = await desk.contact('alice', 'Ann');
  for (const route of ['/api/contacts', `/api/contacts/${contact.id}/conversation?view=communication`]) {
    const { status, body } = await desk.api('bob', 'GET', route);
    assert.deepEqual([status, body.code, body.missing], [403, 'feature_disabled', 'communication_view'], route);
  }
  // Nor by its address.
  await bob.evaluate(() => { location.hash = '#communication'; });
  await bob.waitForFunction(() => location.hash === '#interactions');
  assert.equal(await bob.id('communication').isVisible(), false);
});

await part('r23 r76: without continued chats there is no Conversation tab, and the end is the end', async () => {
  const desk = await started({ alice: 'flags = { async_enabled = false }' });
  const { alice, interaction } = await talking(desk);
  await alice.id('tab-contact').waitFor();
  assert.equal(await alice.id('tab-conversation').isVisible(), false);
  assert.equal(await alice.id('conversation-composer').isVisible(), false);
  const contact = await desk.contact('alice', 'Ann');
  const refused = await desk.api('alice', 'GET', `/api/contacts/${contact.id}/conversation?view=conversation`);
  assert.deepEqual([refused.status, refused.body.code, refused.body.missing], [403, 'feature_disabled', 'async_enabled']);
  await alice.id('end').click();
  await alice.state('ended');
  await alice.id('interaction-banner').getByText('Continuing is switched off').waitFor();
  assert.equal(await alice.id('composer').isDisabled(), true);
  const late = await desk.api('alice', 'POST', `/api/interactions/${interaction}/messages`, { id: randomUUID(), text: 'one more' });
  assert.deepEqual([late.status, late.body.code], [409, 'async_disabled']);
});

await part('r30: outcomes form a tree, and only what has nothing below it can be given', async () => {
  const tree = ['sales', 'sales/lost', 'sales/lost/price'].map((code) => `[[dispositions]]\ncode = "${code}"\nname = "${code.split('/').at(-1)}"`);
  const desk = await started({ more: tree.join('\n') });
  const { alice } = await talking(desk);
  const options = await alice.id('disposition').locator('option').evaluateAll((all) => all.map(({ value, disabled, textContent }) => [value, disabled, textContent]));
  assert.deepEqual(options.filter(([value]) => value.startsWith('sales')), [
    ['sales', true, 'sales'], ['sales/lost', true, '\u2003lost'], ['sales/lost/price', false, '\u2003\u2003price'],
  ]);
  await alice.id('disposition').selectOption('sales/lost/price');
  await until('it is kept', async () => (await desk.interactions('Ann'))[0].disposition === 'sales/lost/price');
});

await part('r13: where ended work has to be finished first, the desk says so, until it is Done', async () => {
  const desk = await started({ more: '[policy]\nended_sets_not_ready = true' });
  const { alice } = await talking(desk);
  await alice.id('end').click();
  await alice.state('ended');
  const chat = alice.id('ready-chat');
  await chat.getByText('after work').waitFor();
  assert.equal(await chat.getAttribute('aria-pressed'), 'false');
  assert.match(await chat.getAttribute('title'), /mark it as Done/);
  await alice.id('done').click();
  await alice.locator('[data-testid=ready-chat][aria-pressed=true]').waitFor();
});

await part('who lets an offer pass is Not ready where the policy says so, and is told why and what to do', async () => {
  const desk = await started({ offerTtl: 1_500, more: '[policy]\nmissed_offer = "not_ready"' });
  const [ann, alice] = await people(visitor(browser, desk, 'Ann'), agent(browser, desk, 'alice'));
  await ann.says('Is somebody there?');
  await alice.id('offer').waitFor();
  await alice.id('offer').waitFor({ state: 'detached' });
  const chat = alice.id('ready-chat');
  await chat.getByText('an offer was missed').waitFor();
  assert.equal(await chat.getAttribute('aria-pressed'), 'false');
  assert.match(await chat.getAttribute('title'), /You let an offer pass: choose Ready/);
  await alice.id('notice').getByText('The offer expired').waitFor();
  await chat.click();
  await alice.locator('[data-testid=ready-chat][aria-pressed=true]').waitFor();
  await alice.id('offer').getByText('Is somebody there?').waitFor();
});

await part('r22: a contact who says nothing for long: the agents are told, and then a rule ends the session', async () => {
  const desk = await started({ more: '[policy]\nidle_notice = 1500\nidle_end = 2500' });
  const { ann, alice } = await talking(desk);
  await alice.sees('The contact has been silent for a while');
  await alice.state('ended');
  await alice.sees('The session was ended by a rule');
  await alice.id('interaction-banner').getByText('Ended by a rule').waitFor();
  await ann.state('ended');
  assert.ok(!(await ann.content()).includes('silent'), 'that is for the agents');
});

await part('r57: numbers and addresses in a text can be clicked, by those whose account says so', async () => {
  const desk = await started({ alice: 'flags = { clickable_endpoints_in_text = true }', bob: 'flags = { clickable_endpoints_in_text = false }' });
  const { ann, alice } = await talking(desk);
  const text = '\u{1F469}\u200D\u{1F680} see https://example.com/a?b=c or ann@example.com, javascript:alert(1)';
  await ann.says(text);
  await alice.sees('javascript:alert(1)');
  const links = await alice.id('transcript').getByTestId('entry-link').evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href'), link.rel]));
  assert.deepEqual(links, [
    ['https://example.com/a?b=c', 'https://example.com/a?b=c', 'noopener noreferrer nofollow'],
    ['ann@example.com', 'mailto:ann@example.com', 'noopener noreferrer nofollow'],
  ]);
  assert.equal((await alice.entries('transcript')).at(-1).text, text, 'the words stay as they are');
  const [bob] = await people(agent(browser, desk, 'bob', { ready: false }));
  await bob.opensContact('Ann');
  await bob.id('communication-conversation').getByText('javascript:alert(1)').first().waitFor();
  assert.equal(await bob.id('entry-link').count(), 0);
});

await part('what is put aside takes no room, and goes on when it is taken up', async () => {
  const desk = await started();
  const { ann, alice } = await talking(desk);
  const used = async () => (await desk.api('alice', 'GET', '/api/me')).body.load.live.used;
  assert.equal(await used(), 1);
  await alice.id('park').click();
  await alice.id('parked').waitFor();
  assert.equal(await used(), 0);
  await alice.id('unpark').click();
  await alice.id('parked').waitFor({ state: 'hidden' });
  assert.equal(await used(), 1);
  await alice.state('active');
  // The contact writes: that calls it back, too.
  await alice.id('park').click();
  await alice.id('parked').waitFor();
  await ann.says('I am back.');
  await alice.id('offer').getByText('I am back.').waitFor();
  await alice.accept();
  await alice.sees('I am back.');
  assert.equal(await alice.id('parked').isVisible(), false);
});

await step.end(open, browser);
