import * as path from 'node:path';
import * as vscode from 'vscode';
import { isConfig } from '../selector.js';
import type { Server } from '../server.js';
import { trainingCommand } from '../trainingCommand.js';

/** Saves the config that is open and trains it in a terminal. `loralint train` checks it first: errors stop it. */
export async function trainConfig(server: Server): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || document.uri.scheme !== 'file' || !isConfig(document)) {
    void vscode.window.showInformationMessage('LoraLint trains from a config that is saved on this machine: open one first.');
    return;
  }
  const executable = await server.whenRunning();
  if (executable === undefined)
    return;
  if (document.isDirty && !(await document.save())) {
    void vscode.window.showErrorMessage(`${path.basename(document.fileName)} could not be saved, so it is not trained.`);
    return;
  }
  const command = trainingCommand(executable, document.uri.fsPath);
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const cwd = executable.folder ?? folder?.uri.fsPath ?? path.dirname(document.uri.fsPath);
  if (command === undefined || cwd.includes('${')) {
    void vscode.window.showErrorMessage('The path of this config holds "${", which VS Code does not pass on unchanged: rename it, or train it in a terminal.');
    return;
  }
  const execution = new vscode.ProcessExecution(command.program, [...command.args], { cwd });
  const name = `train ${path.basename(document.fileName)}`;
  const task = new vscode.Task({ type: 'loralint' }, folder ?? vscode.TaskScope.Workspace, name, 'LoraLint', execution);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, showReuseMessage: false };
  await vscode.tasks.executeTask(task);
}
