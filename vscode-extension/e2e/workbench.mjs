// A VS Code workbench in a browser, with the packaged extension, all of it in a folder of its own.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait for a browser, an extension host and a server to start on a busy machine, in milliseconds. */
export const patience = 120_000;

/** How long to wait for anything else. */
const shortPatience = 40_000;

const settings = {
  'editor.inlayHints.enabled': 'on',
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'security.workspace.trust.untrustedFiles': 'open',
  // Its text can be read from the page then.
  'terminal.integrated.gpuAcceleration': 'off',
  'telemetry.telemetryLevel': 'off',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.layoutControl.enabled': false,
  'window.commandCenter': false,
};

/** Installs the extension into a folder that workbenches copy: once for all of them. */
export function installExtension(tools, vsix, folder) {
  mkdirSync(join(folder, 'home'), { recursive: true });
  writeFileSync(join(folder, 'config.yaml'), '');
  const args = [...codeServer(tools, folder), '--install-extension', vsix];
  const installed = spawnSync(process.execPath, args, { env: environment(folder, process.env.PATH), encoding: 'utf8' });
  assert.match(installed.stdout, /successfully installed/, installed.stdout + installed.stderr);
  return join(folder, 'extensions');
}

/** A browser for all workbenches. */
export function startBrowser(tools) {
  const { chromium } = createRequire(join(tools, 'package.json'))('playwright-core');
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
  return chromium.launch({ executablePath: chromiumPath(), args: flags });
}

function chromiumPath() {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  assert.ok(found, 'no chromium is installed');
  return found;
}

function codeServer(tools, folder) {
  return [join(tools, 'node_modules/code-server/out/node/entry.js'), '--config', join(folder, 'config.yaml'),
    '--user-data-dir', join(folder, 'user'), '--extensions-dir', join(folder, 'extensions')];
}

function environment(folder, searchPath) {
  const home = join(folder, 'home');
  return {
    ...process.env, PATH: searchPath, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local/share'),
    XDG_CACHE_HOME: join(home, '.cache'), XDG_RUNTIME_DIR: join(folder, 'tmp'), TMPDIR: join(folder, 'tmp'),
    SHELL: '/bin/bash',
    // No marketplace: nothing outside of this machine is asked.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
  };
}

export class Workbench {
  /**
   * Starts one. `folder` is its own; `programs` are the folders that stand first on PATH; `trust` says whether VS Code asks for trust at
   * all; `userSettings` come on top of ours. The workspace is `folder`/workspace.
   */
  static async start({ browser, tools, extensions, folder, programs, trust = false, userSettings = {} }) {
    for (const name of ['home', 'tmp', 'user/User', 'workspace'])
      mkdirSync(join(folder, name), { recursive: true });
    cpSync(extensions, join(folder, 'extensions'), { recursive: true, preserveTimestamps: true });
    writeFileSync(join(folder, 'config.yaml'), '');
    writeFileSync(join(folder, 'user/User/settings.json'), JSON.stringify({ ...settings, ...userSettings }));
    const port = await freePort();
    const log = join(folder, 'code-server.log');
    const out = openSync(log, 'w');
    const args = [...codeServer(tools, folder), '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry',
      '--disable-update-check', '--disable-getting-started-override', '--ignore-last-opened', ...(trust ? [] : ['--disable-workspace-trust'])];
    const searchPath = [...programs, '/usr/local/bin', '/usr/bin', '/bin'].join(':');
    // The extension host's PATH is that of a login shell.
    writeFileSync(join(folder, 'home/.profile'), `PATH='${searchPath}'\n`);
    // A process group of its own: extension host and language server outlive what started them, and must be waited for.
    const server = spawn(process.execPath, args, { env: environment(folder, searchPath), stdio: ['ignore', out, out], detached: true });
    const workbench = new Workbench(folder, port, server, log);
    try {
      await workbench.#untilReady();
      workbench.page = await browser.newPage({ viewport: { width: 1180, height: 720 } });
      workbench.page.setDefaultTimeout(shortPatience);
    } catch (error) {
      await workbench.close();
      throw error;
    }
    return workbench;
  }

