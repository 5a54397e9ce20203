// node run.mjs TOOLS VSIX LORALINT [--screenshots DIR] [--only NAME]: drives the packaged extension in the real VS Code workbench.
// TOOLS is what install-workbench.sh made, LORALINT the binary whose server is used. The exit code is 1 when a scenario fails.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { installExtension, startBrowser, Workbench } from './workbench.mjs';
import * as scenarios from './scenarios.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true, options: { screenshots: { type: 'string' }, only: { type: 'string' }, failures: { type: 'string' } },
});
const [tools, vsix, loralint] = positionals.map(argument => resolve(argument));
const folder = mkdtempSync(join(tmpdir(), 'loralint-vscode-'));
const screenshots = values.screenshots && resolve(values.screenshots);
if (screenshots)
  mkdirSync(screenshots, { recursive: true });

const chosen = Object.entries(scenarios).filter(([name]) => !values.only || name === values.only);
if (chosen.length === 0)
  throw new Error(`there is no scenario ${values.only}, but ${Object.keys(scenarios).join(', ')}`);

let failed = false;
const extensions = installExtension(tools, vsix, join(folder, 'installed'));
const browser = await startBrowser(tools);
try {
  for (const [name, scenario] of chosen) {
    const began = Date.now();
    const place = join(folder, name);
    let workbench;
    // A scenario prepares its folder, starts a workbench there, and leaves ending it to this place.
    const start = async options => (workbench = await Workbench.start({ browser, tools, extensions, folder: place, ...options }));
    try {
      await scenario({ folder: place, workspace: join(place, 'workspace'), loralint, start, screenshots });
      console.log(`ok      ${name} (${Math.round((Date.now() - began) / 1000)} s)`);
    } catch (error) {
      failed = true;
      console.log(`FAILED  ${name}: ${error.stack}`);
      await tellWhatIsSeen(workbench, name);
    } finally {
      await workbench?.close();
    }
    // Most failures are waits in vain, and the next scenario would wait for the same thing.
    if (failed)
      break;
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function tellWhatIsSeen(workbench, name) {
  if (workbench === undefined)
    return;
  console.log(workbench.output());
  if (values.failures)
    await workbench.page?.screenshot({ path: join(resolve(values.failures), `${name}.png`) });
}
