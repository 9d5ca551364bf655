/** One worker holds a vault, whatever tabs are open (spec E2E-6.12). */

import { Conflict } from "../errors.ts";

/** The vault is ours until `release`, or until this worker ends, however it does. */
export interface Hold {
  release(): void;
}

/** Hold the vault. Throws `Conflict` (E2E-6.12) when another tab does. */
export async function hold(vault: string): Promise<Hold> {
  const held = await request(vault, { ifAvailable: true });
  if (held !== null) return held;
  throw new Conflict("E2E-6.12", "another tab of this browser has Kith open: use that one");
}

/** Wait until no other tab holds it, then hold it. Rejects when `signal` says to wait no more. */
export async function takeTurn(vault: string, signal: AbortSignal): Promise<Hold> {
  const held = await request(vault, { signal });
  if (held === null) throw new TypeError("a lock that was waited for is given");
  return held;
}

/**
 * Take it from whoever holds it: they sleep, or are about to let go. Only for who is sure to be the one that may
 * (E2E-6.18), and writes before anything is given out: a step of theirs changes nothing then (E2E-6.12).
 */
export async function takeAway(vault: string): Promise<Hold> {
  const held = await request(vault, { steal: true });
  if (held === null) throw new TypeError("a lock that is taken is given");
  return held;
}

function request(vault: string, how: LockOptions): Promise<Hold | null> {
  return new Promise((resolve, reject) => {
    const given = (lock: Lock | null): Promise<void> | undefined => {
      if (lock !== null) return new Promise((release) => resolve({ release }));
      resolve(null);
      return undefined;
    };
    navigator.locks.request(`kith-vault/${vault}`, how, given).catch(reject);
  });
}
