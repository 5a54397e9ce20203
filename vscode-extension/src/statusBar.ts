import * as vscode from 'vscode';
import { isConcerned } from './selector.js';
import type { Server, State } from './server.js';

const links = '[Check workspace](command:loralint.checkWorkspace) · [Restart](command:loralint.restartServer) · '
  + '[Output](command:loralint.showOutput) · [Settings](command:workbench.action.openSettings?%22loralint.%22)';
const enabledCommands = ['loralint.checkWorkspace', 'loralint.restartServer', 'loralint.showOutput', 'workbench.action.openSettings'];

/** Shows the server's version and state beside a file that can be a config. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('loralint.status', vscode.StatusBarAlignment.Right);
  readonly #subscriptions: vscode.Disposable[];

  constructor(server: Server) {
    this.#item.name = 'LoraLint';
    this.#item.command = 'loralint.showOutput';
    this.#subscriptions = [
      server.onDidChangeState(state => this.#show(state)),
      vscode.window.onDidChangeActiveTextEditor(editor => this.#place(editor)),
      // A document's language can change under its editor, which closes and opens it again.
      vscode.workspace.onDidOpenTextDocument(() => this.#place(vscode.window.activeTextEditor)),
    ];
    this.#show(server.state);
    this.#place(vscode.window.activeTextEditor);
  }

  dispose(): void {
    this.#subscriptions.forEach(subscription => subscription.dispose());
    this.#item.dispose();
  }

  #place(editor: vscode.TextEditor | undefined): void {
    if (editor !== undefined && isConcerned(editor.document))
      this.#item.show();
    else
      this.#item.hide();
  }

  #show(state: State): void {
    const { text, detail, color } = appearance(state);
    this.#item.text = text;
    this.#item.backgroundColor = color === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${color}Background`);
    const tooltip = new vscode.MarkdownString('', true);
    tooltip.isTrusted = { enabledCommands };
    tooltip.appendText(detail).appendMarkdown(`\n\n${links}`);
    this.#item.tooltip = tooltip;
  }
}

function appearance(state: State): { text: string; detail: string; color?: 'warning' | 'error' } {
  switch (state.kind) {
    case 'disabled':
      return { text: '$(circle-slash) LoraLint', detail: 'LoraLint is switched off' };
    case 'starting':
      return { text: '$(sync~spin) LoraLint', detail: 'LoraLint is starting' };
    case 'running': {
      const { version, command, origin } = state.executable;
      return { text: `$(check) LoraLint ${version}`, detail: `LoraLint ${version} is running: ${command} (${origin})` };
    }
    case 'restarting':
      return { text: '$(sync~spin) LoraLint', detail: 'LoraLint crashed and is started again', color: 'warning' };
    case 'missing':
      return { text: '$(warning) LoraLint not found', detail: ['LoraLint was not found.', ...state.failures].join(' '), color: 'warning' };
    case 'failed':
      return { text: '$(error) LoraLint stopped', detail: `LoraLint's server is not running: ${state.reason}`, color: 'error' };
  }
}
