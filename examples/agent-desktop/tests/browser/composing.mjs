// An agent asks a contact to open a web address (r58-r64), and chooses emoji where they are allowed (r65-r75).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const step = story('composing');
const browser = await launch();
const desk = await Desk.start({ bob: 'flags = { push_url = false, emoji_allowed = false }', more: '[policy]\nrecent_emojis = 3' });
const alice = await agent(browser, desk, 'alice');
const ann = await visitor(browser, desk, 'Ann');
step.pages.push(alice, ann);

const opens = async () => {
  await alice.id('push-url').click();
  await alice.id('push-url-dialog').waitFor();
};
const types = async (url, expected) => {
  await alice.id('push-url-field').fill(url);
  await alice.id('push-url-preview').getByText(expected).waitFor();
};

await step('a conversation begins', async () => {
  await ann.says('Where do I pay?');
  await alice.accept();
});

await step('r59: what does not lead to the web is refused in words, and nothing is sent', async () => {
  await opens();
  for (const [url, words] of [['javascript:alert(1)', 'Only https: and http:'], ['https://a b', 'not a web address'], ['https://bank.example@evil.example', 'user name or password']]) {
    await types(url, words);
    assert.equal(await alice.id('push-url-send').getAttribute('aria-disabled'), 'true');
    await alice.id('push-url-field').press('Enter');
  }
  assert.equal(await alice.id('push-url-dialog').isVisible(), true);
  assert.equal((await ann.history()).length, 1);
});

await step('r60: the agent sees where it leads and can look at it; r61: there is no list yet', async () => {
  await types('pay.example/42', 'Leads to pay.example');
  const link = alice.id('push-url-look');
  assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('rel')], ['https://pay.example/42', 'noopener noreferrer nofollow']);
  await types('http://аррӏе.example', 'Not encrypted. Leads to xn--80ak6aa92e.example');
  assert.equal(await alice.id('push-url-earlier').isVisible(), false);
  assert.equal((await ann.history()).length, 1, 'looking sends nothing');
  await alice.evaluate(AXE);
  const found = await alice.evaluate(async () => {
    const { violations } = await globalThis.axe.run('[data-testid=push-url-dialog]', { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  });
  assert.deepEqual(found, []);
});

await step('r64: the contact is invited to open it, and the agent has answered', async () => {
  await types('pay.example/42', 'Leads to pay.example');
  await alice.id('push-url-field').press('Enter');
  await alice.id('push-url-dialog').waitFor({ state: 'hidden' });
  const link = ann.id('chat-link');
  await link.waitFor();
  assert.deepEqual([await link.textContent(), await link.getAttribute('href'), await link.getAttribute('rel'), await link.getAttribute('target')],
    ['https://pay.example/42', 'https://pay.example/42', 'noopener noreferrer nofollow', '_blank']);
  assert.deepEqual((await ann.history()).map(({ text }) => text), ['Where do I pay?', 'Please open this link: https://pay.example/42']);
  assert.deepEqual((await alice.entries('transcript')).at(-1).text, 'Please open this link: https://pay.example/42');
  await until('nothing waits for an answer', async () => (await desk.api('alice', 'GET', '/api/me/interactions')).body.interactions[0].pending === null);
});

