import * as vscode from 'vscode';

/** Read-only documents that commands show, such as a rule's page. Their addresses are `loralint:/KIND/NAME`. */
export class GeneratedDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  static readonly scheme = 'loralint';

  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions = [
    vscode.workspace.registerTextDocumentContentProvider(GeneratedDocuments.scheme, this),
    vscode.workspace.onDidCloseTextDocument(document => this.#texts.delete(document.uri.toString())),
  ];

  readonly onDidChange = this.#changed.event;

  /** Puts a text under an address, where an editor that shows it already shows it anew. */
  put(kind: string, name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: GeneratedDocuments.scheme, path: `/${kind}/${name}` });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.#texts.get(uri.toString());
  }

  dispose(): void {
    this.#subscriptions.forEach(subscription => subscription.dispose());
    this.#changed.dispose();
  }
}
