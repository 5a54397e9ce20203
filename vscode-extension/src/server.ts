import * as vscode from 'vscode';
import {
  CloseAction, ErrorAction, ExecuteCommandRequest, LanguageClient, RevealOutputChannelOn,
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

/** A server that has not answered the client's greeting by then hangs. */
const mostSecondsToStart = 60;

/** Logs errors, and leaves telling them to Server, which tells each once. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

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
    const failure = await this.#run(found);
    if (failure === undefined)
      return;
    await this.#discard();
    this.#fail(found, `it did not start (${failure})`);
  }

  // Starts the process and greets it; gives what went wrong, or undefined when it runs.
  async #run(executable: Executable): Promise<string | undefined> {
    const client = new QuietClient('loralint', 'LoraLint', () => this.#launch(executable), this.#options(executable));
    this.#client = client;
    try {
      await within(mostSecondsToStart, client.start());
      // A start that the end of the process cut short is not always told as an error.
      if (client.isRunning()) {
        this.#set({ kind: 'running', executable });
        return undefined;
      }
      return (await this.#process?.endsWithin(1_000)) ?? 'its output was closed';
    } catch (error) {
      return (await this.#process?.endsWithin(1_000)) ?? messageOf(error);
    }
  }

  async #stop(): Promise<void> {
    await this.#discard();
    if (this.#state.kind !== 'disabled')
      this.#set({ kind: 'disabled' });
  }

  // Ends client and process, whatever state they are in.
  async #discard(): Promise<void> {
    const client = this.#client;
    const process = this.#process;
    this.#client = this.#process = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      // It did not answer in time, or never started: its process is ended below.
      this.output.debug(messageOf(error));
    }
    await process?.end();
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

  // The connection is gone without having been asked to end. A server that does not even start is told where the start is awaited.
  #closed(executable: Executable): CloseHandlerResult {
    if (this.#state.kind === 'running') {
      this.#set({ kind: 'restarting', executable });
      void this.#enqueue(() => this.#revive(executable));
    }
    return { action: CloseAction.DoNotRestart, handled: true, message: 'The connection to the server was closed' };
  }

  // Starts a server that crashed again, until it runs or has crashed too often.
  async #revive(executable: Executable): Promise<void> {
    let how = (await this.#process?.endsWithin(1_000)) ?? 'its output was closed';
    for (;;) {
      await this.#discard();
      if (!this.#crashes.record(Date.now()))
        return this.#fail(executable, `it crashed ${Crashes.most} times within three minutes, the last time with ${how}`);
      // One notification for a row of crashes: several would cover the one that says that it is given up.
      if (this.#crashes.recent === 1)
        void tellRestart(how);
      this.output.warn(`the server crashed (${how}) and is started again`);
      const failure = await this.#run(executable);
      if (failure === undefined)
        return;
      how = failure;
    }
  }

  #fail(executable: Executable, reason: string): void {
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

async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${seconds} seconds`)), seconds * 1_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
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
      return 'the server is gone';
    case 'failed':
      return `the server is not running: ${state.reason}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
