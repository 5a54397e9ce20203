import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { processOptions } from '../candidates.js';
import type { Executable } from '../findExecutable.js';
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
  // VS Code's own extension for Markdown can be switched off; the text shows without it.
  const hasPreview = vscode.extensions.getExtension('vscode.markdown-language-features') !== undefined;
  await vscode.commands.executeCommand(hasPreview ? 'markdown.showPreview' : 'vscode.open', uri);
}

async function pick(server: Server): Promise<string | undefined> {
  const executable = await server.whenRunning();
  if (executable === undefined)
    return undefined;
  const picked = await vscode.window.showQuickPick(itemsOf(executable, rulesAtHand()), {
    title: 'Explain a rule', placeHolder: 'Name, code, or a word of what it is about', matchOnDescription: true, matchOnDetail: true,
  });
  return picked?.label;
}

// Rules with findings in the open file come first.
async function itemsOf(executable: Executable, here: Set<string>): Promise<vscode.QuickPickItem[]> {
  const rules = await listRules(executable);
  const item = (rule: Rule) => ({ label: rule.name, description: `${rule.code} · ${rule.severity}`, detail: rule.summary });
  const separator = (label: string) => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const first = rules.filter(rule => here.has(rule.name)).map(item);
  const rest = rules.filter(rule => !here.has(rule.name)).map(item);
  return first.length > 0 ? [separator('in this file'), ...first, separator('all others'), ...rest] : rest;
}

function rulesAtHand(): Set<string> {
  const uri = vscode.window.activeTextEditor?.document.uri;
  const findings = uri === undefined ? [] : vscode.languages.getDiagnostics(uri).filter(d => d.source === 'loralint');
  return new Set(findings.map(({ code }) => String(typeof code === 'object' ? code.value : code)));
}

async function listRules(executable: Executable): Promise<readonly Rule[]> {
  const options = { ...processOptions(executable), maxBuffer: 16 << 20 };
  const { stdout } = await promisify(execFile)(executable.command, [...executable.args, 'rules', '--format', 'json'], options);
  return (JSON.parse(stdout) as { rules: readonly Rule[] }).rules;
}
