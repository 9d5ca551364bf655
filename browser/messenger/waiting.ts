/** Time as whoever talks with the node spends it: pauses, that may be cut short, and turns. */

/** Now in milliseconds since 1970, and pauses. */
export interface Clock {
  now(): number;
  /** Resolves after that long, or when `cut` says so. */
  pause(milliseconds: number, cut?: AbortSignal): Promise<void>;
}

export const BROWSER_CLOCK: Clock = {
  now: () => Date.now(),
  pause: (milliseconds, cut) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        cut?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      if (cut?.aborted) done();
      else cut?.addEventListener("abort", done);
    }),
};

const FIRST_WAIT = 250;
const LONGEST_WAIT = 15_000;

/** How long to wait before the next try; longer from failure to failure (DEV-3.4). */
export function restAfter(failures: number): number {
  return Math.min(FIRST_WAIT * 2 ** Math.min(failures, 10), LONGEST_WAIT);
}

/** Whether `then` is less than so long ago; a clock that was set back makes no time longer. */
export function isRecent(then: number | null, now: number, lasts: number): boolean {
  return then !== null && then <= now && now - then < lasts;
}

/** Do `work`, which is told by its signal when that long has passed. */
export async function within<T>(
  clock: Clock,
  milliseconds: number,
  work: (late: AbortSignal) => Promise<T>,
): Promise<T> {
  const [late, done] = [new AbortController(), new AbortController()];
  void clock.pause(milliseconds, done.signal).then(() => late.abort());
  try {
    return await work(late.signal);
  } finally {
    done.abort();
  }
}

/** One after the other, in the order in which they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** Whether somebody's turn is not over, or has not come yet. */
  get isTaken(): boolean {
    return this.#count > 0;
  }

  take<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    const done = this.#last.then(work).finally(() => {
      this.#count -= 1;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** Something that is waited for, and happens again and again. */
export class Signal {
  #isSet = false;
  #wake: () => void = () => undefined;

  set(): void {
    this.#isSet = true;
    this.#wake();
  }

  clear(): void {
    this.#isSet = false;
  }

  /** Resolves when it is set, or when `cut` says so. */
  async wait(cut: AbortSignal): Promise<void> {
    if (this.#isSet || cut.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cut.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
