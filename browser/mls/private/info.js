/** Pure: the GroupInfo that a member signs (RFC 9420 §12.4.3). */
import * as tls from "../../wire/tls.ts";
import { EXTERNAL_PUB, RATCHET_TREE } from "../public/extensions.ts";
import { groupInfoTbs } from "../public/group_info.ts";
import { signWithLabel } from "./crypto.ts";
import { externalKeyPair } from "./key_schedule.ts";
/** The signed GroupInfo of an epoch; `external` adds the key for external commits. */
export async function groupInfo(epoch, external) {
    const { group } = epoch;
    const extensions = [{ type: RATCHET_TREE, data: group.tree.encode() }];
    if (external) {
        const pair = await externalKeyPair(epoch.secrets);
        extensions.push({ type: EXTERNAL_PUB, data: tls.opaque(pair.public) });
    }
    const { context, confirmationTag, ownLeaf: signer } = group;
    const info = { context, extensions, confirmationTag, signer };
    const signature = await signWithLabel(epoch.signature, "GroupInfoTBS", groupInfoTbs(info));
    return { kind: "groupInfo", ...info, signature };
}
