/** What a check of the workspace counted. */
export interface Counts {
  readonly files: number;
  readonly configs: number;
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
}

/** A check of the workspace in one sentence. */
export function summarize({ files, configs, errors, warnings, infos }: Counts): string {
  if (configs === 0)
    return `LoraLint found no LoRA configs in ${count(files, 'file')}.`;
  const findings = [[errors, 'error'], [warnings, 'warning'], [infos, 'info']] as const;
  const said = findings.filter(([n]) => n > 0).map(([n, word]) => count(n, word));
  return `LoraLint checked ${count(configs, 'config')}: ${said.length > 0 ? said.join(', ') : 'nothing to report'}.`;
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
