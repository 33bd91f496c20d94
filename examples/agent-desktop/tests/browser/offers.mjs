// Two desks and one offer: who is first has it, and what nobody takes is never lost.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Desk, PATIENCE, agent, launch, story, visitor } from './world.mjs';

const desk = await Desk.start({ offerTtl: 1_500 });
const browser = await launch();
const step = story('offers');
let alice;
let bob;
let ann;

async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what} did not happen`);
  }
}

await step('r8: an offer nobody takes goes to the next agent, and is still there after both', async () => {
  alice = await agent(browser, desk, 'alice');
  bob = await agent(browser, desk, 'bob');
  ann = await visitor(browser, desk, 'Ann');
  step.pages.push(alice, bob, ann);
  await ann.says('Is somebody there?');
  await Promise.race([alice.id('offer').waitFor(), bob.id('offer').waitFor()]);
  const [one, other] = (await alice.id('offer').count()) > 0 ? [alice, bob] : [bob, alice];
  await other.id('offer').waitFor();
  await one.id('offer').waitFor({ state: 'detached' });
  await other.id('offer').waitFor({ state: 'detached' });
  await ann.state('queued');
});

await step('after a pause it is offered again; a late answer is told that it came too late', async () => {
  const work = (name) => desk.api(name, 'GET', '/api/me/interactions');
  const offer = await until('another offer', async () => {
    for (const name of ['alice', 'bob']) {
      const mine = (await work(name)).body.offers[0];
      if (mine) return { name, id: mine.id };
    }
    return null;
  });
  const other = offer.name === 'alice' ? 'bob' : 'alice';
  const [winner, loser] = await Promise.all([
    desk.api(offer.name, 'POST', `/api/offers/${offer.id}/accept`, { id: randomUUID() }),
    desk.api(other, 'POST', `/api/offers/${offer.id}/accept`, { id: randomUUID() }),
  ]);
  assert.equal(winner.status, 200, JSON.stringify(winner.body));
  assert.equal(loser.status, 409, JSON.stringify(loser.body));
  assert.equal(loser.body.code, 'offer_gone');
  await ann.state('active');
});

await step('two windows of one agent click at once: one interaction, no error that is not clear', async () => {
  const eve = await visitor(browser, desk, 'Eve');
  step.pages.push(eve);
  await eve.says('Second chat.');
  await Promise.race([alice.id('offer-accept').waitFor(), bob.id('offer-accept').waitFor()]);
  const page = (await alice.id('offer-accept').count()) > 0 ? alice : bob;
  await page.id('offer-accept').click();
  await eve.state('active');
});

await step('nothing went wrong in any window', async () => {
  for (const page of step.pages) assert.deepEqual(page.problems, []);
});

await step.end(desk, browser);
