// kill -9 at every moment of an interaction's life, over and over: nothing that was acknowledged is missing or doubled,
// and both windows come back by themselves.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const CYCLES = Number(process.env.PARLOR_KILL_CYCLES ?? 50);
const SEED = Number(process.env.PARLOR_KILL_SEED ?? Date.now() % 1_000_000);

/** Numbers that are the same for the same seed. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const next = random(SEED);
const desk = await Desk.start();
const browser = await launch();
const step = story(`crash (seed ${SEED}, ${CYCLES} kills)`);
const said = [];
/** What came of every interaction, in the order in which they began. */
const lives = [];
let ann;
let alice;
let cycle = 0;

/** Kills the process after a random number of milliseconds and starts it again. */
async function killSometime() {
  await new Promise((resolve) => setTimeout(resolve, Math.floor(next() * 60)));
  await desk.kill();
  await desk.run();
}

/**
 * A button is clicked while the process dies. What was not acknowledged may be lost, so a person who sees that nothing
 * came of it clicks again.
 */
async function clicksWhileItDies(button, what, done) {
  await Promise.all([button.click(), killSometime()]);
  await until(what, async () => {
    if (await done()) return true;
    await button.click({ timeout: 1_000 }).catch(() => {});
    return false;
  });
}

/** Something that is said once, and must be there once. */
function words(what) {
  const text = `${what} ${cycle}.`;
  said.push(text);
  return text;
}

/** The interaction of now, as the server has it. */
async function now() {
  const [interaction] = await desk.interactions('Ann');
  return interaction;
}

/** Waits until the server has the interaction of now in a state; it is still the same one. */
async function is(state, owner) {
  const interaction = await until(`it is ${state}`, async () => {
    const found = await now();
    return found.state === state ? found : null;
  });
  assert.equal(interaction.id, lives.at(-1).id, 'the same interaction');
  assert.equal(interaction.owner, owner);
}

const acknowledged = (text) => alice.locator('[data-testid=transcript] [data-testid=entry][data-sequence]:not([data-sequence=""])', { hasText: text })
  .first().waitFor();

/** The moments at which the process dies; each begins where the one before it has ended. */
const MOMENTS = {
  'a new interaction begins': async () => {
    const text = words('life');
    await Promise.all([ann.says(text), killSometime()]);
    await ann.sent(text);
    await ann.state('queued');
    const begun = await now();
    assert.ok(!lives.some(({ id }) => id === begun.id), 'a new one');
    lives.push({ id: begun.id, ended: 0, reactivated: 0, done: 0 });
    await is('queued', null);
  },
  'it is queued': async () => {
    const text = words('patience');
    await Promise.all([ann.says(text), killSometime()]);
    await ann.sent(text);
    await ann.state('queued');
    await is('queued', null);
  },
  'it is offered': async () => {
    const toggle = alice.locator('[data-testid=ready-chat][aria-pressed=false]');
    const ready = async () => (await desk.api('alice', 'GET', '/api/me')).body.readiness.chat.ready;
    await clicksWhileItDies(toggle, 'she is Ready', ready);
    await alice.id('offer').waitFor();
    assert.equal(await alice.id('offer').count(), 1);
    await is('offered', null);
  },
  'the offer stands': async () => {
    const [before] = (await desk.api('alice', 'GET', '/api/me/interactions')).body.offers;
    await killSometime();
    const [after] = (await desk.api('alice', 'GET', '/api/me/interactions')).body.offers;
    assert.equal(after.id, before.id);
    assert.equal(after.expires_at, before.expires_at);
    await alice.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
    await alice.id('offer').waitFor();
  },
  'she accepts it': async () => {
    await clicksWhileItDies(alice.id('offer-accept'), 'it is hers', async () => (await now()).state === 'active');
    await is('active', 'alice');
    await ann.state('active');
    await alice.id('offer').waitFor({ state: 'detached' });
    // The answer may be lost with the process; then the feed brings it, and the bar has it.
    await alice.id('bar-item').click();
    await alice.state('active');
  },
  'both write': async () => {
    const [question, answer] = [words('question'), words('answer')];
    // Each of the two is on its way, before its commit or after it, when the process dies.
    await Promise.all([ann.says(question), alice.answer(answer), killSometime()]);
    await alice.sees(question);
    await acknowledged(answer);
    await ann.hears(answer);
    await is('active', 'alice');
  },
  'the browser of the contact is closed': async () => {
    const kept = await ann.leaves();
    const answer = words('mail');
    await Promise.all([alice.answer(answer), killSometime()]);
    await acknowledged(answer);
    await is('active', 'alice');
    ann = await visitor(browser, desk, null, { storageState: kept });
    step.pages.push(ann);
    await ann.hears(answer);
    await ann.state('active');
  },
  'she ends it': async () => {
    await clicksWhileItDies(alice.id('end'), 'it is ended', async () => (await now()).state === 'ended');
    lives.at(-1).ended += 1;
    await is('ended', 'alice');
    await ann.state('ended');
    await alice.state('ended');
  },
  'it is reactivated': async () => {
    const text = words('encore');
    await alice.id('conversation-composer').fill(text);
    await Promise.all([alice.id('conversation-send').click(), killSometime()]);
    await ann.hears(text);
    await acknowledged(text);
    lives.at(-1).reactivated += 1;
    await is('active', 'alice');
    await alice.state('active');
    // Without a kill: back to where Done is possible.
    await alice.id('end').click();
    await alice.state('ended');
    lives.at(-1).ended += 1;
  },
  'she marks it as Done': async () => {
    await clicksWhileItDies(alice.id('done'), 'it is Done', async () => (await now()).state === 'done');
    lives.at(-1).done += 1;
    await is('done', 'alice');
    await alice.id('interaction-view').waitFor({ state: 'detached' });
    await alice.id('bar-item').waitFor({ state: 'detached' });
    await ann.state('ended');
    // The next one is to wait for a while.
    await alice.locator('[data-testid=ready-chat][aria-pressed=true]').click();
    await alice.locator('[data-testid=ready-chat][aria-pressed=false]').waitFor();
  },
};

