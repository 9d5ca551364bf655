/** Pure: the commit and its update path, as they travel (RFC 9420 §7.6, §12.4). */
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readLeaf } from "./leaf.ts";
import { encodeProposalOrRef, readProposalOrRef } from "./proposals.ts";
export function encodeCiphertext(sealed) {
    return concat(tls.opaque(sealed.kemOutput), tls.opaque(sealed.ciphertext));
}
export function readCiphertext(reader) {
    return { kemOutput: reader.opaque(), ciphertext: reader.opaque() };
}
function encodePathNode(node) {
    const sealed = tls.vectorOf(node.encryptedPathSecret, encodeCiphertext);
    return concat(tls.opaque(node.encryptionKey), sealed);
}
function readPathNode(reader) {
    return { encryptionKey: reader.opaque(), encryptedPathSecret: reader.vector(readCiphertext) };
}
function encodeUpdatePath(path) {
    return concat(path.leaf.raw, tls.vectorOf(path.nodes, encodePathNode));
}
export function readUpdatePath(reader) {
    return { leaf: readLeaf(reader), nodes: reader.vector(readPathNode, 4) };
}
export function makeCommitBody(proposals, path) {
    const list = tls.vectorOf(proposals, encodeProposalOrRef);
    const encoded = tls.optional(path === null ? null : encodeUpdatePath(path));
    return { kind: "commit", proposals, path, raw: concat(list, encoded) };
}
/** The commit is not more than is read here: peers would refuse it (MLS-2.1b). */
export function checkReadable(commit) {
    tls.parse(commit.raw, readCommit);
}
export function readCommit(reader) {
    const start = reader.at;
    const proposals = reader.vector(readProposalOrRef, 4);
    const path = reader.optional(readUpdatePath);
    return { kind: "commit", proposals, path, raw: reader.since(start) };
}
