import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize } from '../src/summary.js';

test('a check is told in numbers that people read', () => {
  const counts = { files: 9, configs: 2, errors: 1, warnings: 0, infos: 3 };
  assert.equal(summarize(counts), 'LoraLint checked 2 configs: 1 error, 3 infos.');
  assert.equal(summarize({ ...counts, configs: 1, errors: 0, infos: 0 }), 'LoraLint checked 1 config: nothing to report.');
  assert.equal(summarize({ ...counts, configs: 0 }), 'LoraLint found no LoRA configs in 9 files.');
});
