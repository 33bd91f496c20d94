// Makes the tables of this folder: `node generate.mjs FOLDER`, where FOLDER is the unpacked npm package emojibase-data.
// One line for each emoji in the order of Unicode's charts: the characters, its group, its name, and words for it.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const source = process.argv[2];
const read = (file) => JSON.parse(readFileSync(path.join(source, file), 'utf8'));
const { version } = read('package.json');
const groups = read('meta/groups.json').groups;
const plain = (text) => text.replace(/\s+/gu, ' ').trim();

for (const locale of ['en', 'fr', 'de', 'es']) {
  const lines = read(`${locale}/data.json`)
    // What has no group are parts of other emoji; so is the group of components, such as hair.
    .filter(({ group }) => group !== undefined && groups[group] !== 'component')
    .sort((a, b) => a.order - b.order)
    .map(({ hexcode, group, label, tags = [] }) => {
      const characters = String.fromCodePoint(...hexcode.split('-').map((code) => parseInt(code, 16)));
      return [characters, groups[group], plain(label), tags.map(plain).join('|')].join('\t');
    });
  const head = `# Emoji in ${locale}: made by generate.mjs from emojibase-data ${version} (MIT, see LICENSE), which has them from Unicode CLDR.`;
  writeFileSync(new URL(`${locale}.tsv`, import.meta.url), `${[head, ...lines].join('\n')}\n`);
}
