import * as path from 'node:path';
import * as vscode from 'vscode';
import type { GeneratedDocuments } from '../generatedDocuments.js';
import { isConfig } from '../selector.js';
import type { Server } from '../server.js';

/** Shows what the framework will really do with the config that is open: every setting, its value, and where that comes from. */
export async function inspectFile(server: Server, documents: GeneratedDocuments): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || !isConfig(document)) {
    void vscode.window.showInformationMessage('LoraLint inspects YAML, JSON and TOML files: open one first.');
    return;
  }
  const inspected = await server.execute<{ text: string }>('loralint.server.inspect', document.uri.toString());
  if (inspected === undefined)
    return;
  const uri = documents.put('inspect', `${path.posix.basename(document.uri.path)}.txt`, inspected.text);
  await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
}
