/** Pure: the group that takes the place of one closed by a ReInit (RFC 9420 §11.2). */
import { Conflict, Malformed } from "../../errors.ts";
import { USAGE_REINIT } from "../public/proposals.ts";
import { MLS10 } from "../public/suite.ts";
import { checkAllAreThere } from "./joining.ts";
import { resumptionPsk } from "./psk.ts";
import { Session } from "./session.ts";
/** What the ReInit of a closed group said (MLS-11.2d). */
export function announced(former) {
    const { reinit } = former.group;
    if (reinit === null)
        throw new Conflict("MLS-11.2d", "the group was not closed by a ReInit");
    return reinit;
}
/**
 * Create the group that the ReInit of `former` announced, with us alone in it.
 *
 * `me` is our client of the new suite. Then `invite` everyone.
 */
export async function succeed(former, me, means, now) {
    const reinit = announced(former);
    if (reinit.version !== MLS10 || reinit.suiteId !== me.suite.id) {
        throw new Malformed("MLS-11.2b", "a new group that is not what the ReInit said");
    }
    return Session.create(me, means, reinit.groupId, now, reinit.extensions);
}
/** All members of the old group come along (MLS-11.2c). */
export function checkEveryone(former, successor, packages) {
    const members = (session) => session.members().map(({ credential }) => credential.raw);
    const invited = packages.map(({ leaf }) => leaf.credential.raw);
    checkAllAreThere(members(former), [...invited, ...members(successor)]);
}
/** Stage the first commit of the new group: everyone of the old one, and its PSK. */
export async function invite(successor, former, packages, means, now) {
    announced(former);
    checkEveryone(former, successor, packages);
    const { suite } = successor.group.tree;
    const { groupId, epoch } = former;
    const psk = resumptionPsk(suite, groupId, epoch, means.entropy, USAGE_REINIT);
    const adds = packages.map((keyPackage) => ({ type: "add", keyPackage }));
    return successor.stage(now, [...adds, { type: "psk", psk }], { resumes: former });
}
