import * as vscode from 'vscode';
import {
  CloseAction, ErrorAction, ExecuteCommandRequest, LanguageClient, RevealOutputChannelOn, State as ClientState,
  type CloseHandlerResult, type LanguageClientOptions,
} from 'vscode-languageclient/node';
import { Crashes } from './crashes.js';
import { findExecutable, type Executable } from './findExecutable.js';
import { tellFailure, tellMissing, tellRestart, tellSkipped } from './messages.js';
import { documentSelector } from './selector.js';
import { ServerProcess } from './serverProcess.js';
import { currentSystem, currentWorkspace } from './surroundings.js';

/** How the server fares. */
export type State =
  | { readonly kind: 'disabled' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'missing'; readonly failures: readonly string[] }
  | { readonly kind: 'running'; readonly executable: Executable }
  | { readonly kind: 'restarting'; readonly executable: Executable }
  | { readonly kind: 'failed'; readonly executable: Executable; readonly reason: string };

/** The language server: finds `loralint`, keeps `loralint lsp` running, and sends it commands. */
export class Server implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<State>();
  readonly #crashes = new Crashes();
  #state: State = { kind: 'disabled' };
  #client: LanguageClient | undefined;
  #process: ServerProcess | undefined;
  #last: Promise<void> = Promise.resolve();

  readonly onDidChangeState = this.#changed.event;

  constructor(private readonly extensionFolder: string, private readonly output: vscode.LogOutputChannel) {}

  get state(): State {
    return this.#state;
  }

  /** Starts the server, or starts it again with what is found and set by then. Never rejects: what goes wrong is told and is the state. */
  restart(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#stop();
      this.#crashes.clear();
      await this.#start();
    });
  }

  /** Stops the server. */
  stop(): Promise<void> {
    return this.#enqueue(() => this.#stop());
  }

  /** The `loralint` in use. Waits for a start that is under way; undefined when there is none then, which is told. */
  async whenRunning(): Promise<Executable | undefined> {
    await this.#last;
    if (this.#state.kind === 'running')
      return this.#state.executable;
    void this.#tellWhy();
    return undefined;
  }

  /** Runs one of the server's commands. Waits for a start that is under way; undefined when there is no answer, which is told. */
  async execute<T>(command: string, ...args: unknown[]): Promise<T | undefined> {
    if (await this.whenRunning() === undefined || this.#client === undefined)
      return undefined;
    try {
      return (await this.#client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args })) as T;
    } catch (error) {
      this.output.error(`${command}: ${messageOf(error)}`);
      void vscode.window.showErrorMessage(`LoraLint: ${messageOf(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    void this.stop();
    this.#changed.dispose();
  }

  // One start or stop at a time, in the order they were asked for.
  #enqueue(action: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(action).catch((error: unknown) => this.output.error(messageOf(error)));
    return this.#last;
  }

  #set(state: State): void {
    this.#state = state;
    this.output.info(describe(state));
    this.#changed.fire(state);
  }

  async #start(): Promise<void> {
    if (!vscode.workspace.getConfiguration('loralint').get<boolean>('enable', true))
      return this.#set({ kind: 'disabled' });
    this.#set({ kind: 'starting' });
    const { found, failures } = await findExecutable(currentWorkspace(this.extensionFolder), currentSystem());
    for (const failure of failures)
      this.output.warn(failure);
    if (found === undefined) {
      this.#set({ kind: 'missing', failures });
      return void tellMissing(failures);
    }
    if (failures.length > 0)
      void tellSkipped(failures, found);
    const client = new LanguageClient('loralint', 'LoraLint', () => this.#launch(found), this.#options(found));
    client.onDidChangeState(({ newState }) => {
      if (newState === ClientState.Running && this.#client === client)
        this.#set({ kind: 'running', executable: found });
    });
    this.#client = client;
    try {
      await client.start();
    } catch (error) {
      await this.#fail(found, messageOf(error));
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    const process = this.#process;
    this.#client = this.#process = undefined;
    try {
      if (client?.needsStop())
        await client.stop();
      await client?.dispose();
    } catch (error) {
      // It did not answer in time: its process is ended below.
      this.output.warn(messageOf(error));
    }
    await process?.end();
    if (this.#state.kind !== 'disabled')
      this.#set({ kind: 'disabled' });
  }

  async #launch(executable: Executable) {
    this.#process = await ServerProcess.start(executable);
    return this.#process.child;
  }

  #options(executable: Executable): LanguageClientOptions {
    return {
      documentSelector,
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      synchronize: { configurationSection: 'loralint' },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.#closed(executable),
      },
      // What goes wrong is told once, where the start is awaited.
      initializationFailedHandler: () => false,
    };
  }

  // The server is gone without having been asked to stop.
  async #closed(executable: Executable): Promise<CloseHandlerResult> {
    const how = (await this.#process?.endsWithin(1_000)) ?? 'its output was closed';
    if (this.#state.kind !== 'running') {
      await this.#fail(executable, `it ended while starting (${how})`);
      return { action: CloseAction.DoNotRestart, handled: true, message: `LoraLint did not start: ${how}` };
    }
    if (!this.#crashes.record(Date.now())) {
      await this.#fail(executable, `it crashed ${Crashes.most} times within three minutes, the last time with ${how}`);
      return { action: CloseAction.DoNotRestart, handled: true, message: `LoraLint is not started again: ${how}` };
    }
    this.#set({ kind: 'restarting', executable });
    void tellRestart(how);
    return { action: CloseAction.Restart, handled: true, message: `LoraLint crashed (${how}) and is started again` };
  }

  async #fail(executable: Executable, reason: string): Promise<void> {
    // A crash while starting is seen twice: as a closed connection, and as a start that failed. The first knows more.
    if (this.#state.kind === 'failed')
      return;
    this.#set({ kind: 'failed', executable, reason });
    void tellFailure(reason);
  }

  async #tellWhy(): Promise<void> {
    switch (this.#state.kind) {
      case 'missing':
        return tellMissing(this.#state.failures);
      case 'failed':
        return tellFailure(this.#state.reason);
      case 'disabled':
        return void vscode.window.showInformationMessage('LoraLint is switched off by the setting loralint.enable.');
      default:
        return void vscode.window.showInformationMessage('LoraLint is starting; try again in a moment.');
    }
  }
}

function describe(state: State): string {
  switch (state.kind) {
    case 'disabled':
      return 'stopped';
    case 'starting':
      return 'looking for loralint';
    case 'missing':
      return 'no loralint that works was found';
    case 'running':
      return `loralint ${state.executable.version} is running: ${state.executable.command} (${state.executable.origin})`;
    case 'restarting':
      return 'the server is gone and is started again';
    case 'failed':
      return `the server is not running: ${state.reason}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
