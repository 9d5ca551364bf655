/** Pure: what a session tells its device: who said what, who came, who left. */

import { Broken } from "../../errors.ts";
import type { Bytes } from "../../wire/bytes.ts";
import type { Credential } from "../public/credentials.ts";
import type { Extensions } from "../public/extensions.ts";
import type { Proposal, ReInit } from "../public/proposals.ts";
import type { Tree } from "../public/tree.ts";

/** Who sits at a leaf. A basic credential's `identity` is the UTF-8 of the actor's id. */
export interface Member {
  readonly leaf: number;
  readonly credential: Credential;
  readonly signatureKey: Bytes;
}

/** The member at a leaf that is not blank. */
export function memberAt(tree: Tree, index: number): Member {
  const leaf = tree.leaf(index);
  if (leaf === null) throw new Broken("there is no member at this leaf");
  return { leaf: index, credential: leaf.credential, signatureKey: leaf.signatureKey };
}

/** Application data, from the member who signed it. */
export interface ApplicationMessage {
  readonly kind: "ApplicationMessage";
  readonly sender: Member;
  readonly data: Bytes;
  readonly authenticatedData: Bytes;
  readonly epoch: bigint;
  readonly generation: number;
}

/** A valid proposal, kept until the epoch ends. `sender` is null for one from outside. */
export interface Proposed {
  readonly kind: "Proposed";
  readonly sender: Member | null;
  readonly proposal: Proposal;
  readonly reference: Bytes;
}

/**
 * The group is in `epoch` now.
 *
 * `sender` is the committer, as it is in the new epoch. `own`: it was our staged commit; then
 * `welcome` is the MLSMessage for those whom it added. `lost`: a staged commit of ours was dropped
 * for it. `reinit` closes the group. `authenticatedData` of another's is signed, and in clear to who
 * carries it.
 */
export interface Committed {
  readonly kind: "Committed";
  readonly sender: Member;
  readonly epoch: bigint;
  readonly added: readonly Member[];
  readonly removed: readonly Member[];
  readonly updated: readonly Member[];
  readonly own: boolean;
  readonly external: boolean;
  readonly lost: boolean;
  readonly welcome: Bytes | null;
  readonly reinit: ReInit | null;
  readonly authenticatedData: Bytes;
}

/**
 * A commit took us out: the session is over. `by` is null where a joiner replaced us.
 *
 * `again`: the same commit adds our signature key anew, so that a Welcome is on its way.
 */
export interface Removed {
  readonly kind: "Removed";
  readonly by: Member | null;
  readonly epoch: bigint;
  readonly again: boolean;
  /** Of the GroupContext after it. */
  readonly extensions: Extensions;
  /** After it, but for its path. */
  readonly tree: Tree;
  /** The leaves that are new there. */
  readonly added: readonly number[];
}

/** We are in the group, since `epoch`, invited by `by` (null: by our own external commit). */
export interface Joined {
  readonly kind: "Joined";
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly by: Member | null;
}

export type Event = ApplicationMessage | Proposed | Committed | Removed;
