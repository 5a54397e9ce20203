import * as path from 'node:path';

/** What finding a program depends on, given so that it can be tested for every platform on one. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** The value of PATH; undefined or empty when there is none. */
  readonly searchPath: string | undefined;
  /** The home folder, for `~`. */
  readonly home: string;
  readonly isFile: (file: string) => boolean;
  /** A file's text; undefined when it cannot be read. */
  readonly read: (file: string) => string | undefined;
}

/** The path functions of a platform. */
export function pathOf(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}

/** A program's file name: `loralint` is `loralint.exe` on Windows. */
export function fileNameOf(program: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? `${program}.exe` : program;
}

/**
 * The full path of a program on PATH. Looked up here rather than by the system, which on Windows looks into the working folder first:
 * a program that lies in somebody's repository must not be started for that. Entries that are not absolute are passed over likewise.
 */
export function findOnPath(program: string, system: System): string | undefined {
  const paths = pathOf(system.platform);
  const fileName = fileNameOf(program, system.platform);
  return (system.searchPath ?? '')
    .split(paths.delimiter)
    .map(folder => (system.platform === 'win32' ? folder.replaceAll('"', '') : folder))
    .filter(folder => paths.isAbsolute(folder))
    .map(folder => paths.join(folder, fileName))
    .find(system.isFile);
}
