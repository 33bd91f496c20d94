// Bad input from a contact: it is text, or it is refused; nobody else notices.

import assert from 'node:assert/strict';
import http from 'node:http';
import { randomBytes, randomUUID } from 'node:crypto';
import { Desk, PATIENCE, agent, launch, story, visitor } from './world.mjs';

const desk = await Desk.start();
const browser = await launch();
const step = story('inert');
let ann;
let eve;
let alice;

/** Asks for the socket as a page of another site would. */
function upgradeFrom(origin) {
  return new Promise((resolve, reject) => {
    const url = new URL('/chat/website/socket', desk.url);
    const headers = {
      connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'), ...(origin ? { origin } : {}),
    };
    const request = http.request(url, { headers });
    request.on('response', (answer) => { answer.resume(); resolve(answer.statusCode); });
    request.on('upgrade', (answer, socket) => { socket.destroy(); resolve(answer.statusCode); });
    request.on('error', reject);
    request.end();
  });
}

/** Opens another socket in a page, sends frames, and gives what came back up to the first error, or until it was closed. */
const talk = (page, frames) => page.evaluate(({ frames, patience }) => {
  const socket = new WebSocket(`ws://${location.host}/chat/website/socket`);
  const heard = [];
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`only ${JSON.stringify(heard)} was heard`)), patience);
    socket.onopen = () => frames.forEach((frame) => socket.send(frame));
    socket.onmessage = (event) => heard.push(JSON.parse(event.data));
    const look = () => (heard.some((frame) => frame.type === 'error') ? resolve({ heard, socket }) : setTimeout(look, 5));
    look();
    socket.onclose = () => resolve({ heard });
  }).then(({ heard, socket: open }) => {
    open?.close();
    return heard;
  });
}, { frames, patience: PATIENCE });

await step('two contacts and an agent', async () => {
  ann = await visitor(browser, desk, 'Ann');
  eve = await visitor(browser, desk, '<b>Eve</b>');
  alice = await agent(browser, desk, 'alice');
  step.pages.push(ann, eve, alice);
  await ann.says('Just a question.');
  await alice.accept();
});

await step('markup is text on every screen', async () => {
  const attacks = [
    '<script>window.pwned = 1</script>',
    '<img src=x onerror="window.pwned = 1">',
    '"><svg onload=window.pwned=1>',
    'javascript:window.pwned=1',
    '{{constructor.constructor("window.pwned=1")()}}',
    '\u202Egpj.exe\u202C \u0000 \u200Bhidden',
  ];
  for (const attack of attacks) await eve.says(attack);
  await alice.id('offer-accept').click();
  await alice.sees('<script>window.pwned = 1</script>');
  await alice.sees('onerror=');
  for (const page of step.pages) assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await alice.locator('[data-testid=transcript] script, [data-testid=transcript] img').count(), 0);
});

await step('markup is text where supervisors and colleagues read it, too', async () => {
  const attack = '<img src=x onerror="window.pwned = 1">';
  const carol = await agent(browser, desk, 'carol', { ready: false });
  step.pages.push(carol);
  await carol.id('nav-team').click();
  await carol.id('team-interaction').getByText('<b>Eve</b>').waitFor();
  const { body } = await desk.api('alice', 'POST', '/api/consults', { agent: 'carol' });
  await desk.api('alice', 'POST', `/api/consults/${body.consult.id}/messages`, { id: randomUUID(), text: attack });
  await carol.id('chat-alert').getByText(attack).waitFor();
  await carol.id('chat-alert-show').click();
  await carol.id('colleague-transcript').getByText(attack).waitFor();
  await alice.id('tab-contact').click();
  await alice.getByRole('button', { name: 'Add a detail' }).click();
  await alice.getByPlaceholder('Field', { exact: true }).last().fill(attack);
  await alice.getByPlaceholder('Value', { exact: true }).last().fill('+1 555 000 1111');
  await alice.id('contact-save').click();
  await alice.id('outside').getByText(attack).waitFor();
  for (const page of [alice, carol]) {
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator('main b, main img, main script').count(), 0);
  }
  await alice.id('tab-conversation').click();
});

await step('64 KiB of combining marks are taken, and the desk stays usable', async () => {
  const tower = `a${'\u0301'.repeat(32_000)}`;
  // Laying it out takes a small machine its time; what counts is that it ends.
  for (const page of [alice, eve]) page.setDefaultTimeout(120_000);
  await eve.says(tower);
  await eve.says('after the tower');
  await alice.sees('after the tower');
  await alice.answer('I can still write.');
  await eve.hears('I can still write');
  const kept = (await desk.transcript()).find((row) => row.text?.startsWith('a\u0301'));
  assert.equal(kept.text, tower, 'kept exactly');
});

await step('a text that is too long is refused with its reason, and nothing is kept of it', async () => {
  const before = (await desk.transcript()).length;
  const id = randomUUID();
  const frames = ['{"type":"hello"}', JSON.stringify({ type: 'message', id, text: 'x'.repeat(65_537) })];
  const heard = await talk(eve, frames);
  const refused = heard.find((frame) => frame.type === 'error');
  assert.equal(refused.code, 'text_too_long');
  assert.equal(refused.id, id);
  assert.equal((await desk.transcript()).length, before);
});

await step('frames that are none are refused, one by one', async () => {
  for (const frame of ['', 'null', '[]', '{"type":"hello"', '{"type":"steal"}', '{"type":"message"}', '['.repeat(10_000)]) {
    const heard = await talk(eve, [frame]);
    assert.equal(heard[0]?.type, 'error', `${frame.slice(0, 20)}: ${JSON.stringify(heard)}`);
  }
  const unknown = await talk(eve, [JSON.stringify({ type: 'hello', token: '0'.repeat(64) })]);
  assert.equal(unknown[0]?.code, 'unknown_token');
  const oversized = await talk(eve, [`{"type":"hello","name":"${'x'.repeat(200_000)}"}`]);
  assert.ok(oversized.every((frame) => frame.type === 'error'), JSON.stringify(oversized));
});

await step('pages of other sites get no socket and no session', async () => {
  assert.equal(await upgradeFrom('https://evil.example'), 403);
  assert.equal(await upgradeFrom(`${desk.url}.evil.example`), 403);
  assert.equal(await upgradeFrom('null'), 403);
  assert.equal(await upgradeFrom(null), 403);
  assert.equal(await upgradeFrom(desk.url), 101);
  const forged = await fetch(`${desk.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
    body: JSON.stringify({ agent: 'alice' }),
  });
  assert.equal(forged.status, 403);
});

await step('nobody else noticed: no connection was lost, and what they say arrives', async () => {
  await ann.says('Are you still there?');
  await alice.id('bar-item').first().click();
  await alice.sees('Are you still there?');
  await alice.answer('Yes, Ann.');
  await ann.hears('Yes, Ann.');
  assert.deepEqual(ann.connections, { sockets: 1, lost: 0, feeds: 0 });
  assert.deepEqual(alice.connections, { sockets: 0, lost: 0, feeds: 1 });
  assert.equal((await fetch(`${desk.url}/readyz`)).status, 200);
});

await step.end(desk, browser);
