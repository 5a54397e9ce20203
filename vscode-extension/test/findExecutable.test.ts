import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findExecutable, parseVersion } from '../src/findExecutable.js';
import { systemWith, workspaceWith } from './system.js';

const folder = mkdtempSync(join(tmpdir(), 'loralint-'));
after(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string, mode = 0o755): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  return file;
}

test('a version is told from other output', () => {
  assert.equal(parseVersion('0.1.0+5fa151d\n'), '0.1.0');
  assert.equal(parseVersion('1.20.3-beta.1\r\n'), '1.20.3-beta.1');
  for (const output of ['', 'usage: loralint', 'v20.1.0', 'other 1.2.3', '1.2', '1.2.3\nand more'])
    assert.equal(parseVersion(output), undefined, output);
});

const onUnix = { skip: process.platform === 'win32' ? 'the programs here are shell scripts' : false };

test('the setting is taken when it answers', onUnix, async () => {
  const setting = program('good', '#!/bin/sh\n[ "$*" = --version ] && echo 1.2.3+abc\n');
  const { found, failures } = await findExecutable(workspaceWith({ setting }), systemWith({}));
  assert.equal(found?.version, '1.2.3');
  assert.equal(found?.command, setting);
  assert.deepEqual(failures, []);
});

test('what does not work is passed over with its reason and remedy', onUnix, async () => {
  const broken = program('loralint', '#!/bin/sh\necho "libfoo is missing" >&2\nexit 127\n');
  program('bin', '', 0o644);
  const extensionFolder = mkdtempSync(join(folder, 'ext-'));
  const system = systemWith({ [broken]: '', [join(extensionFolder, 'bin', 'loralint')]: '' }, { searchPath: folder });
  const { found, failures } = await findExecutable(workspaceWith({ extensionFolder }), system);
  assert.equal(found, undefined);
  assert.equal(failures.length, 2);
  assert.match(failures[0]!, /ended with exit code 127 .*"libfoo is missing"; reinstall/);
  assert.match(failures[1]!, /\(bundled\) is not there; install the extension for this platform\.$/);
});

test('another program is not taken for LoraLint', onUnix, async () => {
  const setting = program('other', '#!/bin/sh\necho other 1.2.3\n');
  const { found, failures } = await findExecutable(workspaceWith({ setting }), systemWith({}));
  assert.equal(found, undefined);
  assert.match(failures[0]!, /is not LoraLint: --version printed "other 1\.2\.3"; correct the setting/);
});

test('a file that cannot be executed is told', onUnix, async () => {
  const setting = program('text', 'not a program', 0o644);
  const { failures } = await findExecutable(workspaceWith({ setting }), systemWith({}));
  assert.match(failures[0]!, /cannot be started \(.*EACCES/);
});

test('a setting of an untrusted workspace is told rather than thrown', async () => {
  const { found, failures } = await findExecutable(workspaceWith({ setting: './loralint', isTrusted: false }), systemWith({}));
  assert.equal(found, undefined);
  assert.match(failures[0]!, /do not trust; write an absolute path\.$/);
});
