/** What a screen asks of the node when it comes: the answer, or why there is none. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe } from "../accounts.ts";

export interface Asked<T> {
  readonly answer: Signal<T | null>;
  readonly fault: Signal<unknown>;
  /** Ask again; what is known stays until the answer is here. */
  readonly again: () => Promise<void>;
}

export function useAsked<T>(path: string): Asked<T> {
  const answer = useSignal<T | null>(null);
  const fault = useSignal<unknown>(null);
  async function again(): Promise<void> {
    try {
      answer.value = await askAsMe<T>("GET", path);
      fault.value = null;
    } catch (error) {
      fault.value = error;
    }
  }
  useEffect(() => {
    void again();
  }, [path]);
  return { answer, fault, again };
}