await step('a contact and an agent', async () => {
  ann = await visitor(browser, desk, 'Ann');
  alice = await agent(browser, desk, 'alice', { ready: false });
  step.pages.push(ann, alice);
});

const moments = Object.entries(MOMENTS);
while (cycle < CYCLES) {
  const [name, moment] = moments[cycle % moments.length];
  cycle += 1;
  await step(`kill ${cycle}: ${name}`, moment);
}

await step('everything is there exactly once, in both windows and in the store', async () => {
  const rows = (await desk.transcript()).filter((row) => row.kind === 'text');
  const kept = rows.map((row) => row.text);
  for (const text of said) {
    assert.equal(kept.filter((one) => one === text).length, 1, `${text} is kept once`);
  }
  assert.equal(kept.length, said.length);
  const sequences = (await desk.transcript()).map((row) => row.sequence);
  assert.deepEqual(sequences, sequences.map((_, index) => index + 1), 'the sequence has no gap');

  const order = rows.toSorted((a, b) => a.sequence - b.sequence).map((row) => row.text);
  await until('the widget has everything', async () => (await ann.history()).length >= order.length);
  assert.deepEqual((await ann.history()).map((entry) => entry.text.trim()), order, 'the widget');
  await alice.opensContact('Ann');
  await alice.id('communication-conversation').getByText(order.at(-1)).first().waitFor();
  await alice.scrollsBack('communication-conversation');
  const seen = (await alice.entries('communication-conversation')).filter(({ author }) => author !== 'system');
  assert.deepEqual(seen.map(({ text }) => text), order, 'the desk');
});

await step('every interaction lived once: what happened to it is written down once', async () => {
  const notices = (await desk.conversation('Ann')).map(({ content }) => content.notice?.lifecycle).filter(Boolean);
  const count = (id, code) => notices.filter(({ interaction, change }) => interaction === id && change === code).length;
  const counted = (id, code) => notices.filter(({ interaction, change }) => interaction === id && change?.[code] !== undefined).length;
  for (const life of lives) {
    const found = { id: life.id, ended: counted(life.id, 'ended_by_agent'), reactivated: count(life.id, 'reactivated'), done: count(life.id, 'done') };
    assert.deepEqual(found, life);
  }
  const ids = (await desk.interactions('Ann')).map(({ id }) => id);
  assert.deepEqual(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => lives.some((life) => life.id === id)), 'there is none that nobody began');
});

await step('no capacity was lost or taken twice', async () => {
  const { interactions } = (await desk.api('alice', 'GET', '/api/me/interactions')).body;
  const me = (await desk.api('alice', 'GET', '/api/me')).body;
  const held = interactions.length + (await desk.api('alice', 'GET', '/api/me/interactions')).body.offers.length;
  assert.equal(me.load.live.used, held);
  assert.ok(interactions.every(({ owner }) => owner === 'alice'));
});

await step.end(desk, browser);
