/** How files go up and come down: told of, stopped, tried again (spec ATT-5.1). */

import { Conflict } from "../errors.ts";

export const TRIES = 10;
/** Chunks in one request, and opened at once. */
export const AT_ONCE = 128;

export type Progress = (done: number, size: number) => void;
export const silent: Progress = () => undefined;

export const NEVER = new AbortController().signal;

/** Whether its person stopped it. */
export function goOn(stop: AbortSignal): void {
  if (stop.aborted) throw new Conflict("ATT-5.1", "it was stopped");
}
