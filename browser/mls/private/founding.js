/** Pure: the first epoch of a group: one member, and a secret of its own (RFC 9420 §11). */
import { EMPTY } from "../../wire/bytes.ts";
import { groupContext } from "../public/group_info.ts";
import { KEY_PACKAGE } from "../public/leaf.ts";
import { MLS10 } from "../public/suite.ts";
import { Tree } from "../public/tree.ts";
import { ISSUE_SECONDS, lifetimeFrom } from "./client.ts";
import { beginEpoch } from "./epoch.ts";
import { freshKeyPair } from "./hpke.ts";
import { confirmationTag, epochSecrets } from "./key_schedule.ts";
import { checkExtensionsForAll, checkSendersBelieved } from "./validation.ts";
/** Epoch 0 of a group that `me` creates. */
export async function firstEpoch(me, means, groupId, now, extensions) {
    const { suite, signature } = me;
    const pair = await freshKeyPair(suite, means.entropy);
    const place = { source: KEY_PACKAGE, groupId: EMPTY, leafIndex: 0 };
    const leaf = await me.leaf(pair.public, lifetimeFrom(now, ISSUE_SECONDS), place);
    checkExtensionsForAll([leaf], extensions);
    checkSendersBelieved(means.judge, extensions);
    const tree = new Tree(suite, [leaf]);
    const context = groupContext({
        version: MLS10,
        suiteId: suite.id,
        groupId,
        epoch: 0n,
        treeHash: tree.treeHash(),
        confirmedTranscriptHash: EMPTY,
        extensions,
    });
    const secrets = epochSecrets(suite, means.entropy.draw(suite.nh));
    const tag = confirmationTag(secrets, EMPTY);
    const concluded = { context, secrets, joiner: EMPTY, member: EMPTY, tag };
    const keys = new Map([[0, pair]]);
    return beginEpoch(concluded, { tree, ownLeaf: 0, keys, signature, reinit: null });
}
