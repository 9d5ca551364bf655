/** Pure: the key schedule: from one epoch's init secret to the next one's keys (RFC 9420 §8). */
import { Unproven } from "../../errors.ts";
import { hash } from "../public/suite.ts";
import { deriveSecret, expandWithLabel, extract, mac, same } from "./crypto.ts";
import { deriveKeyPair } from "./hpke.ts";
/** What an epoch keeps of its epoch secret → its label in Table 4, in the order of its record. */
const LABELS = {
    init: "init",
    senderData: "sender data",
    encryption: "encryption",
    exporter: "exporter",
    external: "external",
    confirmationKey: "confirm",
    membershipKey: "membership",
    resumptionPsk: "resumption",
    epochAuthenticator: "authentication",
};
export const SECRET_NAMES = Object.keys(LABELS);
/** The secrets, each as `give` says. */
export function eachSecret(give) {
    return Object.fromEntries(SECRET_NAMES.map((name) => [name, give(name)]));
}
/** All that is derived from the epoch secret. */
export function epochSecrets(suite, epochSecret) {
    return eachSecret((name) => deriveSecret(suite, epochSecret, LABELS[name]));
}
/** What joins the old epoch and the commit; a Welcome carries it. */
export function joinerSecret(suite, initSecret, commitSecret, context) {
    return expandWithLabel(extract(initSecret, commitSecret), "joiner", context.raw, suite.nh);
}
/** The joiner secret with the PSKs mixed in: welcome and epoch secret come from it. */
export function memberSecret(joiner, pskSecret) {
    return extract(joiner, pskSecret);
}
export function welcomeSecret(suite, member) {
    return deriveSecret(suite, member, "welcome");
}
/** The secrets of the epoch that `context` describes. */
export function secretsOf(suite, member, context) {
    return epochSecrets(suite, expandWithLabel(member, "epoch", context.raw, suite.nh));
}
/** The key pair of the whole group, for external commits. */
export function externalKeyPair(secrets) {
    return deriveKeyPair(secrets.external);
}
/** `transcriptHash` is the confirmed one (§6.1). */
export function confirmationTag(secrets, transcriptHash) {
    return mac(secrets.confirmationKey, transcriptHash);
}
/** The sender of the commit arrived where we did (MLS-6.1f). */
export function checkConfirmationTag(secrets, transcriptHash, tag) {
    if (tag === null || !same(confirmationTag(secrets, transcriptHash), tag)) {
        throw new Unproven("MLS-6.1f", "a confirmation tag is wrong");
    }
}
/** `MLS-Exporter` of §8.5. */
export function exportSecret(suite, secrets, label, context, length) {
    const secret = deriveSecret(suite, secrets.exporter, label);
    return expandWithLabel(secret, "exported", hash(context), length);
}
