// The demonstration as it is: a person texts the desk from a telephone, with words and with a picture, and what did not reach
// a telephone is said once.

import assert from 'node:assert/strict';
import { Desk, agent, launch, story, until, window } from './world.mjs';

const desk = await Desk.demo();
const browser = await launch();
const step = story('texting');
const shots = process.env.PARLOR_SCREENSHOTS;
const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
/** The smallest picture there is. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
let alice;
let table;

/** @param {string} number */
const phone = (number) => {
  const place = table.locator(`.phone[data-number="${number}"]`);
  return {
    texts: async (words) => {
      await place.locator('textarea').fill(words);
      await place.locator('textarea').press('Enter');
    },
    sendsPicture: async () => {
      await place.locator('input[type=file]').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: PICTURE });
      await place.getByRole('button', { name: 'Send' }).click();
    },
    hears: (words) => place.locator('li.other', { hasText: words }).waitFor(),
    heard: () => place.locator('li.other').allTextContents(),
  };
};
const ANN = '+15550002222';
const BEN = '+15550003333';

await step('Ann texts, and Alice is offered it like any chat', async () => {
  alice = await agent(browser, desk, 'alice');
  await alice.id('ready-sms').click();
  await alice.locator('[data-testid=ready-sms][aria-pressed=true]').waitFor();
  table = await window(browser);
  await table.goto(`${desk.url}/phones`);
  step.pages.push(alice, table);
  await phone(ANN).texts('Is my table ready? 🪑');
  await alice.accept();
  await alice.sees('Is my table ready? 🪑');
  await alice.id('composer').fill('It is 🪑');
  await alice.id('composer-count').filter({ hasText: '1 text message, room for 62 more (some characters take more room)' }).waitFor();
  await shot(alice, 'texting-count');
  await alice.answer('It is, since this morning.');
  await phone(ANN).hears('It is, since this morning.');
  await shot(table, 'phones');
});

await step('a picture comes with its thumbnail, and what was answered has arrived', async () => {
  await phone(ANN).sendsPicture();
  await alice.id('transcript').locator('[data-testid=entry] img').first().waitFor();
  await alice.id('transcript').locator('[data-author=agent][data-delivery=delivered]').waitFor();
  await shot(alice, 'texting-desk');
  await alice.finishes();
});

await step('what did not reach a telephone is said once', async () => {
  await phone(BEN).texts('Please write to me.');
  await alice.accept();
  await alice.answer('Hello Ben');
  const failed = alice.id('transcript').locator('[data-testid=entry] .notice-text', { hasText: 'A message was not delivered' });
  await failed.waitFor();
  await alice.id('transcript').locator('[data-author=agent][data-delivery=failed]').waitFor();
  assert.equal(await failed.count(), 1);
  assert.deepEqual(await phone(BEN).heard(), [], 'it is switched off');
  await shot(alice, 'texting-failed');
  await until('both telephones are drawn', async () => await table.locator('.phone').count() === 3);
});

await step('a number that takes no texts is warned of before the first message, and written to all the same', async () => {
  await alice.id('tab-contact').click();
  const number = alice.locator('[data-testid=number]:visible');
  await number.fill('+1 555 000 4444');
  await number.press('Enter');
  const way = alice.locator('[data-testid=way][data-address="+15550004444"]:visible');
  const before = await alice.id('interaction-view').getAttribute('data-interaction');
  await way.getByTestId('way-open').click();
  await until('the new interaction is shown', async () => await alice.id('interaction-view').getAttribute('data-interaction') !== before);
  await alice.answer('Good morning');
  const warning = alice.locator('[data-testid=notice]', { hasText: 'cannot receive texts' });
  await warning.waitFor();
  await alice.id('tab-contact').click();
  await alice.locator('[data-testid=way-warning]:visible').waitFor();
  await shot(alice, 'texting-landline');
  await alice.id('notice-remedy').click();
  await alice.id('transcript').locator('[data-testid=entry][data-author=agent]', { hasText: 'Good morning' }).waitFor();
  await alice.id('transcript').locator('[data-testid=entry] .notice-text', { hasText: 'A message was not delivered' }).waitFor();
});

await step.end(desk, browser);
