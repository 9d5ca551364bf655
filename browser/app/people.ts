/** What one does with people, and how one stands to them. */

import { askAsMe } from "./accounts.ts";
import { freshKey } from "./api.ts";
import type { Actor, Relation } from "./api_types.ts";

export function lookUp(handle: string): Promise<Actor> {
  return askAsMe<Actor>("GET", "/accounts/lookup", { query: { acct: handle } });
}

export function relationTo(actor: string): Promise<Relation> {
  return askAsMe<Relation>("GET", "/relationships", { query: { actor } });
}

/** What one can do with somebody; each answers how one stands afterwards. */
const DEEDS = {
  request: ["POST", "/friends/requests"],
  accept: ["POST", "/friends/accept"],
  decline: ["POST", "/friends/decline"],
  cancel: ["POST", "/friends/cancel"],
  unfriend: ["POST", "/friends/unfriend"],
  confirm: ["POST", "/friends/confirm"],
  block: ["POST", "/blocks"],
  unblock: ["DELETE", "/blocks"],
  follow: ["POST", "/follows"],
  unfollow: ["DELETE", "/follows"],
  sendAway: ["DELETE", "/followers"],
} as const;
export type Deed = keyof typeof DEEDS;

export function act(deed: Deed, actor: string): Promise<Relation> {
  const [method, path] = DEEDS[deed];
  if (method === "DELETE") return askAsMe<Relation>(method, path, { query: { actor } });
  return askAsMe<Relation>(method, path, { body: { actor }, key: freshKey() });
}
