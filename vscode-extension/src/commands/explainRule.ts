import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { processOptions } from '../candidates.js';
import type { GeneratedDocuments } from '../generatedDocuments.js';
import type { Server } from '../server.js';

interface Rule {
  readonly name: string;
  readonly code: string;
  readonly severity: string;
  readonly summary: string;
}

/** Shows a rule's page; asks which one when no name or code is given. */
export async function explainRule(server: Server, documents: GeneratedDocuments, rule?: unknown): Promise<void> {
  const name = typeof rule === 'string' ? rule : await pick(server);
  if (name === undefined)
    return;
  const page = await server.execute<{ markdown: string }>('loralint.server.explain', name);
  if (page === undefined)
    return;
  const uri = documents.put('rules', `${name}.md`, page.markdown);
  const hasPreview = (await vscode.commands.getCommands(true)).includes('markdown.showPreview');
  await vscode.commands.executeCommand(hasPreview ? 'markdown.showPreview' : 'vscode.open', uri);
}

// Rules with findings in the open file come first.
async function pick(server: Server): Promise<string | undefined> {
  const rules = await listRules(server);
  if (rules === undefined)
    return undefined;
  const here = rulesAtHand();
  const item = (found: Rule) => ({ label: found.name, description: `${found.code} · ${found.severity}`, detail: found.summary });
  const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const [first, rest] = [rules.filter(r => here.has(r.name)), rules.filter(r => !here.has(r.name))];
  const items: vscode.QuickPickItem[] = first.length > 0
    ? [separator('in this file'), ...first.map(item), separator('all others'), ...rest.map(item)]
    : rest.map(item);
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Explain a rule', placeHolder: 'Name, code, or a word of what it is about', matchOnDescription: true, matchOnDetail: true,
  });
  return picked?.label;
}

function rulesAtHand(): Set<string> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const findings = uri === undefined ? [] : vscode.languages.getDiagnostics(uri).filter(d => d.source === 'loralint');
  return new Set(findings.map(({ code }) => String(typeof code === 'object' ? code.value : code)));
}

async function listRules(server: Server): Promise<readonly Rule[] | undefined> {
  const executable = await server.whenRunning();
  if (executable === undefined)
    return undefined;
  const options = { ...processOptions(executable), maxBuffer: 16 << 20 };
  const args = [...executable.args, 'rules', '--format', 'json'];
  const { stdout } = await promisify(execFile)(executable.command, args, options);
  return (JSON.parse(stdout) as { rules: readonly Rule[] }).rules;
}
