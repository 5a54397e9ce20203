import { fileNameOf, findOnPath, pathOf, type System } from './searchPath.js';
import { manifestOf } from './toolManifest.js';

/** Where a `loralint` was found. */
export type Origin = 'setting' | 'workspace tool' | 'PATH' | 'bundled';

/** A `loralint` that may work: a program, what comes before loralint's own arguments, and the folder that it starts in. */
export interface Candidate {
  readonly origin: Origin;
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string | undefined;
  /** Said after the reason when this one does not start: what to do about it. */
  readonly remedy: string;
}

/**
 * How its processes start. The `dotnet` that runs a workspace's tool sends usage data to its makers unless it is told not to, and nothing
 * here does that.
 */
export function processOptions({ folder }: Candidate): { windowsHide: true; env: NodeJS.ProcessEnv; cwd?: string } {
  const env = { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' };
  return { windowsHide: true, env, ...(folder === undefined ? {} : { cwd: folder }) };
}

/** What the search starts from. */
export interface Workspace {
  /** The setting `loralint.path`; undefined or empty when it is not set. */
  readonly setting: string | undefined;
  /** An untrusted workspace decides nothing about what is started. */
  readonly isTrusted: boolean;
  /** The workspace's folders. */
  readonly folders: readonly string[];
  /** Where the extension is installed. */
  readonly extensionFolder: string;
}

/** A setting that cannot be followed, and why. */
export class SettingError extends Error {}

/**
 * Every `loralint` to try, the first that works is taken: the setting alone when there is one, else the workspace's .NET tool, PATH, and
 * what the extension brings.
 * @throws {SettingError} when the setting names a path that an untrusted workspace would decide on.
 */
export function candidates(workspace: Workspace, system: System): Candidate[] {
  if (workspace.setting)
    return [ofSetting(workspace.setting, workspace, system)];
  return [...workspaceTools(workspace, system), ...onPath(system), ...bundled(workspace, system)];
}

function ofSetting(setting: string, workspace: Workspace, system: System): Candidate {
  const paths = pathOf(system.platform);
  const root = workspace.folders[0];
  let command = setting.replace(/^~(?=[\\/]|$)/, () => system.home);
  if (command.includes('${workspaceFolder}') || !paths.isAbsolute(command)) {
    if (root === undefined)
      throw new SettingError(`loralint.path is "${setting}", and no folder is open that it could count from; write an absolute path`);
    if (!workspace.isTrusted)
      throw new SettingError(`loralint.path is "${setting}", which lies in a folder that you do not trust; write an absolute path`);
    command = paths.resolve(root, command.replaceAll('${workspaceFolder}', () => root));
  }
  return { origin: 'setting', command, args: [], folder: undefined, remedy: 'correct the setting loralint.path' };
}

function workspaceTools(workspace: Workspace, system: System): Candidate[] {
  const dotnet = workspace.isTrusted ? findOnPath('dotnet', system) : undefined;
  if (dotnet === undefined)
    return [];
  return workspace.folders
    .filter(folder => manifestOf(folder, system) !== undefined)
    .map(folder => ({
      origin: 'workspace tool', command: dotnet, args: ['tool', 'run', 'loralint', '--'], folder,
      remedy: `run "dotnet tool restore" in ${folder}`,
    }));
}

function onPath(system: System): Candidate[] {
  const command = findOnPath('loralint', system);
  return command === undefined ? [] : [{ origin: 'PATH', command, args: [], folder: undefined, remedy: `reinstall ${command}` }];
}

function bundled(workspace: Workspace, system: System): Candidate[] {
  const command = pathOf(system.platform).join(workspace.extensionFolder, 'bin', fileNameOf('loralint', system.platform));
  return system.isFile(command)
    ? [{ origin: 'bundled', command, args: [], folder: undefined, remedy: 'install the extension for this platform' }]
    : [];
}
