/** Who is logged in in this browser: the accounts it knows, and the one that is open. */

import { computed, effect, signal } from "@preact/signals";

import type { Account as Held } from "../worker/device_client.ts";
import { type Asking, ask, type Page, Problem, page } from "./api.ts";
import type { Account } from "./api_types.ts";
import { device, standing } from "./device.ts";

/** An account of which this browser has a device. Logged out, its messages can still be read here. */
export interface Known {
  readonly id: string;
  readonly actor: string;
  readonly name: string;
  readonly address: string;
  readonly displayName: string;
  readonly avatar: string;
  readonly role: "member" | "admin";
  readonly isLoggedIn: boolean;
}

interface Profile {
  readonly displayName: string;
  readonly avatar?: string;
  readonly role: "member" | "admin";
}

const KEY = "kith.profiles";

function read(): Readonly<Record<string, Profile>> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, Profile>;
  } catch {
    return {}; // it is asked for again
  }
}

// What is shown of each account; the device itself knows only names and addresses.
const profiles = signal<Readonly<Record<string, Profile>>>(read());

function knownOf(held: Held): Known {
  const profile = profiles.value[held.actor];
  return {
    id: held.id,
    actor: held.actor,
    name: held.name,
    address: held.handle,
    displayName: profile?.displayName ?? "",
    avatar: profile?.avatar ?? "",
    role: profile?.role ?? "member",
    isLoggedIn: held.isLoggedIn,
  };
}

/** An account of this browser as a person is drawn. */
export const asPerson = (one: Known) => ({
  id: one.actor,
  handle: one.address,
  display_name: one.displayName,
  icon: "",
  icon_here: one.avatar,
});

export const accounts = computed(() => (standing.value?.accounts ?? []).map(knownOf));

/** The account that is open; null when nobody is logged in. */
export const me = computed<Known | null>(() => {
  const { current = null, phase = "absent" } = standing.value ?? {};
  if (current === null || !current.isLoggedIn) return null;
  return phase === "open" || phase === "frozen" ? knownOf(current) : null;
});

/** Keep what the node says of an account. */
export function renamed(account: Account): void {
  const { display_name: displayName, avatar, role } = account;
  const profile: Profile = { displayName, avatar, role };
  profiles.value = { ...profiles.value, [account.actor]: profile };
  localStorage.setItem(KEY, JSON.stringify(profiles.value));
}

/** Forget what was shown of an account that has gone from this browser. */
export function forgotten(actor: string): void {
  const { [actor]: _gone, ...others } = profiles.value;
  profiles.value = others;
  localStorage.setItem(KEY, JSON.stringify(others));
}

interface Line {
  readonly id: string;
  readonly token: string;
  readonly seat: number;
}

let line: Promise<Line> | null = null;

async function lineOf(id: string, refused = 0): Promise<Line> {
  const { account, token, seat } = await device.session(refused);
  if (account.id !== id) throw new Problem(401, "unproven", "API-3.1", "");
  return { id, token, seat };
}

/** Ask with the token of the account that is open, which its device holds. */
async function withLine<T>(
  asked: (line: Line) => Promise<T>,
  id: string | undefined = me.peek()?.id,
): Promise<T> {
  if (id === undefined) throw new Problem(401, "unproven", "API-3.1", "");
  line ??= lineOf(id);
  const mine = line;
  try {
    const known = await mine;
    if (known.id === id) return await asked(known);
  } catch (error) {
    if (line === mine) line = null;
    if (!(error instanceof Problem && error.clause === "ACC-4.5")) throw error;
    // Refused before anything was done: the device took another seat since it was asked for it, or takes it now.
    const before = await mine;
    line ??= lineOf(id, before.seat);
    const now = await line;
    if (now.id !== id || now.seat === before.seat) throw error;
    return asked(now);
  }
  line = null;
  return withLine(asked, id);
}

/** As `ask`, in the name of the account that is open. */
export function askAsMe<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  return withLine(({ token, seat }) => ask<T>(method, path, { ...asking, token, seat }));
}

/** As `page`, in the name of the account that is open. */
export function pageAsMe<T>(path: string, asking: Asking = {}): Promise<Page<T>> {
  return withLine(({ token, seat }) => page<T>(path, { ...asking, token, seat }));
}

/** From now on the profile of whoever is open is asked for. */
export function begin(): void {
  const actor = computed(() => me.value?.actor);
  effect(() => {
    if (actor.value === undefined) return;
    askAsMe<Account>("GET", "/account").then(renamed, () => undefined);
  });
}
