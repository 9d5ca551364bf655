/** Pure: a group in one epoch, and how the next one is concluded (RFC 9420 §8, §12.4). */

import { Broken } from "../../errors.ts";
import { type Bytes, EMPTY } from "../../wire/bytes.ts";
import { confirmed, type GroupContext, suiteOfContext } from "../public/group_info.ts";
import type { LeafNode } from "../public/leaf.ts";
import type { ReInit } from "../public/proposals.ts";
import type { Tree } from "../public/tree.ts";
import type { SignatureKey } from "./crypto.ts";
import {
  confirmationTag,
  type EpochSecrets,
  joinerSecret,
  memberSecret,
  secretsOf,
} from "./key_schedule.ts";
import { type FoundPsk, pskSecret } from "./psk.ts";
import type { PrivateKeys } from "./ratchet_tree.ts";
import { SecretTree } from "./secret_tree.ts";
import { confirmedHash, interimHash, type Signed } from "./transcript.ts";

/** All that is public of a group in one epoch. `reinit` is set once it is closed by a ReInit. */
export interface Group {
  readonly context: GroupContext;
  readonly tree: Tree;
  readonly ownLeaf: number;
  readonly interimHash: Bytes;
  readonly confirmationTag: Bytes;
  readonly reinit: ReInit | null;
}

export function ownLeafOf(group: Group): LeafNode {
  const leaf = group.tree.leaf(group.ownLeaf);
  if (leaf === null) throw new Broken("our own leaf is blank");
  return leaf;
}

/** A group and what this member knows of its secrets. `messages` alone changes, step by step. */
export interface Epoch {
  readonly group: Group;
  readonly secrets: EpochSecrets;
  readonly keys: PrivateKeys;
  readonly signature: SignatureKey;
  readonly messages: SecretTree;
}

/** What the next epoch's secrets are made of (§8): init and commit secret, and the PSKs. */
export interface Entry {
  readonly initSecret: Bytes;
  readonly commitSecret: Bytes;
  readonly psks: readonly FoundPsk[];
}

/** The next epoch's context and secrets. `joiner` and `member` live only until the Welcome. */
export interface Concluded {
  readonly context: GroupContext;
  readonly secrets: EpochSecrets;
  readonly joiner: Bytes;
  readonly member: Bytes;
  readonly tag: Bytes;
}

/** Run the key schedule over a commit. */
export function conclude(
  interim: Bytes,
  provisional: GroupContext,
  entry: Entry,
  commit: Signed,
): Concluded {
  const suite = suiteOfContext(provisional);
  const context = confirmed(provisional, confirmedHash(interim, commit));
  const joiner = joinerSecret(suite, entry.initSecret, entry.commitSecret, context);
  const member = memberSecret(joiner, pskSecret(suite, entry.psks));
  const secrets = secretsOf(suite, member, context);
  const tag = confirmationTag(secrets, context.confirmedTranscriptHash);
  return { context, secrets, joiner, member, tag };
}

/** What this member holds of an epoch that begins. */
export interface Holding {
  readonly tree: Tree;
  readonly ownLeaf: number;
  readonly keys: PrivateKeys;
  readonly signature: SignatureKey;
  readonly reinit: ReInit | null;
}

/**
 * The epoch that was concluded, with its secret tree begun.
 *
 * What has done its work is not kept: the encryption secret lives on in the secret tree only, and
 * the confirmation key only in its tag (§9.2).
 */
export function beginEpoch(concluded: Concluded, holding: Holding): Epoch {
  const { context, secrets, tag } = concluded;
  const { tree, ownLeaf, keys, signature, reinit } = holding;
  const interim = interimHash(context.confirmedTranscriptHash, tag);
  const messages = SecretTree.begin(tree.suite, tree.leaves, secrets.encryption);
  const group = { context, tree, ownLeaf, interimHash: interim, confirmationTag: tag, reinit };
  const kept = { ...secrets, encryption: EMPTY, confirmationKey: EMPTY };
  return { group, secrets: kept, keys, signature, messages };
}
