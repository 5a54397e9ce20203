import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestOf, namesLoralint } from '../src/toolManifest.js';
import { manifest, systemWith } from './system.js';

test('a manifest names loralint in any case of letters', () => {
  assert.ok(namesLoralint(manifest));
  assert.ok(namesLoralint('\uFEFF{"tools":{"LoraLint":{}}}'));
});

for (const text of ['', '{', 'null', '[]', '{"tools":null}', '{"tools":["loralint"]}', '{"tools":{"dotnet-ef":{}}}', '{"loralint":{}}'])
  test(`a manifest without loralint names nothing: ${text}`, () => assert.equal(namesLoralint(text), false));

test('both places of a manifest are looked into, the hidden folder first', () => {
  const both = systemWith({ '/w/.config/dotnet-tools.json': manifest, '/w/dotnet-tools.json': manifest });
  assert.equal(manifestOf('/w', both), '/w/.config/dotnet-tools.json');
  assert.equal(manifestOf('/w', systemWith({ '/w/dotnet-tools.json': manifest })), '/w/dotnet-tools.json');
  assert.equal(manifestOf('/w', systemWith({ '/dotnet-tools.json': manifest })), undefined);
});
