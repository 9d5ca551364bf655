/** Logout: with the messages kept, or so that nothing of the account stays in this browser. */

import { accounts, forgotten, type Known } from "./accounts.ts";
import { device } from "./device.ts";
import { dropDraft } from "./draft.ts";
import { settled } from "./entering.ts";
import { dropAllOf } from "./outbox.tsx";
import { dropJobsOf } from "./post/jobs.ts";
import { unwanted } from "./push.ts";
import { dropShared } from "./shared.ts";

/** Log out. With `keep` the messages of this device can still be read in this browser. */
export async function logOut(who: Known, keep: boolean): Promise<void> {
  await device.logOut(who.id, keep ? "keep" : "remove");
  await after(who);
}

/** Delete the account itself, and all that this browser has of it (APP-3.3). */
export async function deleteAccount(who: Known, password: string): Promise<void> {
  await device.deleteAccount(who.id, password);
  await after(who);
}

/** Remove the messages that were kept of an account that is logged out. */
export async function forget(who: Known): Promise<void> {
  await device.forget(who.id);
  await after(who);
}

/** Once the device has let go of the account, what is beside its vault goes too. */
async function after({ actor }: Known): Promise<void> {
  await settled();
  if (accounts.value.some((one) => one.actor === actor)) return;
  forgotten(actor);
  dropDraft(actor);
  dropAllOf(actor);
  unwanted(actor);
  // Nobody knows for whom it was shared.
  await Promise.all([dropJobsOf(actor), dropShared()]);
}
