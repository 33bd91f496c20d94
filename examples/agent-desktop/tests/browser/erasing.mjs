// A contact is erased: not while somebody works with them, then wholly, and the desk goes on with what is left.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Desk, agent, launch, story, visitor } from './world.mjs';

const desk = await Desk.start();
const browser = await launch();
const step = story('erasing');
const shots = process.env.PARLOR_SCREENSHOTS;
const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
const SECRET = 'heliotrope';
let alice;
let ann;
let contact;

/** As the operator. */
async function erase(confirm) {
  const answer = await fetch(`${desk.url}/api/contacts/${contact.id}/erase`, {
    method: 'POST',
    headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
    body: JSON.stringify({ confirm }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** The files of the workspace in which the word stands. */
function filesWith(word) {
  const files = readdirSync(desk.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => readFileSync(file).includes(word));
}

await step('Ann and Alice talk', async () => {
  alice = await agent(browser, desk, 'alice');
  ann = await visitor(browser, desk, `Ann ${SECRET}`);
  step.pages.push(alice, ann);
  await ann.says(`My word is ${SECRET}.`);
  await alice.accept();
  await alice.answer(`Thank you, ${SECRET} it is.`);
  await ann.hears(`Thank you, ${SECRET} it is.`);
  contact = await desk.contact('carol', `Ann ${SECRET}`);
  assert.notEqual(filesWith(SECRET).length, 0);
});

await step('nobody is erased while somebody works with them, or by mistake', async () => {
  assert.equal((await erase(contact.id)).status, 409);
  assert.equal((await erase(randomUUID())).status, 422);
  await ann.says('Still here.');
  await alice.sees('Still here.');
  await alice.answer('So am I.');
  await ann.hears('So am I.');
});

await step('then nothing of them is left, in no file and in no list', async () => {
  await alice.finishes();
  await alice.opensContact(`Ann ${SECRET}`);
  assert.equal((await erase(contact.id)).status, 200);
  assert.deepEqual(filesWith(SECRET), []);
  assert.equal(await desk.contact('carol', `Ann ${SECRET}`), undefined);
  const search = await desk.api('carol', 'GET', `/api/search?q=${SECRET}`);
  assert.deepEqual([search.status, search.body.hits], [200, []]);
  await shot(alice, 'erased-before-reload');
});

await step('the desk shows where something stood, and goes on', async () => {
  await alice.reload();
  await alice.locator('[data-testid=feed-state][data-state=live]').waitFor({ state: 'attached' });
  await shot(alice, 'erased-desk');
  assert.equal(await alice.getByText(SECRET).count(), 0);
  await shot(ann, 'erased-widget');
  const ben = await visitor(browser, desk, 'Ben');
  step.pages.push(ben);
  await ben.says('Hello?');
  await alice.accept();
  await alice.answer('Welcome');
  await ben.hears('Welcome');
});

await step('who was erased comes back as somebody new', async () => {
  await ann.reload();
  if (!(await ann.id('chat-panel').isVisible())) await ann.id('chat-launcher').click();
  await ann.id('chat-input').waitFor();
  assert.equal(await ann.getByText(SECRET).count(), 0);
  await ann.says('Good morning');
  await ann.sent('Good morning');
  await shot(ann, 'erased-again');
  await alice.id('offer-accept').first().click();
  await alice.sees('Good morning');
});

await step.end(desk, browser);
