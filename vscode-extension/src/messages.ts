import * as vscode from 'vscode';
import type { Executable } from './findExecutable.js';

const showOutput = { title: 'Show Output', command: 'loralint.showOutput', arguments: [] as unknown[] };
const restart = { title: 'Restart', command: 'loralint.restartServer', arguments: [] as unknown[] };
const openSetting = { title: 'Open Setting', command: 'workbench.action.openSettings', arguments: ['loralint.path'] as unknown[] };
const howToInstall = { title: 'How to Install', command: 'loralint.howToInstall', arguments: [] as unknown[] };

type Button = typeof showOutput;

/** No `loralint` works here. */
export async function tellMissing(failures: readonly string[]): Promise<void> {
  const why = failures.length > 0 ? failures.join(' ') : 'It is neither on PATH nor among the .NET tools of this workspace.';
  const remedy = 'Install it with "dotnet tool install --global loralint", or name it in the setting loralint.path.';
  await follow(await vscode.window.showErrorMessage(`LoraLint was not found. ${why} ${remedy}`, howToInstall, openSetting, showOutput));
}

/** A `loralint` that should have been taken does not work, and another one is used in its place. */
export async function tellSkipped(failures: readonly string[], found: Executable): Promise<void> {
  const text = `LoraLint ${found.version} from ${found.command} is used in place of one that does not work. ${failures.join(' ')}`;
  await follow(await vscode.window.showWarningMessage(text, restart, showOutput));
}

/** The server crashed and is started again. */
export async function tellRestart(how: string): Promise<void> {
  await follow(await vscode.window.showWarningMessage(`LoraLint's server crashed (${how}) and is started again.`, showOutput));
}

/** The server is not running, and is not started again by itself. */
export async function tellFailure(reason: string): Promise<void> {
  await follow(await vscode.window.showErrorMessage(`LoraLint's server is not running: ${reason}.`, restart, showOutput));
}

async function follow(button: Button | undefined): Promise<void> {
  if (button !== undefined)
    await vscode.commands.executeCommand(button.command, ...button.arguments);
}
