// Offers: what nobody takes goes on, what comes too late is told so, and of two clicks at once one interaction comes.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Desk, agent, launch, story, until, visitor } from './world.mjs';

const desk = await Desk.start({ offerTtl: 3_000 });
const browser = await launch();
const step = story('offers');
const colleague = { alice: 'bob', bob: 'alice' };
let pages;
let ann;

/** Who of the two is offered something now, as the server says it. */
const offered = (to = ['alice', 'bob']) => until('an offer', async () => {
  for (const name of to) {
    const [offer] = (await desk.api(name, 'GET', '/api/me/interactions')).body.offers;
    if (offer) return { name, id: offer.id, interaction: offer.interaction.id };
  }
  return null;
});

/** Who owned an interaction, as the operator exports it. */
const owners = async (where, interaction) => (await where.exported('assignments'))
  .filter((row) => row.interaction === interaction).map((row) => row.agent);

/** Holds the answers of a page to its offers back: they have left it and have not arrived. */
async function holdBack(page) {
  const held = [];
  await page.route('**/api/offers/*/accept', (route) => { held.push(route); });
  return {
    waits: () => until('the click is on its way', async () => held.length === 1),
    goesOn: async () => {
      const [answer] = await Promise.all([page.waitForResponse('**/api/offers/*/accept'), held[0].continue()]);
      return answer;
    },
  };
}

await step('r8: an offer nobody takes goes to the next agent, and then waits again', async () => {
  pages = { alice: await agent(browser, desk, 'alice'), bob: await agent(browser, desk, 'bob') };
  ann = await visitor(browser, desk, 'Ann');
  step.pages.push(pages.alice, pages.bob, ann);
  await ann.says('Is somebody there?');
  const first = await offered();
  await pages[first.name].id('offer').waitFor();
  const second = await offered([colleague[first.name]]);
  await pages[second.name].id('offer').waitFor();
  await pages[first.name].id('offer').waitFor({ state: 'detached' });
  // Else it would go back to the first one in the very moment in which the second one has let it pass.
  const isReady = (ready) => desk.api(first.name, 'PUT', '/api/me/readiness', { medium: 'chat', ready });
  assert.equal((await isReady(false)).status, 200);
  // To the contact an offer is still waiting; the server tells them apart.
  await until('it waits again', async () => {
    const [interaction] = await desk.interactions('Ann');
    return interaction.id === first.interaction && interaction.state === 'queued' && interaction.owner === null;
  });
  await pages[second.name].id('offer').waitFor({ state: 'detached' });
  await ann.state('queued');
  assert.equal((await isReady(true)).status, 200);
});

await step('after a pause it is offered again; the answer of one who was not asked is refused', async () => {
  const offer = await offered();
  const [winner, loser] = await Promise.all([
    desk.api(offer.name, 'POST', `/api/offers/${offer.id}/accept`, { id: randomUUID() }),
    desk.api(colleague[offer.name], 'POST', `/api/offers/${offer.id}/accept`, { id: randomUUID() }),
  ]);
  assert.equal(winner.status, 200, JSON.stringify(winner.body));
  assert.equal(loser.status, 409, JSON.stringify(loser.body));
  assert.equal(loser.body.code, 'offer_gone');
  await ann.state('active');
  assert.deepEqual(await owners(desk, offer.interaction), [offer.name]);
});

await step('r7 r8: a click that arrives when the next agent has it is told so; there is one owner', async () => {
  const eve = await visitor(browser, desk, 'Eve');
  step.pages.push(eve);
  await eve.says('Second chat.');
  const late = await offered();
  const page = pages[late.name];
  const held = await holdBack(page);
  await page.id('offer-accept').click();
  await held.waits();
  const next = await offered([colleague[late.name]]);
  assert.equal(next.interaction, late.interaction);
  assert.notEqual(next.id, late.id);
  const taken = await desk.api(next.name, 'POST', `/api/offers/${next.id}/accept`, { id: randomUUID() });
  assert.equal(taken.status, 200, JSON.stringify(taken.body));
  await eve.state('active');
  const answer = await held.goesOn();
  assert.equal(answer.status(), 409);
  assert.equal((await answer.json()).code, 'offer_gone');
  await page.locator('[data-testid=notice][data-kind=error]', { hasText: 'Eve' }).waitFor();
  assert.equal(await page.locator(`[data-testid=bar-item][data-interaction="${late.interaction}"]`).count(), 0);
  await pages[next.name].locator(`[data-testid=bar-item][data-interaction="${late.interaction}"]`).waitFor();
  assert.deepEqual(await owners(desk, late.interaction), [next.name]);
});

await step('two windows of one agent click at once: one interaction, accepted once, and no error', async () => {
  const calm = await Desk.start();
  const one = await agent(browser, calm, 'alice');
  const other = await agent(browser, calm, 'alice', { ready: false, storageState: await one.context().storageState() });
  const kim = await visitor(browser, calm, 'Kim');
  step.pages.push(one, other, kim);
  await kim.says('Whoever is there.');
  const windows = [one, other];
  await Promise.all(windows.map((page) => page.id('offer').waitFor()));
  const held = await Promise.all(windows.map(holdBack));
  await Promise.all(windows.map((page) => page.id('offer-accept').click()));
  await Promise.all(held.map((each) => each.waits()));
  const answers = await Promise.all(held.map((each) => each.goesOn()));
  assert.deepEqual(answers.map((answer) => answer.status()), [200, 200]);
  const shown = await Promise.all(windows.map(async (page) => {
    await page.state('active');
    await page.id('offer').waitFor({ state: 'detached' });
    assert.equal(await page.locator('[data-testid=notice][data-kind=error]').count(), 0);
    assert.equal(await page.id('bar-item').count(), 1);
    return page.id('interaction-view').getAttribute('data-interaction');
  }));
  assert.equal(shown[0], shown[1]);
  assert.deepEqual(await owners(calm, shown[0]), ['alice']);
  const joined = (await calm.conversation('Kim')).filter(({ content }) => content.notice?.lifecycle?.change?.joined);
  assert.equal(joined.length, 1, 'accepted once');
  assert.equal((await calm.api('alice', 'GET', '/api/me')).body.load.live.used, 1);
  await calm.stop();
});

await step.end(desk, browser);
