import type { Workspace } from '../src/candidates.js';
import type { System } from '../src/searchPath.js';

/** A machine that has these files, with their texts. */
export function systemWith(files: Record<string, string>, rest: Partial<System> = {}): System {
  return {
    platform: 'linux', searchPath: '/usr/local/bin:/usr/bin', home: '/home/ada',
    isFile: file => Object.hasOwn(files, file), read: file => files[file], ...rest,
  };
}

export function workspaceWith(rest: Partial<Workspace> = {}): Workspace {
  return { setting: undefined, isTrusted: true, folders: ['/ws/runs'], extensionFolder: '/ext', ...rest };
}

export const manifest = JSON.stringify({ version: 1, isRoot: true, tools: { loralint: { version: '0.1.0', commands: ['loralint'] } } });
