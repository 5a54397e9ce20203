import * as vscode from 'vscode';
import type { Server } from '../server.js';
import { summarize, type Counts } from '../summary.js';

/** Checks every config of the workspace; the findings are in the Problems view then. */
export async function checkWorkspace(server: Server): Promise<void> {
  const counts = await server.execute<Counts>('loralint.server.checkWorkspace');
  if (counts === undefined)
    return;
  const show = 'Show Problems';
  const total = counts.errors + counts.warnings + counts.infos;
  const answer = await vscode.window.showInformationMessage(summarize(counts), ...(total > 0 ? [show] : []));
  if (answer === show)
    await vscode.commands.executeCommand('workbench.actions.view.problems');
}
