import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { processOptions } from './candidates.js';
import type { Executable } from './findExecutable.js';

/** A running `loralint lsp`. */
export class ServerProcess {
  /** Settled when the process has ended, with what it ended by: "exit code 3" or "signal SIGKILL". */
  readonly ended: Promise<string>;

  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    this.ended = new Promise(resolve => {
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
    // A write to a process that is gone fails here; that it is gone is told by its end.
    child.stdin.on('error', () => undefined);
  }

  /** Starts it. Rejects when the system cannot. */
  static async start(executable: Executable): Promise<ServerProcess> {
    const process = new ServerProcess(spawn(executable.command, [...executable.args, 'lsp'], processOptions(executable)));
    await once(process.child, 'spawn');
    return process;
  }

  /** What it ended by; undefined when it has not ended within the time. */
  endsWithin(milliseconds: number): Promise<string | undefined> {
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), milliseconds);
      void this.ended.then(how => {
        clearTimeout(timer);
        resolve(how);
      });
    });
  }

  /** Waits for an end that was asked for, and forces it where it does not come. */
  async end(): Promise<void> {
    if (await this.endsWithin(2_000) === undefined)
      this.child.kill('SIGKILL');
  }
}
