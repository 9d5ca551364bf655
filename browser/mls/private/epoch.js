/** Pure: a group in one epoch, and how the next one is concluded (RFC 9420 §8, §12.4). */
import { Broken } from "../../errors.ts";
import { EMPTY } from "../../wire/bytes.ts";
import { confirmed, suiteOfContext } from "../public/group_info.ts";
import { confirmationTag, joinerSecret, memberSecret, secretsOf, } from "./key_schedule.ts";
import { pskSecret } from "./psk.ts";
import { SecretTree } from "./secret_tree.ts";
import { confirmedHash, interimHash } from "./transcript.ts";
export function ownLeafOf(group) {
    const leaf = group.tree.leaf(group.ownLeaf);
    if (leaf === null)
        throw new Broken("our own leaf is blank");
    return leaf;
}
/** Run the key schedule over a commit. */
export function conclude(interim, provisional, entry, commit) {
    const suite = suiteOfContext(provisional);
    const context = confirmed(provisional, confirmedHash(interim, commit));
    const joiner = joinerSecret(suite, entry.initSecret, entry.commitSecret, context);
    const member = memberSecret(joiner, pskSecret(suite, entry.psks));
    const secrets = secretsOf(suite, member, context);
    const tag = confirmationTag(secrets, context.confirmedTranscriptHash);
    return { context, secrets, joiner, member, tag };
}
/**
 * The epoch that was concluded, with its secret tree begun.
 *
 * What has done its work is not kept: the encryption secret lives on in the secret tree only, and
 * the confirmation key only in its tag (§9.2).
 */
export function beginEpoch(concluded, holding) {
    const { context, secrets, tag } = concluded;
    const { tree, ownLeaf, keys, signature, reinit } = holding;
    const interim = interimHash(context.confirmedTranscriptHash, tag);
    const messages = SecretTree.begin(tree.suite, tree.leaves, secrets.encryption);
    const group = { context, tree, ownLeaf, interimHash: interim, confirmationTag: tag, reinit };
    const kept = { ...secrets, encryption: EMPTY, confirmationKey: EMPTY };
    return { group, secrets: kept, keys, signature, messages };
}
