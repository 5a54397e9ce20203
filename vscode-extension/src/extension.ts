import * as vscode from 'vscode';
import { checkWorkspace } from './commands/checkWorkspace.js';
import { explainRule } from './commands/explainRule.js';
import { inspectFile } from './commands/inspectFile.js';
import { trainConfig } from './commands/trainConfig.js';
import { GeneratedDocuments } from './generatedDocuments.js';
import { needsServer } from './selector.js';
import { Server } from './server.js';
import { StatusBar } from './statusBar.js';

let server: Server | undefined;

/** Called by VS Code when a file in one of our languages is there, or a command is run. */
export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('LoraLint', { log: true });
  const documents = new GeneratedDocuments();
  const running = (server = new Server(context.extensionPath, output));
  const command = (name: string, run: (...args: unknown[]) => unknown) =>
    vscode.commands.registerCommand(`loralint.${name}`, (...args: unknown[]) => {
      start();
      return run(...args);
    });
  // VS Code's own settings are JSON as well, and Python is everywhere: the server starts with the first document that can be a config, or
  // with code that has a word of LoRA in it, then or when it is saved.
  let hasStarted = false;
  const start = () => {
    if (!hasStarted)
      void running.restart();
    hasStarted = true;
  };
  const restart = () => (hasStarted ? running.restart() : undefined);
  const startFor = (document: vscode.TextDocument) => (needsServer(document) ? start() : undefined);
  context.subscriptions.push(
    output,
    documents,
    running,
    new StatusBar(running),
    command('checkWorkspace', () => checkWorkspace(running)),
    command('explainRule', rule => explainRule(running, documents, rule)),
    command('inspectFile', () => inspectFile(running, documents)),
    command('train', () => trainConfig(running)),
    command('restartServer', () => running.restart()),
    command('showOutput', () => output.show()),
    command('howToInstall', () => vscode.commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#start`)),
    vscode.workspace.onDidOpenTextDocument(startFor),
    vscode.workspace.onDidSaveTextDocument(startFor),
    // A workspace that is trusted may bring its own loralint.
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration('loralint.path') || change.affectsConfiguration('loralint.enable'))
        void restart();
    }),
  );
  vscode.workspace.textDocuments.forEach(startFor);
}

/** Called by VS Code before it ends: waits for the server to end. */
export async function deactivate(): Promise<void> {
  await server?.stop();
}
