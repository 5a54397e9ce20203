// What every scenario that opens the faulty config expects to see.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patience } from './workbench.mjs';

const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A config with mistakes, as it stands in the examples. */
export const faulty = 'qlora.yml';

export function writeFaultyConfig(workspace) {
  copyExample('axolotl/qlora.yml', join(workspace, faulty));
}

/** Copies one of the repository's examples. */
export function copyExample(name, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(repository, 'examples', name), to);
}

/** What `loralint check` says about a file: the editor must say the same. */
export function check(loralint, file) {
  const checked = spawnSync(loralint, ['check', '--format', 'json', file], { cwd: dirname(file), encoding: 'utf8' });
  assert.ok(checked.status === 0 || checked.status === 1, checked.stderr);
  return JSON.parse(checked.stdout).files.flatMap(({ findings }) => findings);
}

/** Waits until the editor has a squiggle for what is wrong, which needs the server to be found, to run and to report. */
export async function seeSquiggles(workbench, milliseconds = patience) {
  await workbench.squiggles.first().waitFor({ timeout: milliseconds });
}

/** Waits until the status bar shows a version: a server was found and runs. */
export async function seeRunning(workbench) {
  await workbench.status.filter({ hasText: /LoraLint \d+\.\d+\.\d+/ }).waitFor({ timeout: patience });
}

/** Waits until the Problems view says what `loralint check` says, message by message. */
export async function seeProblems(workbench, findings) {
  await workbench.command('Problems: Focus on Problems View');
  const rows = workbench.page.locator('.markers-panel .monaco-list-row .marker-message-details-container');
  const expected = findings.map(finding => finding.message).sort();
  let seen = [];
  await workbench.until(`${expected.length} problems`, async () => {
    seen = (await workbench.page.locator('.markers-panel .monaco-list-row').allInnerTexts()).map(text => text.replace(/\s+/g, ' '));
    return expected.every(message => seen.some(text => text.includes(message.replace(/\s+/g, ' '))));
  }).catch(error => { throw new Error(`${error.message}; seen: ${seen.join('\n')}`); });
  assert.equal(await rows.count(), expected.length, `problems: ${seen.join('\n')}`);
}
