/**
 * Pure: all that a device keeps of one group.
 *
 * Its records, which are what is written down, are in `records`.
 */
import { encodeMessage } from "../public/framing.ts";
import { groupInfo } from "./info.ts";
/** The GroupInfo of the epoch that `staged` would begin, as an MLSMessage: to be sealed. */
export async function stagedInfo(staged, external = false) {
    return encodeMessage(await groupInfo(staged.next, external));
}
/** A state whose only past is the PSK of this epoch. */
export function newState(epoch) {
    const resumption = new Map([[epoch.group.context.epoch, epoch.secrets.resumptionPsk]]);
    return { epoch, past: [], resumption, pending: new Map(), ended: new Map(), staged: null };
}
