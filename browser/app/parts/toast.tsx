/** A word in passing: what was done, or why it was not; read aloud, and gone after a while. */

import { signal } from "@preact/signals";

import { at } from "../router.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { Icon } from "./icon.tsx";

interface Toast {
  readonly id: number;
  readonly words: string;
  readonly alarm: boolean;
  /** Where what it says is to be seen; "" for nowhere. */
  readonly to: string;
}

const SHOWN_MS = 6000;
const MOST = 3;
const toasts = signal<readonly Toast[]>([]);
let count = 0;

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Say `words` in passing. */
export function tell(words: string, alarm = false, to = ""): void {
  const id = ++count;
  toasts.value = [...toasts.value.slice(1 - MOST), { id, words, alarm, to }];
  setTimeout(() => drop(id), SHOWN_MS);
}

/** Do `deed`, and say why when it fails. Whether it was done. */
export async function attempt(deed: () => Promise<unknown>): Promise<boolean> {
  try {
    await deed();
    return true;
  } catch (error) {
    tell(explain(error), true);
    return false;
  }
}

/** Where they are drawn; once in the app. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <p key={toast.id} class={toast.alarm ? "toast alarm" : "toast"}>
          <span dir="auto">{toast.words}</span>
          {toast.to !== "" && (
            <a href={at(toast.to)} onClick={() => drop(toast.id)}>
              {say("feed.show")}
            </a>
          )}
          <button
            type="button"
            class="round small"
            aria-label={say("close")}
            onClick={() => drop(toast.id)}
          >
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}
