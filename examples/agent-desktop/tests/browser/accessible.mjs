// The desk and the widget for everybody: audited by axe in light and dark, wide and narrow, and worked by keyboard alone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Desk, agent, launch, story, visitor } from './world.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const desk = await Desk.start();
const browser = await launch();
const step = story('accessible');
let ann;
let alice;

async function audit(page, what) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const result = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
  });
  assert.deepEqual(violations, [], what);
}

for (const [look, options] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
]) {
  await step(`no violation: ${look}`, async () => {
    ann = await visitor(browser, desk, 'Ann', options);
    alice = await agent(browser, desk, 'alice', { ...options, ready: look === 'light' });
    step.pages.push(ann, alice);
    await ann.says(`Hello in ${look}.`);
    await alice.id('offer').waitFor();
    await audit(alice, `an offer, ${look}`);
    await alice.accept();
    await audit(alice, `an interaction, ${look}`);
    await ann.state('active');
    await audit(ann, `the widget, ${look}`);
    await alice.id('nav-communication').click();
    await alice.id('contact-item').first().waitFor();
    await audit(alice, `the communication view, ${look}`);
    if (process.env.PARLOR_SHOTS) {
      await alice.screenshot({ path: `${process.env.PARLOR_SHOTS}/communication-${look}.png` });
      await alice.id('nav-interactions').click();
      await alice.screenshot({ path: `${process.env.PARLOR_SHOTS}/desk-${look}.png` });
      await ann.screenshot({ path: `${process.env.PARLOR_SHOTS}/widget-${look}.png` });
    }
    await alice.context().close();
    await ann.context().close();
    step.pages.length = 0;
  });
}

await step('an offer is taken, answered and closed by keyboard alone', async () => {
  ann = await visitor(browser, desk, 'Kay');
  // Alice has her hands full by now.
  alice = await agent(browser, desk, 'bob');
  step.pages.push(ann, alice);
  await ann.says('By keyboard, please.');
  await alice.id('offer').waitFor();
  await alice.tabTo('offer-accept');
  await alice.keyboard.press('Enter');
  await alice.state('active');
  await alice.tabTo('composer');
  await alice.keyboard.type('Of course.');
  await alice.keyboard.press('Enter');
  await ann.hears('Of course.');
  await alice.tabTo('end');
  await alice.keyboard.press('Enter');
  await alice.state('ended');
  await alice.tabTo('done');
  await alice.keyboard.press('Enter');
  await alice.locator('[data-testid=interaction-view][data-state=ended]').waitFor({ state: 'detached' });
});

await step('nothing went wrong in any window', async () => {
  for (const page of step.pages) assert.deepEqual(page.problems, []);
});

await step.end(desk, browser);
