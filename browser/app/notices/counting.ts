/** Counts the notices that nobody has seen, for whoever is open, and anew when there may be others. */

import { effect } from "@preact/signals";

import { me, pageAsMe } from "../accounts.ts";
import type { Notice } from "../api_types.ts";
import { device, standing } from "../device.ts";
import { unseen } from "./unseen.ts";

// So many are counted; of more nobody wants to know how many they are.
const MOST = 50;
const TELLS = new Set(["notice", "reset"]);

let isAsking = false;
let isStale = false;

async function ask(): Promise<void> {
  const id = me.peek()?.id;
  if (id === undefined) return;
  try {
    const { items } = await pageAsMe<Notice>("/notices", { query: { limit: String(MOST) } });
    if (me.peek()?.id === id) unseen.value = items.filter(({ read }) => !read).length;
  } catch {
    // What is shown was true; the next that happens asks again.
  }
}

/** There may be others than before. Many at once are one question more. */
export async function count(): Promise<void> {
  isStale = true;
  if (isAsking) return;
  isAsking = true;
  while (isStale) {
    isStale = false;
    await ask();
  }
  isAsking = false;
}

export function begin(): void {
  // Of others nothing is known yet; what was counted stays while only how they stand is told anew.
  let whose = "";
  effect(() => {
    const { id = "", isLoggedIn = false } = standing.value?.current ?? {};
    const now = isLoggedIn ? id : "";
    if (now !== whose) unseen.value = 0;
    whose = now;
    if (me.value !== null) void count();
  });
  device.listen((event) => {
    if (event.is === "missed" || (event.is === "node" && TELLS.has(event.kind))) void count();
  });
  // Another device of theirs may have shown them meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void count();
  });
}
