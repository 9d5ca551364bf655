/** How the app looks to this person: light, dark or as the system; with or without motion. */

import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const KEY = "kith.appearance";

interface Appearance {
  readonly theme: Theme;
  readonly stillness: boolean;
  readonly saveData: boolean;
}

function read(): Appearance {
  const usual: Appearance = { theme: "system", stillness: false, saveData: false };
  try {
    return { ...usual, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Appearance>) };
  } catch {
    return usual;
  }
}

export const appearance = signal<Appearance>(read());

/** Change what is given. */
export function look(change: Partial<Appearance>): void {
  appearance.value = { ...appearance.value, ...change };
  localStorage.setItem(KEY, JSON.stringify(appearance.value));
}

/** Whether things may move: neither the system nor the person asked for stillness. */
export function mayMove(): boolean {
  return !appearance.value.stillness && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Keep the page as the person wants it. */
export function begin(): void {
  effect(() => {
    const { theme, stillness } = appearance.value;
    const root = document.documentElement;
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    root.toggleAttribute("data-still", stillness);
  });
}
