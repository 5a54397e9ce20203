import { execFile } from 'node:child_process';
import { candidates, processOptions, SettingError, type Candidate, type Workspace } from './candidates.js';
import type { System } from './searchPath.js';

/** A `loralint` that answered, and its version. */
export interface Executable extends Candidate {
  readonly version: string;
}

/** What a search came to. */
export interface Search {
  /** Undefined when none works. */
  readonly found: Executable | undefined;
  /** Those tried before and why each of them does not work, with what to do, one sentence each. */
  readonly failures: readonly string[];
}

/** The .NET runtime takes a second or two to start on a busy machine; what takes longer than this hangs. */
const mostMilliseconds = 30_000;

/** The first `loralint` that says its version. */
export async function findExecutable(workspace: Workspace, system: System): Promise<Search> {
  const failures: string[] = [];
  try {
    for (const candidate of candidates(workspace, system)) {
      const asked = await askVersion(candidate);
      if ('version' in asked)
        return { found: { ...candidate, version: asked.version }, failures };
      failures.push(`${candidate.command} (${candidate.origin}) ${asked.failure}; ${candidate.remedy}.`);
    }
  } catch (error) {
    if (!(error instanceof SettingError))
      throw error;
    failures.push(`${error.message}.`);
  }
  return { found: undefined, failures };
}

/** The version that `--version` prints, without what a build adds behind a plus sign; undefined when it is none. */
export function parseVersion(output: string): string | undefined {
  return /^\s*(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+[\w.-]+)?\s*$/.exec(output)?.[1];
}

function askVersion(candidate: Candidate): Promise<{ version: string } | { failure: string }> {
  return new Promise(resolve => {
    const options = { ...processOptions(candidate), timeout: mostMilliseconds };
    try {
      execFile(candidate.command, [...candidate.args, '--version'], options, (error, output, errors) => {
        const version = error ? undefined : parseVersion(output);
        resolve(version !== undefined ? { version } : { failure: describe(error, output, errors) });
      });
    } catch (error) {
      // Thrown at once for what cannot be a program, such as a .bat file on Windows.
      resolve({ failure: `cannot be started (${error instanceof Error ? error.message : String(error)})` });
    }
  });
}

function describe(error: (Error & { code?: string | number | null; killed?: boolean }) | null, output: string, errors: string): string {
  if (!error)
    return `is not LoraLint: --version printed "${firstLine(output)}"`;
  if (error.code === 'ENOENT')
    return 'is not there';
  if (error.killed)
    return `did not answer --version within ${mostMilliseconds / 1000} seconds`;
  return typeof error.code === 'number'
    ? `ended with exit code ${error.code} when asked for its version: "${firstLine(errors || output)}"`
    : `cannot be started (${error.message})`;
}

function firstLine(text: string): string {
  return text.trim().split(/\r?\n/, 1)[0]!.slice(0, 200);
}
