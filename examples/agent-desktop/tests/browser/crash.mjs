// kill -9 at any moment of a conversation: nothing that was acknowledged is missing or doubled, and both windows come
// back by themselves.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, visitor } from './world.mjs';

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
let ann;
let alice;

/** Kills the process after a random number of milliseconds and starts it again. */
async function killSometime() {
  await new Promise((resolve) => setTimeout(resolve, Math.floor(next() * 60)));
  await desk.kill();
  await desk.run();
}

await step('a conversation begins', async () => {
  ann = await visitor(browser, desk, 'Ann');
  alice = await agent(browser, desk, 'alice');
  step.pages.push(ann, alice);
  await ann.says('first word');
  said.push('first word');
  await alice.id('offer').waitFor();
  await alice.accept();
});

for (let cycle = 1; cycle <= CYCLES; cycle += 1) {
  await step(`kill ${cycle}`, async () => {
    const question = `question ${cycle}.`;
    const answer = `answer ${cycle}.`;
    said.push(question, answer);
    // Each of the two is on its way, before its commit or after it, when the process dies.
    await Promise.all([ann.says(question), alice.answer(answer), killSometime()]);
    await alice.sees(question);
    await alice.locator('[data-testid=transcript] [data-testid=entry][data-sequence]', { hasText: answer }).first().waitFor();
    await ann.hears(answer);
  });
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
  const seenByAnn = (await ann.history()).map((entry) => entry.text.trim());
  assert.deepEqual(seenByAnn.map((text) => order.find((one) => text.includes(one))), order, 'the widget');
  const seenByAlice = await alice.transcript().evaluateAll((entries) => entries
    .filter((entry) => ['contact', 'agent'].includes(entry.dataset.author))
    .map((entry) => entry.textContent));
  assert.deepEqual(seenByAlice.map((text) => order.find((one) => text.includes(one))), order, 'the desk');
});

await step('the interaction is still the same one, and hers', async () => {
  const mine = (await desk.api('alice', 'GET', '/api/me/interactions')).body;
  assert.equal(mine.interactions.length, 1);
  assert.equal(mine.interactions[0].owner, 'alice');
  const me = (await desk.api('alice', 'GET', '/api/me')).body;
  assert.equal(me.load.live.used, 1, 'no capacity was lost or taken twice');
});

await step('nothing went wrong in any window', async () => {
  for (const page of step.pages) assert.deepEqual(page.problems, []);
});

await step.end(desk, browser);
