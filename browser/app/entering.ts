/** Sign-up and login: how somebody becomes the one who uses this browser. */

import type { Known } from "./accounts.ts";
import { ask } from "./api.ts";
import type { InviteShown } from "./api_types.ts";
import { device, standing } from "./device.ts";

const BROWSERS = [
  ["Firefox", /Firefox\//u],
  ["Edge", /Edg\//u],
  ["Opera", /OPR\//u],
  ["Chromium", /Chrome\//u],
  ["Safari", /Safari\//u],
] as const;
const SYSTEMS = [
  ["Android", /Android/u],
  ["iPhone", /iPhone/u],
  ["iPad", /iPad/u],
  ["Windows", /Windows/u],
  ["Mac", /Mac OS X/u],
  ["Linux", /Linux/u],
] as const;

/** What this device is called in the list of devices. */
export function deviceName(agent: string = navigator.userAgent): string {
  const named = (signs: readonly (readonly [string, RegExp])[]) =>
    signs.find(([, sign]) => sign.test(agent))?.[0];
  return [named(BROWSERS) ?? "Browser", named(SYSTEMS)].filter(Boolean).join(" · ");
}

export interface Joining {
  readonly name: string;
  readonly displayName: string;
  readonly password: string;
  readonly reason: string;
  readonly invite: string;
}

/** What the link with this secret promises. Throws `Problem` when it is void. */
export function inviteOf(secret: string): Promise<InviteShown> {
  return ask<InviteShown>("POST", "/invites/lookup", { body: { secret } });
}

/** The device says it before it answers; a tab that asks the status is sure. */
export async function settled(): Promise<void> {
  standing.value = await device.status();
}

/** Sign up. Whether one is in now: false when an administrator is to say yes first. */
export async function signUp(joining: Joining): Promise<boolean> {
  const { name, password, displayName, reason, invite } = joining;
  const account = await device.signUp({
    name: name.trim(),
    password,
    deviceName: deviceName(),
    displayName: displayName.trim(),
    reason,
    ...(invite === "" ? {} : { invite }),
  });
  if (account === null) return false;
  await settled();
  // Whoever has messages here wants them kept; the browser may still say no.
  void device.persist().catch(() => undefined);
  return true;
}

/** The name in what somebody wrote as their name: `@ada@node` is Ada's address. */
export const plainName = (text: string): string =>
  text.trim().replace(/^@/u, "").split("@")[0] ?? "";

/** Log in: this browser becomes a device of the account. */
export async function logIn(written: string, password: string): Promise<void> {
  await device.logIn({
    name: plainName(written).toLowerCase(),
    password,
    deviceName: deviceName(),
  });
  await settled();
}

/** Open another account of this browser. */
export async function switchTo(who: Known): Promise<void> {
  await device.switchTo(who.id);
  await settled();
}
