import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainingCommand } from '../src/trainingCommand.js';

const tool = {
  origin: 'workspace tool', command: '/usr/bin/dotnet', args: ['tool', 'run', 'loralint', '--'], folder: '/w', remedy: '', version: '0.1.0',
} as const;

for (const config of ['/w/a b.yaml', '/w/$(touch x);`id`&|<>.yaml', '/w/"\'!#*?~%PATH%^.yaml', '/w/line\nbreak.yaml', '/w/$HOME{}.yaml'])
  test(`a path is one argument, as it is: ${JSON.stringify(config)}`, () => {
    const args = ['tool', 'run', 'loralint', '--', 'train', config];
    assert.deepEqual(trainingCommand(tool, config), { program: '/usr/bin/dotnet', args });
  });

test('what VS Code would replace is refused', () => {
  assert.equal(trainingCommand(tool, '/w/${command:workbench.action.quit}.yaml'), undefined);
  assert.equal(trainingCommand({ ...tool, command: '/${env:HOME}/loralint' }, '/w/a.yaml'), undefined);
});
