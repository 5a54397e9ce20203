// What a person does in the editor, and what they see. Each runs in a workbench of its own.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { check, copyExample, faulty, seeProblems, seeRunning, seeSquiggles, writeFaultyConfig } from './findings.mjs';
import { patience } from './workbench.mjs';

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
  await seeRunning(workbench);
  await seeProblems(workbench, before);
  await shoot(workbench, screenshots, 'vscode-findings');

  // adapter: lora with load_in_4bit: true, which quantizes nothing.
  const finding = before.find(({ name }) => name === 'axolotl-lora-4bit-ignored');
  await workbench.caret(finding.start.line, finding.start.column);
  await hover(workbench, finding.message.slice(0, 40));
  await focus(editor);
  await page.keyboard.press('Control+.');
  // By keyboard: a mouse that has not moved is kept from the menu, against clicks by accident.
  await page.locator('.action-widget .monaco-list-row.focused', { hasText: finding.fix.title }).waitFor();
  await shoot(workbench, screenshots, 'vscode-quick-fix');
  await page.keyboard.press('Enter');
  await seeText(workbench, 'adapter: qlora');
  await page.keyboard.press('Control+s');
  await workbench.until('the fix is on the disk', () => workbench.read(faulty).includes('\nadapter: qlora\n'));
  const after = check(loralint, join(workspace, faulty));
  assert.ok(!after.some(({ name }) => name === finding.name), 'the fixed file still has the finding');
  await seeProblems(workbench, after);
}

/** What helps before there is a mistake: hovers, completion, hints. And what saving does when it is set to fix. */
export async function help_while_writing({ folder, workspace, loralint, start, screenshots }) {
  writeFaultyConfig(workspace);
  const onSave = { '[yaml]': { 'editor.codeActionsOnSave': { 'source.fixAll.loralint': 'explicit' } } };
  const workbench = await start({ programs: programs(folder, loralint), userSettings: onSave });
  const { page, editor } = workbench;
  await workbench.open(faulty);
  await seeSquiggles(workbench);
  await editor.locator('.view-line', { hasText: 'scaling 0.25' }).waitFor();
  // What a key does is shown beside what is offered, which needs room.
  await workbench.command('View: Toggle Primary Side Bar Visibility');

  const lineOf = key => workbench.read(faulty).split('\n').findIndex(text => text.startsWith(key)) + 1;
  await workbench.caret(lineOf('lora_alpha'), 3);
  await hover(workbench, 'alpha / rank = 16 / 64 = 0.25', () => shoot(workbench, screenshots, 'vscode-hover'));

  await workbench.caret(lineOf('lora_target_module') + 1, 1);
  await page.keyboard.type('lora_target_l');
  const offered = page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'lora_target_linear' });
  await offered.first().waitFor();
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-details', { hasText: 'linear layer' }).waitFor();
  await shoot(workbench, screenshots, 'vscode-completion');
  await page.keyboard.press('Enter');
  await seeText(workbench, 'lora_target_linear: ');
  await page.keyboard.type('true');
  await page.keyboard.press('Escape');

  // The safe fixes are applied by saving, as `loralint check --fix` applies them.
  await page.keyboard.press('Control+s');
  await workbench.until('saving applied the safe fixes', () => workbench.read(faulty).includes('\nadapter: qlora\n'));
  assert.match(workbench.read(faulty), /^lora_target_linear: true$/m);
  assert.deepEqual(check(loralint, join(workspace, faulty)).filter(({ fix }) => fix?.safety === 'safe'), [], 'safe fixes were left out');

  // Settings reach the server while it runs.
  write(join(workspace, '.vscode/settings.json'), JSON.stringify({ 'loralint.inlayHints': false }));
  await editor.locator('.view-line', { hasText: 'scaling' }).waitFor({ state: 'detached' });
}

/** Nothing is started for a file that is no config; JSON and TOML are checked as YAML is. */
export async function files_of_all_kinds({ folder, workspace, loralint, start }) {
  write(join(workspace, 'notes.md'), '# Notes\n\nlora_r: 64\n');
  copyExample('peft/adapter_config.json', join(workspace, 'adapter_config.json'));
  copyExample('kohya/character.toml', join(workspace, 'character.toml'));
  const workbench = await start({ programs: programs(folder, loralint) });
  const { page } = workbench;
  await workbench.open('notes.md');
  // Once extensions run, a server would run as well.
  await workbench.command('Developer: Show Running Extensions');
  await page.locator('.runtime-extensions-editor .monaco-list-row').first().waitFor({ timeout: patience });
  assert.deepEqual(workbench.servers(), [], 'a server runs for a file that is no config');

  for (const file of ['character.toml', 'adapter_config.json'])
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: file }).dblclick();
  await page.locator('.tab', { hasText: 'adapter_config.json' }).waitFor();
  const findings = ['character.toml', 'adapter_config.json'].map(file => check(loralint, join(workspace, file)));
  assert.ok(findings.every(found => found.length > 0), 'the examples have no findings');
  await seeProblems(workbench, findings.flat());
}

