/** Counts a server's crashes: one that crashes again and again must not be started for ever. */
export class Crashes {
  static readonly most = 5;
  static readonly windowMilliseconds = 3 * 60_000;

  #times: number[] = [];

  /** The crashes of the last three minutes, as of the last one. */
  get recent(): number {
    return this.#times.length;
  }

  /** Records a crash at a time in milliseconds, and says whether the server may be started again: not at the fifth in three minutes. */
  record(now: number): boolean {
    this.#times = [...this.#times.filter(time => now - time <= Crashes.windowMilliseconds), now];
    return this.#times.length < Crashes.most;
  }

  /** Forgets what was, when somebody starts the server by hand. */
  clear(): void {
    this.#times = [];
  }
}
