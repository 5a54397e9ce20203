import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findOnPath } from '../src/searchPath.js';
import { systemWith } from './system.js';

test('the first folder of PATH that has the program wins', () => {
  const system = systemWith({ '/usr/bin/loralint': '', '/usr/local/bin/loralint': '' });
  assert.equal(findOnPath('loralint', system), '/usr/local/bin/loralint');
});

test('a program that lies in the working folder is not taken', () => {
  const system = systemWith({ 'loralint': '', './loralint': '', 'bin/loralint': '' }, { searchPath: ':.:bin:' });
  assert.equal(findOnPath('loralint', system), undefined);
});

test('no PATH has no programs', () => {
  assert.equal(findOnPath('loralint', systemWith({ '/loralint': '' }, { searchPath: undefined })), undefined);
});

test('on Windows the program is an .exe, and a folder may be quoted', () => {
  const files = { 'C:\\Program Files\\LoraLint\\loralint.exe': '', 'C:\\bin\\loralint': '', 'C:\\bin\\loralint.cmd': '' };
  const system = systemWith(files, { platform: 'win32', searchPath: 'tools;C:\\bin;"C:\\Program Files\\LoraLint"' });
  assert.equal(findOnPath('loralint', system), 'C:\\Program Files\\LoraLint\\loralint.exe');
});
