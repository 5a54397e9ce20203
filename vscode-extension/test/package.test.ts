import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { documentSelector, isConcerned, isConfig, languages, needsServer } from '../src/selector.js';

// Tests run in the extension's folder.
const read = (file: string) => readFileSync(file, 'utf8');
const { version, activationEvents, contributes } = JSON.parse(read('package.json'));

test('the version and the licence are those of the repository', () => {
  assert.equal(version, /<Version>(.*)<\/Version>/.exec(read('../Directory.Build.props'))?.[1]);
  assert.equal(read('LICENSE'), read('../LICENSE'));
  assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version}$`, 'm'));
});

test('the languages that start the extension are those that it checks', () => {
  assert.deepEqual(activationEvents, languages.map(language => `onLanguage:${language}`));
  assert.deepEqual(documentSelector.slice(0, 2), [{ scheme: 'file', language: 'yaml' }, { scheme: 'untitled', language: 'yaml' }]);
});

test('code is checked, and wakes the server only with a word of LoRA in it', () => {
  const document = (scheme: string, languageId: string, text = '') =>
    ({ uri: { scheme } as never, languageId, getText: () => text });
  for (const scheme of ['file', 'untitled', 'vscode-notebook-cell'])
    assert.ok(isConcerned(document(scheme, 'python')), scheme);
  assert.ok(isConcerned(document('file', 'shellscript')));
  assert.ok(!isConcerned(document('git', 'python')));
  assert.ok(!isConcerned(document('vscode-notebook-cell', 'yaml')));
  assert.ok(!needsServer(document('file', 'python', 'import os')));
  assert.ok(needsServer(document('file', 'python', 'from peft import LoraConfig')));
  assert.ok(needsServer(document('file', 'shellscript', 'swift sft --lora_rank 8')));
  assert.ok(needsServer(document('file', 'yaml', '')));
  assert.ok(!isConfig(document('file', 'python')) && isConfig(document('file', 'toml')));
});

test('commands that are listed exist, and the other way round', () => {
  const registered = [...read('src/extension.ts').matchAll(/command\('(\w+)'/g)].map(match => `loralint.${match[1]}`);
  assert.deepEqual(registered.sort(), contributes.commands.map((c: { command: string }) => c.command).sort());
});

test('commands that texts name exist', () => {
  const known = new Set(contributes.commands.map((c: { command: string }) => c.command));
  const files = ['package.json', 'src/messages.ts', 'src/statusBar.ts'];
  const named = files.flatMap(file => [...read(file).matchAll(/(?:command:|command: ')(loralint\.\w+)/g)].map(match => match[1]!));
  assert.ok(named.length > 8);
  assert.deepEqual(named.filter(name => !known.has(name)), []);
});

test('what the walkthrough shows is there', () => {
  const media = contributes.walkthroughs[0].steps.map((step: { media: Record<string, string> }) => step.media['markdown'] ?? step.media['image']);
  assert.equal(media.length, 5);
  assert.deepEqual(media.filter((file: string) => !existsSync(file.replace('dist/images', '../docs/images'))), []);
});
