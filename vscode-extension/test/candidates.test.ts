import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, SettingError } from '../src/candidates.js';
import { manifest, systemWith, workspaceWith } from './system.js';

const everything = {
  '/usr/bin/dotnet': '', '/usr/bin/loralint': '', '/ext/bin/loralint': '', '/ws/runs/.config/dotnet-tools.json': manifest,
};

test('the workspace\'s tool comes before PATH, and PATH before what the extension brings', () => {
  const found = candidates(workspaceWith(), systemWith(everything));
  assert.deepEqual(found.map(c => [c.origin, c.command, c.args, c.folder]), [
    ['workspace tool', '/usr/bin/dotnet', ['tool', 'run', 'loralint', '--'], '/ws/runs'],
    ['PATH', '/usr/bin/loralint', [], undefined],
    ['bundled', '/ext/bin/loralint', [], undefined],
  ]);
});

test('an untrusted workspace\'s tool is not among them', () => {
  const found = candidates(workspaceWith({ isTrusted: false }), systemWith(everything));
  assert.deepEqual(found.map(c => c.origin), ['PATH', 'bundled']);
});

test('a tool needs dotnet on PATH', () => {
  const { '/usr/bin/dotnet': _, ...files } = everything;
  assert.deepEqual(candidates(workspaceWith(), systemWith(files)).map(c => c.origin), ['PATH', 'bundled']);
});

test('nothing is tried beside the setting', () => {
  const found = candidates(workspaceWith({ setting: '/opt/loralint' }), systemWith(everything));
  assert.deepEqual(found.map(c => [c.origin, c.command]), [['setting', '/opt/loralint']]);
});

test('an empty setting is none', () => {
  assert.deepEqual(candidates(workspaceWith({ setting: '' }), systemWith(everything)).length, 3);
});

for (const [setting, command] of [
  ['~/bin/loralint', '/home/ada/bin/loralint'],
  ['~ada/loralint', '/ws/runs/~ada/loralint'],
  ['tools/loralint', '/ws/runs/tools/loralint'],
  ['../loralint', '/ws/loralint'],
  ['${workspaceFolder}/tools/loralint', '/ws/runs/tools/loralint'],
] as const) {
  test(`the setting ${setting} is ${command} in a trusted workspace`, () => {
    const found = candidates(workspaceWith({ setting }), systemWith({}));
    assert.deepEqual(found.map(c => c.command), [command]);
  });
}

for (const setting of ['tools/loralint', './loralint', '${workspaceFolder}/loralint', 'loralint'])
  test(`the setting ${setting} is refused where the folder is not trusted, or none is open`, () => {
    assert.throws(() => candidates(workspaceWith({ setting, isTrusted: false }), systemWith({})), SettingError);
    assert.throws(() => candidates(workspaceWith({ setting, folders: [] }), systemWith({})), SettingError);
  });

test('a folder whose name holds a replacement pattern is put in as it is', () => {
  const found = candidates(workspaceWith({ setting: '${workspaceFolder}/x', folders: ['/a/$&b'] }), systemWith({}, { home: '/$1' }));
  assert.deepEqual(found.map(c => c.command), ['/a/$&b/x']);
});

test('on Windows what the extension brings is an .exe', () => {
  const system = systemWith({ 'C:\\ext\\bin\\loralint.exe': '' }, { platform: 'win32', searchPath: '' });
  const found = candidates(workspaceWith({ extensionFolder: 'C:\\ext', folders: ['C:\\runs'] }), system);
  assert.deepEqual(found.map(c => c.command), ['C:\\ext\\bin\\loralint.exe']);
});
