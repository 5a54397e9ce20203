// What a person does in the editor, and what they see. Each runs in a workbench of its own.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, faulty, seeProblems, seeSquiggles, writeFaultyConfig } from './findings.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** A folder for PATH with this program in it under the name loralint. */
function programs(folder, program) {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(program, join(bin, 'loralint'));
  return [bin];
}

export async function from_finding_to_fixed_file({ folder, workspace, loralint, start, screenshots }) {
  writeFaultyConfig(workspace);
  const before = check(loralint, join(workspace, faulty));
  const workbench = await start({ programs: programs(folder, loralint) });
  const { page, editor } = workbench;
  await workbench.open(faulty);
  await seeSquiggles(workbench);
  await workbench.status.filter({ hasText: /LoraLint \d+\.\d+\.\d+/ }).waitFor();
  await seeProblems(workbench, before);
  await shoot(workbench, screenshots, 'vscode-findings');

  // adapter: lora with load_in_4bit: true, which quantizes nothing.
  const finding = before.find(({ name }) => name === 'axolotl-lora-4bit-ignored');
  await workbench.caret(finding.start.line, finding.start.column);
  await workbench.command('Show or Focus Hover');
  await page.locator('.monaco-hover:visible', { hasText: finding.message.slice(0, 40) }).first().waitFor();
  await page.keyboard.press('Escape');
  await focus(editor);
  await page.keyboard.press('Control+.');
  const action = page.locator('.action-widget .monaco-list-row', { hasText: finding.fix.title }).first();
  await action.waitFor();
  await shoot(workbench, screenshots, 'vscode-quick-fix');
  await action.click();
  await workbench.until('the fix is in the text', async () => (await editor.locator('.view-lines').innerText()).includes('adapter:\u00a0qlora'));
  await page.keyboard.press('Control+s');
  await workbench.until('the fix is on the disk', () => workbench.read(faulty).includes('\nadapter: qlora\n'));
  const after = check(loralint, join(workspace, faulty));
  assert.ok(!after.some(({ name }) => name === finding.name), 'the fixed file still has the finding');
  await seeProblems(workbench, after);
}

/** A server that reports nothing must not pass for one that does. */
export async function control_without_findings({ folder, workspace, start }) {
  writeFaultyConfig(workspace);
  const workbench = await start({ programs: programs(folder, join(here, 'mute-server.mjs')) });
  await workbench.open(faulty);
  await workbench.status.filter({ hasText: 'LoraLint 9.9.9' }).waitFor();
  await assert.rejects(seeSquiggles(workbench, 5_000), /Timeout/, 'squiggles without a server that reports any');
}

async function focus(editor) {
  await editor.locator('.inputarea, .native-edit-context').first().focus();
}

async function shoot(workbench, screenshots, name) {
  if (screenshots === undefined)
    return;
  await workbench.page.mouse.move(600, 5);
  await workbench.page.screenshot({ path: join(screenshots, `${name}.png`) });
}
