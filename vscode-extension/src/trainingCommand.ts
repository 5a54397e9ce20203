import type { Executable } from './findExecutable.js';

/** A program and its arguments, for a terminal that runs it without a shell between. */
export interface TrainingCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The command that trains a config. No shell reads it, so a path may hold spaces, quotes and whatever else a shell would take for its own.
 * Undefined for a path with `${`: VS Code puts values in place of `${...}` in a task's arguments, commands' results included, and has no
 * way to write those characters as they are.
 */
export function trainingCommand(executable: Executable, config: string): TrainingCommand | undefined {
  const args = [...executable.args, 'train', config];
  return [executable.command, ...args].some(text => text.includes('${')) ? undefined : { program: executable.command, args };
}
