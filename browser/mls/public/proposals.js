/** Pure: the proposals and what they hold (RFC 9420 §12.1), and the identifiers of PSKs (§8.4). */
import { Malformed } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodeExtensions, readExtensions } from "./extensions.ts";
import { readKeyPackage } from "./key_package.ts";
import { readLeaf } from "./leaf.ts";
export const USAGE_APPLICATION = 1;
export const USAGE_REINIT = 2;
export const USAGE_BRANCH = 3;
const EXTERNAL_PSK = 1;
const RESUMPTION_PSK = 2;
/**
 * What counts beyond that of any proposal (MLS-2.1b): a leaf takes long to read, and of pre-shared
 * keys an epoch takes few (MLS-8.4d).
 */
const LEAF_COST = 8;
const PSK_COST = 8;
export function encodePskId(id) {
    if (id.type === "external") {
        return concat(tls.u8(EXTERNAL_PSK), tls.opaque(id.pskId), tls.opaque(id.nonce));
    }
    const which = concat(tls.u8(id.usage), tls.opaque(id.groupId), tls.u64(id.epoch));
    return concat(tls.u8(RESUMPTION_PSK), which, tls.opaque(id.nonce));
}
export function readPskId(reader) {
    const type = reader.u8();
    if (type === EXTERNAL_PSK) {
        const pskId = reader.opaque();
        return { type: "external", pskId, nonce: reader.opaque() };
    }
    if (type !== RESUMPTION_PSK) {
        throw new Malformed("MLS-8.4", "a type of pre-shared key that is not known");
    }
    const usage = reader.u8();
    if (usage < USAGE_APPLICATION || usage > USAGE_BRANCH) {
        throw new Malformed("MLS-8.4", "a use of a resumption key that is not known");
    }
    const groupId = reader.opaque();
    const epoch = reader.u64();
    return { type: "resumption", usage, groupId, epoch, nonce: reader.opaque() };
}
/** Whether the PSK is one for reinit or branch. */
export function isSpecial(id) {
    return id.type === "resumption" && id.usage !== USAGE_APPLICATION;
}
/** The proposal types by their number. */
const TYPES = [
    "add",
    "update",
    "remove",
    "psk",
    "reinit",
    "externalInit",
    "groupContextExtensions",
];
const READERS = {
    add(reader) {
        reader.count(LEAF_COST);
        return { type: "add", keyPackage: readKeyPackage(reader) };
    },
    update(reader) {
        reader.count(LEAF_COST);
        return { type: "update", leaf: readLeaf(reader) };
    },
    remove: (reader) => ({ type: "remove", removed: reader.u32() }),
    psk(reader) {
        reader.count(PSK_COST);
        return { type: "psk", psk: readPskId(reader) };
    },
    reinit: (reader) => ({
        type: "reinit",
        groupId: reader.opaque(),
        version: reader.u16(),
        suiteId: reader.u16(),
        extensions: readExtensions(reader),
    }),
    externalInit: (reader) => ({ type: "externalInit", kemOutput: reader.opaque() }),
    groupContextExtensions: (reader) => ({
        type: "groupContextExtensions",
        extensions: readExtensions(reader),
    }),
};
export function readProposal(reader) {
    const type = TYPES[reader.u16() - 1];
    if (type === undefined) {
        // No length stands before a proposal, so that an unknown one ends the reading. We list none in
        // our capabilities: no valid commit in a group of ours holds one (MLS-13.2).
        throw new Malformed("MLS-13.2", "a proposal type that is not spoken here");
    }
    return READERS[type](reader);
}
function encodeBody(proposal) {
    switch (proposal.type) {
        case "add":
            return proposal.keyPackage.raw;
        case "update":
            return proposal.leaf.raw;
        case "remove":
            return tls.u32(proposal.removed);
        case "psk":
            return encodePskId(proposal.psk);
        case "reinit":
            return concat(tls.opaque(proposal.groupId), tls.u16(proposal.version), tls.u16(proposal.suiteId), encodeExtensions(proposal.extensions));
        case "externalInit":
            return tls.opaque(proposal.kemOutput);
        case "groupContextExtensions":
            return encodeExtensions(proposal.extensions);
    }
}
export function encodeProposal(proposal) {
    return concat(tls.u16(TYPES.indexOf(proposal.type) + 1), encodeBody(proposal));
}
export function readProposalOrRef(reader) {
    const kind = reader.u8();
    if (kind === 1)
        return readProposal(reader);
    if (kind !== 2)
        throw new Malformed("MLS-12.4", "neither a proposal nor a reference");
    return { type: "reference", hash: reader.opaque() };
}
export function encodeProposalOrRef(item) {
    if (item.type === "reference")
        return concat(tls.u8(2), tls.opaque(item.hash));
    return concat(tls.u8(1), encodeProposal(item));
}
