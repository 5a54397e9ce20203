import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crashes } from '../src/crashes.js';

test('the fifth crash within three minutes is the last', () => {
  const crashes = new Crashes();
  assert.deepEqual([0, 45_000, 90_000, 135_000, 180_000].map(time => crashes.record(time)), [true, true, true, true, false]);
});

test('crashes that lie further apart go on for ever', () => {
  const crashes = new Crashes();
  for (let time = 0; time < 3_600_000; time += 46_000)
    assert.ok(crashes.record(time), `at ${time}`);
  assert.equal(crashes.recent, 4);
});

test('a start by hand begins anew', () => {
  const crashes = new Crashes();
  [1, 2, 3, 4].forEach(time => crashes.record(time));
  crashes.clear();
  assert.ok(crashes.record(5));
});
