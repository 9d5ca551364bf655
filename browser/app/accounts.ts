/** Who is logged in in this browser: the accounts it knows, and the one that is open. */

import { computed, signal } from "@preact/signals";

import { type Asking, ask, type Page, Problem, page } from "./api.ts";
import type { Account } from "./api_types.ts";

/** An account here. Without `token` one is logged out, and the device with its messages was kept. */
export interface Known {
  readonly actor: string;
  readonly name: string;
  readonly address: string;
  readonly displayName: string;
  readonly role: "member" | "admin";
  readonly token: string;
  readonly session: string;
  readonly device: string;
}

interface Kept {
  readonly open: string;
  readonly accounts: readonly Known[];
}

const KEY = "kith.accounts";

function read(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | null;
    if (kept !== null && Array.isArray(kept.accounts)) return kept;
  } catch {
    // What cannot be read is as good as nothing: one logs in again.
  }
  return { open: "", accounts: [] };
}

const kept = signal<Kept>(read());

function keep(next: Kept): void {
  kept.value = next;
  localStorage.setItem(KEY, JSON.stringify(next));
}

// Another tab logged in or out: this one follows.
addEventListener("storage", (event) => {
  if (event.key === KEY) kept.value = read();
});

export const accounts = computed(() => kept.value.accounts);

/** The account that is open; null when nobody is logged in. */
export const me = computed<Known | null>(
  () =>
    kept.value.accounts.find((one) => one.actor === kept.value.open && one.token !== "") ?? null,
);

/** Keep `account` and open it. */
export function enter(account: Account, token: string, session: string, device: string): void {
  const known: Known = {
    actor: account.actor,
    name: account.name,
    address: account.address,
    displayName: account.display_name,
    role: account.role,
    token,
    session,
    device,
  };
  const others = kept.value.accounts.filter((one) => one.actor !== known.actor);
  keep({ open: known.actor, accounts: [...others, known] });
}

/** Open another account of this browser. */
export function switchTo(actor: string): void {
  keep({ ...kept.value, open: actor });
}

/** What this browser knew of the profile is not so any more. */
export function renamed(account: Account): void {
  const accounts = kept.value.accounts.map((one) =>
    one.actor === account.actor
      ? { ...one, displayName: account.display_name, role: account.role }
      : one,
  );
  keep({ ...kept.value, accounts });
}

/** Leave `actor`: with `keepDevice` this browser goes on knowing the device, to go on with it. */
export function leave(actor: string, keepDevice: boolean): void {
  const others = kept.value.accounts.filter((one) => one.actor !== actor);
  const left = kept.value.accounts.find((one) => one.actor === actor);
  const accounts =
    keepDevice && left !== undefined ? [...others, { ...left, token: "", session: "" }] : others;
  const open = others.find((one) => one.token !== "")?.actor ?? "";
  keep({ open, accounts });
}

/** Whoever's token ended is logged out; their device is kept. */
async function watched<T>(asked: (token: string) => Promise<T>): Promise<T> {
  const who = me.value;
  if (who === null) throw new Problem(401, "unproven", "API-3.1", "");
  try {
    return await asked(who.token);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) leave(who.actor, true);
    throw error;
  }
}

/** As `ask`, in the name of the account that is open. */
export function askAsMe<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  return watched((token) => ask<T>(method, path, { ...asking, token }));
}

/** As `page`, in the name of the account that is open. */
export function pageAsMe<T>(path: string, asking: Asking = {}): Promise<Page<T>> {
  return watched((token) => page<T>(path, { ...asking, token }));
}
