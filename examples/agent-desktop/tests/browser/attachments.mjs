// Files both ways: a contact sends pictures, the agent looks, saves and answers with one; bad ones are said and harm nobody.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { deflateSync, crc32 } from 'node:zlib';
import { Desk, agent, launch, story, visitor } from './world.mjs';

const desk = await Desk.start({ bob: '[agents.flags]\nsave_attachment = false' });
const browser = await launch();
const step = story('attachments');
const shots = process.env.PARLOR_SCREENSHOTS;
const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
let ann;
let alice;
let bob;

/** A picture of coloured stripes. */
function png(width, height, [red, green, blue]) {
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const light = (Math.floor((x + y) / 24) % 2) * 60;
      rows.set([red, green, blue].map((part) => Math.min(255, part + light)), y * (1 + width * 3) + 1 + x * 3);
    }
  }
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

const chair = png(900, 600, [150, 90, 40]);
const lamp = png(500, 800, [40, 90, 160]);
const file = (name, buffer, mimeType = 'image/png') => ({ name, mimeType, buffer });
/** Whether each picture of the transcript is shown; the Conversation tab shows them too. */
const pictures = (page) => page.id('transcript').locator('[data-testid=thumbnail]').evaluateAll((images) => images.map((image) => image.complete && image.naturalWidth > 0));
const drawn = async (page, count) => {
  await page.id('thumbnail').nth(count - 1).waitFor();
  await page.waitForFunction((wanted) => {
    const trees = [document, ...[...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)];
    const images = trees.flatMap((tree) => [...tree.querySelectorAll('[data-testid=thumbnail]')]);
    return images.filter((image) => image.complete && image.naturalWidth > 0).length >= wanted;
  }, count);
};

await step('r123: a contact sends two pictures and words in one message', async () => {
  ann = await visitor(browser, desk, 'Ann');
  alice = await agent(browser, desk, 'alice');
  step.pages.push(ann, alice);
  await ann.id('chat-files').setInputFiles([file('chair.png', chair), file('lamp.png', lamp)]);
  await ann.locator('[data-testid=waiting-file][data-state=ready]').nth(1).waitFor();
  await shot(ann, 'widget-waiting');
  await ann.says('Which of these do you still have?');
  await drawn(ann, 2);
  assert.equal(await ann.id('waiting-file').count(), 0);
  await alice.id('offer').waitFor();
  await alice.accept();
  await alice.sees('Which of these do you still have?');
  await drawn(alice, 2);
  const names = await alice.id('transcript').locator('[data-testid=file-open]').evaluateAll((all) => all.map((each) => each.title));
  assert.deepEqual(names, ['chair.png', 'lamp.png']);
  assert.deepEqual(await pictures(alice), [true, true]);
  await shot(ann, 'widget-pictures');
  await shot(alice, 'desk-pictures');
});

await step('r124, r125: a picture opens in full size, by keyboard, and closes again', async () => {
  await alice.tabTo('file-open');
  await alice.keyboard.press('Enter');
  await alice.id('viewer').waitFor();
  await alice.waitForFunction(() => document.querySelector('[data-testid=viewer-image]')?.naturalWidth === 900);
  assert.equal(await alice.evaluate(() => document.activeElement?.dataset.testid), 'viewer-close');
  await shot(alice, 'desk-viewer');
  await alice.keyboard.press('Escape');
  await alice.id('viewer').waitFor({ state: 'detached' });
  assert.equal(await alice.evaluate(() => document.activeElement?.dataset.testid), 'file-open', 'back where it was opened');
  await ann.id('file-open').first().click();
  await ann.id('viewer').waitFor();
  await ann.keyboard.press('Escape');
  await ann.id('viewer').waitFor({ state: 'detached' });
  assert.ok(await ann.id('chat-panel').isVisible(), 'only the picture was closed');
});

await step('r126: saving gives the file as it came, to whoever may', async () => {
  await alice.id('file-open').first().click();
  const downloading = alice.waitForEvent('download');
  await alice.id('viewer').locator('[data-testid=file-save]').click();
  const download = await downloading;
  assert.equal(download.suggestedFilename(), 'chair.png');
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(hash(await readFile(await download.path())), hash(chair));
  await alice.keyboard.press('Escape');
  bob = await agent(browser, desk, 'bob', { ready: false });
  step.pages.push(bob);
  await bob.opensContact('Ann');
  await drawn(bob, 2);
  await bob.id('file-open').first().click();
  await bob.id('viewer').waitFor();
  assert.equal(await bob.id('file-save').count(), 0, 'there is nothing to save by');
  await bob.keyboard.press('Escape');
});

await step('r84: an agent sends a picture, with words and without', async () => {
  await alice.id('composer-files').setInputFiles([file('offer.png', png(640, 400, [30, 120, 70]))]);
  await alice.locator('[data-testid=waiting-file][data-state=ready]').waitFor();
  await shot(alice, 'desk-waiting');
  await alice.answer('This one is still here.');
  await ann.hears('This one is still here.');
  await drawn(ann, 3);
  await alice.id('composer-files').setInputFiles([file('back.png', png(400, 400, [120, 30, 70]))]);
  await alice.locator('[data-testid=waiting-file][data-state=ready]').waitFor();
  await alice.id('send').click();
  await drawn(ann, 4);
  await alice.id('transcript').locator('[data-testid=thumbnail]').nth(3).waitFor();
  await shot(alice, 'desk-answered');
  assert.equal(await alice.id('waiting-file').count(), 0);
});

await step('r127: a file that is none of those is refused and said, and the words arrive', async () => {
  const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="harmed"</script></svg>');
  await ann.id('chat-files').setInputFiles([file('photo.png', drawing), file('note.txt', Buffer.from('Call me'), 'text/plain')]);
  await ann.locator('[data-testid=waiting-file][data-state=refused]').waitFor();
  await ann.locator('[data-testid=waiting-file][data-state=ready]').waitFor();
  await shot(ann, 'widget-refused');
  await ann.says('And these?');
  await alice.sees('And these?');
  await alice.sees('photo.png');
  await alice.sees('Ask them to check its format');
  await alice.id('transcript').locator('[data-testid=file]').getByText('note.txt').waitFor();
  await shot(alice, 'desk-refused');
  for (const page of [ann, alice]) assert.notEqual(await page.title(), 'harmed');
  assert.equal(await ann.getByText('Ask them to check').count(), 0, 'the notice is for agents');
});

await step('a reload shows it all again, and a narrow window too', async () => {
  await alice.reload();
  await drawn(alice, 4);
  await ann.reload();
  if (!(await ann.id('chat-panel').isVisible())) await ann.id('chat-launcher').click();
  await drawn(ann, 4);
  await ann.setViewportSize({ width: 390, height: 760 });
  await shot(ann, 'widget-narrow');
  await alice.setViewportSize({ width: 420, height: 800 });
  await shot(alice, 'desk-narrow');
  const wide = await alice.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.ok(!wide, 'nothing sticks out');
});

await step.end(desk, browser);