  constructor(folder, port, server, log) {
    Object.assign(this, { folder, port, server, log, workspace: join(folder, 'workspace') });
  }

  get editor() {
    return this.page.locator('.editor-instance').first();
  }

  get squiggles() {
    return this.editor.locator('.squiggly-error, .squiggly-warning, .squiggly-info');
  }

  get status() {
    return this.page.locator('.statusbar-item', { hasText: 'LoraLint' });
  }

  get notifications() {
    return this.page.locator('.notifications-toasts .notification-list-item');
  }

  async #untilReady() {
    for (const end = Date.now() + patience; ; await sleep(200)) {
      assert.equal(this.server.exitCode, null, 'code-server ended');
      assert.ok(Date.now() < end, 'code-server does not get ready');
      if (await fetch(`http://127.0.0.1:${this.port}/healthz`).then(answer => answer.ok, () => false))
        return;
    }
  }

  /** Opens the workspace, with a file of it in an editor. */
  async open(file) {
    const payload = JSON.stringify([['openFile', `vscode-remote://127.0.0.1:${this.port}${encodeURI(join(this.workspace, file))}`]]);
    const address = `http://127.0.0.1:${this.port}/?folder=${encodeURIComponent(this.workspace)}&payload=${encodeURIComponent(payload)}`;
    await this.page.goto(address, { waitUntil: 'domcontentloaded', timeout: patience });
    await this.editor.waitFor();
  }

  /** Runs a command by its title in the palette; asks again where a busy workbench did not listen. */
  async command(title) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await this.until(`the command ${title}`, async () => {
      await this.page.keyboard.press('F1');
      try {
        await this.page.locator('.quick-input-widget input[type=text]').first().fill(`>${title}`, { timeout: 10_000 });
        await row.click({ timeout: 10_000 });
        return true;
      } catch (error) {
        if (error.name !== 'TimeoutError')
          throw error;
        await this.page.keyboard.press('Escape');
        return false;
      }
    });
  }

  /** Puts the caret on a line and column, which count from 1. */
  async caret(line, column) {
    await this.editor.locator('.view-lines').click({ position: { x: 5, y: 5 } });
    const { keyboard } = this.page;
    await keyboard.press('Control+Home');
    for (let i = 1; i < line; i++)
      await keyboard.press('ArrowDown');
    for (let i = 1; i < column; i++)
      await keyboard.press('ArrowRight');
  }

  /** Waits until something holds. */
  async until(what, holds, milliseconds = shortPatience) {
    for (const end = Date.now() + milliseconds; ; await sleep(100)) {
      if (await holds())
        return;
      assert.ok(Date.now() < end, `waited in vain: ${what}`);
    }
  }

  /** A file of the workspace as it is on the disk. */
  read(file) {
    return readFileSync(join(this.workspace, file), 'utf8');
  }

  /** What code-server and the extension wrote, to be read after a failure. */
  output() {
    const logs = readdirSync(join(this.folder, 'user'), { recursive: true }).filter(name => /LoraLint[^/]*\.log$/.test(name));
    return [this.log, ...logs.map(name => join(this.folder, 'user', name))]
      .map(file => `-- ${file}\n${readFileSync(file, 'utf8').slice(-8_000)}`).join('\n');
  }

  /** The process ids of the language servers that run below this workbench. */
  servers() {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name)).filter(id => {
      try {
        const words = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').filter(word => word !== '');
        const isOurs = readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(`HOME=${join(this.folder, 'home')}`);
        return isOurs && words.at(-1) === 'lsp';
      } catch {
        // It ended in the meantime.
        return false;
      }
    }).map(Number);
  }

  /** Ends it and waits until nothing of it is left. */
  async close() {
    await this.page?.close();
    const group = -this.server.pid;
    const isAlive = () => { try { return process.kill(group, 0); } catch { return false; } };
    if (isAlive())
      process.kill(group, 'SIGTERM');
    for (const end = Date.now() + 30_000; isAlive(); await sleep(100)) {
      if (Date.now() > end) {
        process.kill(group, 'SIGKILL');
        throw new Error('processes were left behind');
      }
    }
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
