/** Sign-up, login and logout: how somebody becomes the one who uses this browser. */

import { accounts, askAsMe, enter, type Known, leave } from "./accounts.ts";
import { ask, Problem } from "./api.ts";
import type { InviteShown, Session } from "./api_types.ts";

const CLIENT = "Kith in a browser";

/** What this device is called in the list of devices. */
export function deviceName(agent: string = navigator.userAgent): string {
  const browser =
    [
      ["Firefox", /Firefox\//u],
      ["Edge", /Edg\//u],
      ["Opera", /OPR\//u],
      ["Chromium", /Chrome\//u],
      ["Safari", /Safari\//u],
    ].find(([, sign]) => (sign as RegExp).test(agent))?.[0] ?? "Browser";
  const system =
    [
      ["Android", /Android/u],
      ["iPhone", /iPhone/u],
      ["iPad", /iPad/u],
      ["Windows", /Windows/u],
      ["Mac", /Mac OS X/u],
      ["Linux", /Linux/u],
    ].find(([, sign]) => (sign as RegExp).test(agent))?.[0] ?? "";
  return system === "" ? String(browser) : `${browser} · ${system}`;
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

/** Open the session that the node answered. */
function opened(session: Session): boolean {
  const { account, token, device } = session;
  if (typeof token !== "string") return false;
  enter(account, token, session.session ?? "", device ?? "");
  return true;
}

/** Sign up. Whether one is in now: false when an administrator is to say yes first. */
export async function signUp(joining: Joining, key: string): Promise<boolean> {
  const session = await ask<Session>("POST", "/accounts", {
    key,
    body: {
      name: joining.name.trim(),
      password: joining.password,
      display_name: joining.displayName.trim(),
      reason: joining.reason,
      client_name: CLIENT,
      device_name: deviceName(),
      ...(joining.invite === "" ? {} : { invite: joining.invite }),
    },
  });
  return opened(session);
}

/** The name in what somebody wrote as their name: `@ada@node` is Ada's address. */
export const plainName = (text: string): string =>
  text.trim().replace(/^@/u, "").split("@")[0] ?? "";

/** Log in, with the device that this browser kept of the account, else with a new one. */
export async function logIn(written: string, password: string): Promise<void> {
  const name = plainName(written).toLowerCase();
  const device = accounts.value.find((one) => one.name === name)?.device ?? "";
  const body = { name, password, client_name: CLIENT };
  const anew = { ...body, device_name: deviceName() };
  try {
    const again = device === "" ? anew : { ...body, device };
    opened(await ask<Session>("POST", "/login", { body: again }));
  } catch (error) {
    // The device was revoked meanwhile: the person is the same, and gets a new one.
    const gone =
      error instanceof Problem && device !== "" && [403, 404, 409].includes(error.status);
    if (!gone) throw error;
    opened(await ask<Session>("POST", "/login", { body: anew }));
  }
}

/** Log out. With `keepDevice` its keys and messages stay in this browser for the next login. */
export async function logOut(who: Known, keepDevice: boolean): Promise<void> {
  const path =
    keepDevice || who.device === ""
      ? `/sessions/${encodeURIComponent(who.session)}`
      : `/devices/${encodeURIComponent(who.device)}`;
  try {
    await askAsMe("DELETE", path);
  } catch (error) {
    // A session that has ended already is what was wanted.
    if (!(error instanceof Problem && [401, 404].includes(error.status))) throw error;
  }
  leave(who.actor, keepDevice);
}