/** A server that reports nothing must not pass for one that does. */
export async function control_without_findings({ folder, workspace, start }) {
  writeFaultyConfig(workspace);
  const workbench = await start({ programs: programs(folder, join(here, 'mute-server.mjs')) });
  await workbench.open(faulty);
  await workbench.status.filter({ hasText: 'LoraLint 9.9.9' }).waitFor();
  await assert.rejects(seeSquiggles(workbench, 5_000), /Timeout/, 'squiggles without a server that reports any');
}


/** An untrusted workspace is checked, and decides nothing about what is started. A trusted one does. */
export async function trust_decides_what_is_started({ folder, workspace, loralint, start }) {
  writeFaultyConfig(workspace);
  const marked = name => existsSync(join(workspace, name));
  script(join(workspace, 'mine'), `touch '${workspace}/setting-was-followed'\nexec '${loralint}' "$@"`);
  write(join(workspace, '.vscode/settings.json'), JSON.stringify({ 'loralint.path': '${workspaceFolder}/mine' }));
  write(join(workspace, '.config/dotnet-tools.json'), JSON.stringify({ version: 1, isRoot: true, tools: { loralint: {} } }));
  const bin = programs(folder, loralint);
  script(join(bin[0], 'dotnet'), `touch '${workspace}/tool-was-run'\n[ "$*" = "tool run loralint -- $5" ] && exec '${loralint}' "$5"`);

  const workbench = await start({ programs: bin, trust: true, userSettings: { 'security.workspace.trust.startupPrompt': 'always' } });
  const { page } = workbench;
  await workbench.open(faulty);
  await page.locator('.monaco-dialog-box').getByText("No, I don't trust the authors").click();
  await seeSquiggles(workbench);
  assert.deepEqual(['setting-was-followed', 'tool-was-run'].filter(marked), [], 'an untrusted workspace decided what was started');

  await workbench.command('Workspaces: Manage Workspace Trust');
  await page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).click();
  await workbench.until('the trusted workspace decides', () => marked('setting-was-followed'));
  assert.ok(!marked('tool-was-run'), 'the tool was run although the setting names another program');
  write(join(workspace, '.vscode/settings.json'), '{}');
  await workbench.until('the trusted workspace\'s tool runs', () => marked('tool-was-run'));
  await page.locator('.tab', { hasText: faulty }).click();
  await seeRunning(workbench);
  await seeSquiggles(workbench);
}

