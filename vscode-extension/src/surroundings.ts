import * as fs from 'node:fs';
import * as os from 'node:os';
import * as vscode from 'vscode';
import type { Workspace } from './candidates.js';
import type { System } from './searchPath.js';

/** This machine. */
export function currentSystem(): System {
  return {
    platform: process.platform,
    searchPath: process.env['PATH'],
    home: os.homedir(),
    isFile: file => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
    read: file => {
      try {
        return fs.readFileSync(file, 'utf8');
      } catch {
        // A manifest that cannot be read is as if it were not there: dotnet could not use it either.
        return undefined;
      }
    },
  };
}

/** The open workspace. In an untrusted one VS Code itself leaves the workspace's own `loralint.path` out, for package.json restricts it. */
export function currentWorkspace(extensionFolder: string): Workspace {
  return {
    setting: vscode.workspace.getConfiguration('loralint').get<string | null>('path') ?? undefined,
    isTrusted: vscode.workspace.isTrusted,
    folders: (vscode.workspace.workspaceFolders ?? []).filter(folder => folder.uri.scheme === 'file').map(folder => folder.uri.fsPath),
    extensionFolder,
  };
}