await step('r61-r63: what was sent before is chosen by keyboard alone', async () => {
  await opens();
  await types('https://help.example/', 'Leads to help.example');
  await alice.id('push-url-send').click();
  await alice.id('push-url-dialog').waitFor({ state: 'hidden' });
  await opens();
  await alice.id('push-url-one').nth(1).waitFor();
  assert.deepEqual(await alice.id('push-url-one').allTextContents(), ['https://help.example/', 'https://pay.example/42']);
  await alice.id('push-url-earlier').focus();
  const chosen = () => alice.id('push-url-one').evaluateAll((all) => all.findIndex((one) => one.getAttribute('aria-selected') === 'true'));
  for (const [key, expected] of [['ArrowDown', 0], ['ArrowDown', 1], ['ArrowDown', 0], ['ArrowUp', 1]]) {
    await alice.keyboard.press(key);
    assert.equal(await chosen(), expected, key);
  }
  if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/push.png` });
  await alice.keyboard.press('ArrowRight');
  assert.equal(await alice.id('push-url-field').inputValue(), 'https://pay.example/42');
  await alice.id('push-url-preview').getByText('Leads to pay.example').waitFor();
  await alice.keyboard.press('Enter');
  await alice.id('push-url-dialog').waitFor({ state: 'hidden' });
  await until('it came', async () => (await ann.history()).length === 4);
  if (process.env.SHOTS) await ann.screenshot({ path: `${process.env.SHOTS}/push-ann.png` });
});

const picks = async (field, emoji) => {
  const composer = alice.locator('parlor-composer', { has: alice.id(field) });
  await composer.getByTestId('emoji').click();
  return { composer, item: composer.getByTestId('emoji-item').filter({ hasText: emoji }).first() };
};

await step('r69, r70: a quick menu puts an emoji where the caret is, and never into a character', async () => {
  const family = '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}';
  await alice.id('composer').fill(`${family}!`);
  // Into the middle of the family, as a script may do what a keyboard cannot.
  await alice.id('composer').evaluate((field) => field.setSelectionRange(3, 3));
  const { composer, item } = await picks('composer', '\u{1F44D}');
  assert.equal(await composer.getByTestId('emoji-search').isVisible(), false, 'search and Recent are in the full picker only');
  await item.click();
  assert.equal(await alice.id('composer').inputValue(), `${family}\u{1F44D}!`);
  if (process.env.SHOTS) { await composer.getByTestId('emoji').click(); await alice.screenshot({ path: `${process.env.SHOTS}/emoji-menu.png` }); await alice.keyboard.press('Escape'); }
  await alice.id('composer').press('Enter');
  await ann.hears(`${family}\u{1F44D}!`);
});

await step('r74, r75: in the full picker one is found by name and by feeling, with the keyboard alone', async () => {
  const { composer } = await picks('composer', '');
  await composer.getByTestId('emoji-more').click();
  const search = composer.getByTestId('emoji-search');
  const first = () => composer.getByTestId('emoji-item').first();
  await search.fill('thumbs');
  await first().getByText('\u{1F44D}').waitFor();
  await search.fill('zzzzqq');
  await composer.getByTestId('emoji-state').getByText('No emoji has that name.').waitFor();
  await search.fill('joy');
  await composer.getByTestId('emoji-item').filter({ hasText: '\u{1F602}' }).waitFor();
  const found = await alice.evaluate(async () => {
    const { violations } = await globalThis.axe.run('[data-testid=emoji-panel]:not([hidden])', { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
  });
  assert.deepEqual(found, []);
  if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/emoji-search.png` });
  await search.press('ArrowDown');
  await alice.keyboard.press('ArrowRight');
  const chosen = await alice.evaluate(() => document.activeElement.textContent);
  await alice.keyboard.press('Enter');
  assert.equal(await alice.id('composer').inputValue(), chosen);
  await alice.id('composer').fill('');
});

await step('r72, r73: Recent has what was sent, not what was picked; All has all of them', async () => {
  await alice.opensContact('Ann');
  const { composer } = await picks('communication-composer', '');
  const emoji = () => composer.getByTestId('emoji-item').allTextContents();
  await until('the ones that were sent', async () => (await emoji()).length === 2);
  assert.deepEqual(await emoji(), ['\u{1F44D}', '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}']);
  await composer.getByTestId('emoji-all').click();
  await until('all of them', async () => (await emoji()).length === 1914);
  if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/emoji-all.png` });
  await composer.getByTestId('emoji-item').nth(1).click();
  assert.equal(await alice.id('communication-composer').inputValue(), '\u{1F603}');
  await alice.id('communication-composer').press('Enter');
  await ann.hears('\u{1F603}');
  await until('it is recent', async () => (await desk.api('alice', 'GET', '/api/emoji/recent')).body.emoji[0] === '\u{1F603}');
});

await step('r58, r65: who may not push addresses is not offered to, and emoji come back with a word', async () => {
  await alice.id('ready-chat').click();
  const bob = await agent(browser, desk, 'bob');
  const ben = await visitor(browser, desk, 'Ben');
  step.pages.push(bob, ben);
  await ben.says('Hello?');
  await bob.accept();
  assert.equal(await bob.id('push-url').isVisible(), false);
  assert.equal(await bob.id('interaction-view').getByTestId('emoji').first().isVisible(), false);
  await bob.answer('Welcome \u{1F44B}\u{1F3FD}');
  await bob.getByText('Emoji are switched off for your account.').waitFor();
  assert.equal(await bob.id('composer').inputValue(), 'Welcome \u{1F44B}\u{1F3FD}', 'nothing typed is lost');
  await bob.answer('Welcome');
  await ben.hears('Welcome');
  assert.deepEqual((await ben.history()).map(({ text }) => text), ['Hello?', 'Welcome']);
});

await step.end(desk, browser);
