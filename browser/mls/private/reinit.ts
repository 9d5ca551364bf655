/** Pure: the group that takes the place of one closed by a ReInit (RFC 9420 §11.2). */

import { Conflict, Malformed } from "../../errors.ts";
import type { KeyPackage } from "../public/key_package.ts";
import { type Proposal, type ReInit, USAGE_REINIT } from "../public/proposals.ts";
import { MLS10 } from "../public/suite.ts";
import type { Client } from "./client.ts";
import { checkAllAreThere } from "./joining.ts";
import type { Means } from "./means.ts";
import { resumptionPsk } from "./psk.ts";
import { Session, type Step } from "./session.ts";
import type { Staged } from "./state.ts";

/** What the ReInit of a closed group said (MLS-11.2d). */
export function announced(former: Session): ReInit {
  const { reinit } = former.group;
  if (reinit === null) throw new Conflict("MLS-11.2d", "the group was not closed by a ReInit");
  return reinit;
}

/**
 * Create the group that the ReInit of `former` announced, with us alone in it.
 *
 * `me` is our client of the new suite. Then `invite` everyone.
 */
export async function succeed(
  former: Session,
  me: Client,
  means: Means,
  now: number,
): Promise<Step<null>> {
  const reinit = announced(former);
  if (reinit.version !== MLS10 || reinit.suiteId !== me.suite.id) {
    throw new Malformed("MLS-11.2b", "a new group that is not what the ReInit said");
  }
  return Session.create(me, means, reinit.groupId, now, reinit.extensions);
}

/** All members of the old group come along (MLS-11.2c). */
export function checkEveryone(
  former: Session,
  successor: Session,
  packages: readonly KeyPackage[],
): void {
  const members = (session: Session) => session.members().map(({ credential }) => credential.raw);
  const invited = packages.map(({ leaf }) => leaf.credential.raw);
  checkAllAreThere(members(former), [...invited, ...members(successor)]);
}

/** Stage the first commit of the new group: everyone of the old one, and its PSK. */
export async function invite(
  successor: Session,
  former: Session,
  packages: readonly KeyPackage[],
  means: Means,
  now: number,
): Promise<Step<Staged>> {
  announced(former);
  checkEveryone(former, successor, packages);
  const { suite } = successor.group.tree;
  const { groupId, epoch } = former;
  const psk = resumptionPsk(suite, groupId, epoch, means.entropy, USAGE_REINIT);
  const adds = packages.map((keyPackage): Proposal => ({ type: "add", keyPackage }));
  return successor.stage(now, [...adds, { type: "psk", psk }], { resumes: former });
}
