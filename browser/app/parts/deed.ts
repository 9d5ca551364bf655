/** A deed that was begun: it takes no second press, shows that it goes on, and is not lost without a question. */

import { type Signal, useSignal } from "@preact/signals";

let count = 0;

/** The browser asks whether one wants to leave: its tab may hold the device that does the deed (E2E-6.12). */
function stay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

interface Deed {
  /** Whether it goes on. */
  readonly busy: Signal<boolean>;
  /** Do it, unless it goes on already. */
  readonly begin: (deed: () => unknown) => Promise<void>;
}

export function useDeed(): Deed {
  const busy = useSignal(false);
  async function begin(deed: () => unknown): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    // Only as long as there is something to lose: a page that listens is not kept for the way back.
    if (count++ === 0) addEventListener("beforeunload", stay);
    try {
      await deed();
    } finally {
      busy.value = false;
      if (--count === 0) removeEventListener("beforeunload", stay);
    }
  }
  return { busy, begin };
}
