import { pathOf, type System } from './searchPath.js';

/** The folder's manifest of .NET tools when it names loralint; dotnet looks for the two in this order. */
export function manifestOf(folder: string, system: System): string | undefined {
  const paths = pathOf(system.platform);
  return [paths.join(folder, '.config', 'dotnet-tools.json'), paths.join(folder, 'dotnet-tools.json')].find(file => {
    const text = system.read(file);
    return text !== undefined && namesLoralint(text);
  });
}

/** Whether a manifest of .NET tools names loralint. Package ids have no case. A manifest that is no JSON names nothing. */
export function namesLoralint(manifest: string): boolean {
  let parsed: unknown;
  try {
    parsed = JSON.parse(manifest.replace(/^\uFEFF/, ''));
  } catch {
    return false;
  }
  const tools = isRecord(parsed) ? parsed['tools'] : undefined;
  return isRecord(tools) && Object.keys(tools).some(id => id.toLowerCase() === 'loralint');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
