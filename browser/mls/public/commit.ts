/** Pure: the commit and its update path, as they travel (RFC 9420 §7.6, §12.4). */

import { type Bytes, concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { type LeafNode, readLeaf } from "./leaf.ts";
import { encodeProposalOrRef, type ProposalOrRef, readProposalOrRef } from "./proposals.ts";

export interface HpkeCiphertext {
  readonly kemOutput: Bytes;
  readonly ciphertext: Bytes;
}

export function encodeCiphertext(sealed: HpkeCiphertext): Bytes {
  return concat(tls.opaque(sealed.kemOutput), tls.opaque(sealed.ciphertext));
}

export function readCiphertext(reader: tls.Reader): HpkeCiphertext {
  return { kemOutput: reader.opaque(), ciphertext: reader.opaque() };
}

/** A parent's new key, and its path secret sealed to each node of the copath's resolution. */
export interface UpdatePathNode {
  readonly encryptionKey: Bytes;
  readonly encryptedPathSecret: readonly HpkeCiphertext[];
}

function encodePathNode(node: UpdatePathNode): Bytes {
  const sealed = tls.vectorOf(node.encryptedPathSecret, encodeCiphertext);
  return concat(tls.opaque(node.encryptionKey), sealed);
}

function readPathNode(reader: tls.Reader): UpdatePathNode {
  return { encryptionKey: reader.opaque(), encryptedPathSecret: reader.vector(readCiphertext) };
}

/** The committer's new leaf, and a node for each of its filtered direct path, from below. */
export interface UpdatePath {
  readonly leaf: LeafNode;
  readonly nodes: readonly UpdatePathNode[];
}

function encodeUpdatePath(path: UpdatePath): Bytes {
  return concat(path.leaf.raw, tls.vectorOf(path.nodes, encodePathNode));
}

export function readUpdatePath(reader: tls.Reader): UpdatePath {
  return { leaf: readLeaf(reader), nodes: reader.vector(readPathNode, 4) };
}

/** Encoded once, or kept as it came: it is signed, hashed and sealed. */
export interface Commit {
  readonly kind: "commit";
  readonly proposals: readonly ProposalOrRef[];
  readonly path: UpdatePath | null;
  readonly raw: Bytes;
}

export function makeCommitBody(
  proposals: readonly ProposalOrRef[],
  path: UpdatePath | null,
): Commit {
  const list = tls.vectorOf(proposals, encodeProposalOrRef);
  const encoded = tls.optional(path === null ? null : encodeUpdatePath(path));
  return { kind: "commit", proposals, path, raw: concat(list, encoded) };
}

/** The commit is not more than is read here: peers would refuse it (MLS-2.1b). */
export function checkReadable(commit: Commit): void {
  tls.parse(commit.raw, readCommit);
}

export function readCommit(reader: tls.Reader): Commit {
  const start = reader.at;
  const proposals = reader.vector(readProposalOrRef, 4);
  const path = reader.optional(readUpdatePath);
  return { kind: "commit", proposals, path, raw: reader.since(start) };
}