/** A server that crashes is started again, and left alone when it does so again and again. */
export async function crash_and_restart({ folder, workspace, loralint, start }) {
  writeFaultyConfig(workspace);
  const workbench = await start({ programs: programs(folder, loralint) });
  const { page, editor } = workbench;
  await workbench.open(faulty);
  await seeSquiggles(workbench);
  const [first, ...others] = workbench.servers();
  assert.deepEqual(others, [], 'more than one server runs');
  process.kill(first, 'SIGKILL');
  await workbench.notifications.filter({ hasText: 'crashed (signal SIGKILL) and is started again' }).waitFor();
  await workbench.until('another server runs', () => workbench.servers().some(id => id !== first));

  // That the server which was started again is the one that reports is seen from a mistake made after the crash.
  const before = check(loralint, join(workspace, faulty)).length;
  await editor.locator('.view-line', { hasText: 'gradient_checkpointing' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('lora_dropuot: 0.1');
  await page.keyboard.press('Control+s');
  await workbench.until('the mistake is on the disk', () => workbench.read(faulty).includes('lora_dropuot'));
  const after = check(loralint, join(workspace, faulty));
  assert.equal(after.length, before + 1);
  await seeProblems(workbench, after);

  await workbench.until('the server is left alone', async () => {
    workbench.servers().forEach(id => process.kill(id, 'SIGKILL'));
    return (await workbench.status.innerText()).includes('LoraLint stopped');
  });
  const told = workbench.notifications.filter({ hasText: 'it crashed 5 times within three minutes' });
  await told.waitFor();
  await told.getByRole('button', { name: 'Restart' }).click();
  await seeRunning(workbench);
  await seeProblems(workbench, after);
}

/** Without a loralint that works, the editor says so and what to do. */
export async function nothing_to_start({ workspace, start }) {
  writeFaultyConfig(workspace);
  const workbench = await start({ programs: [], userSettings: { 'loralint.path': '/nowhere/loralint' } });
  await workbench.open(faulty);
  await workbench.status.filter({ hasText: 'LoraLint not found' }).waitFor();
  const told = workbench.notifications.filter({ hasText: '/nowhere/loralint (setting) is not there; correct the setting loralint.path' });
  await told.waitFor();
  await told.getByRole('button', { name: 'How to Install' }).click();
  await workbench.page.locator('.gettingStartedContainer', { hasText: 'Have loralint at hand' }).waitFor();
}

/** On a machine without a loralint, the one that the extension brings is started. */
export async function binary_of_the_extension({ workspace, loralint, start }) {
  writeFaultyConfig(workspace);
  const workbench = await start({ programs: [] });
  await workbench.open(faulty);
  await seeSquiggles(workbench);
  await seeRunning(workbench);
  const named = /is running: \S+\/extensions\/loralint\.loralint-\S+\/bin\/loralint \(bundled\)/;
  await workbench.until('the output names the binary of the extension', () => named.test(workbench.output()));
  await seeProblems(workbench, check(loralint, join(workspace, faulty)));
}

/** The commands that show something, and the one that trains. */
export async function commands({ folder, workspace, loralint, start }) {
  writeFaultyConfig(workspace);
  const hostile = 'it\'s $(touch pwned) & "a" `b`.yml';
  copyExample('axolotl/good.yml', join(workspace, hostile));
  const bin = join(folder, 'bin');
  script(join(bin, 'loralint'), `[ "$1" = train ] && printf '%s\\0' "$@" >'${folder}/trained'\nexec '${loralint}' "$@"`);
  const workbench = await start({ programs: [bin] });
  const { page, editor } = workbench;
  await workbench.open(faulty);
  await seeSquiggles(workbench);

  await workbench.command('LoraLint: Check Workspace');
  const told = workbench.notifications.filter({ hasText: 'LoraLint checked' });
  await told.waitFor();
  const errors = [faulty, hostile].flatMap(file => check(loralint, join(workspace, file))).filter(({ severity }) => severity === 'error');
  assert.match(await told.innerText(), new RegExp(`LoraLint checked 2 configs: ${errors.length} errors`));

  await workbench.command('LoraLint: Inspect Open File');
  const shown = page.locator('.editor-instance', { hasText: 'written' }).last();
  await shown.waitFor();
  assert.match(await shown.innerText(), /rank/);

  await workbench.command('LoraLint: Explain Rule');
  await page.getByPlaceholder('Name, code, or a word of what it is about').fill('LL910');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'axolotl-lora-4bit-ignored' }).click();
  const preview = page.frameLocator('iframe.webview').frameLocator('iframe');
  await preview.getByRole('heading', { name: 'axolotl-lora-4bit-ignored' }).waitFor();

  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'touch pwned' }).dblclick();
  await page.locator('.tab.active', { hasText: 'touch pwned' }).waitFor();
  await focus(editor);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('seed: 7');
  await workbench.command('LoraLint: Train Open Config in Terminal');
  await workbench.until('the config is trained', () => existsSync(join(folder, 'trained')));
  assert.deepEqual(readFileSync(join(folder, 'trained'), 'utf8').split('\0').slice(0, -1), ['train', join(workspace, hostile)]);
  assert.match(workbench.read(hostile), /^seed: 7/m, 'the config was trained before it was saved');
  // The real command's answer, in the terminal: the model is not on this machine.
  await page.locator('.terminal-wrapper .xterm-rows', { hasText: 'LoraLint uses no network' }).waitFor();
  assert.ok(!existsSync(join(workspace, 'pwned')), 'a shell read the path');
}

/** Waits until the editor's text holds a line that starts with this. */
async function seeText({ editor }, start) {
  await editor.locator('.view-line', { hasText: start }).first().waitFor();
}

/** Waits until what the editor shows about the place of the caret has a text. */
async function hover(workbench, text, meanwhile = () => undefined) {
  await workbench.command('Show or Focus Hover');
  await workbench.page.locator('.monaco-hover:visible', { hasText: text }).first().waitFor();
  await meanwhile();
  await workbench.page.keyboard.press('Escape');
}

async function focus(editor) {
  await editor.locator('.inputarea, .native-edit-context').first().focus();
}

async function shoot(workbench, screenshots, name) {
  if (screenshots === undefined)
    return;
  await workbench.page.mouse.move(600, 5);
  await sleep(500); // what fades in
  await workbench.page.screenshot({ path: join(screenshots, `${name}.png`) });
}

function write(file, text, mode = 0o644) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

function script(file, text) {
  write(file, `#!/bin/sh\n${text}\n`, 0o755);
}
