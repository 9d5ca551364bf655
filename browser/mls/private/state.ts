/**
 * Pure: all that a device keeps of one group.
 *
 * Its records, which are what is written down, are in `records`.
 */

import type { Bytes } from "../../wire/bytes.ts";
import { encodeMessage, type Sender } from "../public/framing.ts";
import type { GroupContext } from "../public/group_info.ts";
import type { Proposal } from "../public/proposals.ts";
import type { Epoch } from "./epoch.ts";
import type { Member } from "./events.ts";
import type { KeyPair } from "./hpke.ts";
import { groupInfo } from "./info.ts";
import type { SecretTree } from "./secret_tree.ts";

/** A proposal of this epoch, with our new key pair when it is an Update of ours. */
export interface Pending {
  readonly order: number;
  readonly sender: Sender;
  readonly proposal: Proposal;
  readonly keys: KeyPair | null;
}

/**
 * What still opens late messages of an older epoch. `closedAt` is in seconds since 1970.
 *
 * Only `messages` changes any more: `record` is all the rest, encoded once.
 */
export interface Past {
  readonly context: GroupContext;
  readonly closedAt: number;
  readonly leaves: number;
  readonly members: ReadonlyMap<number, Member>;
  readonly senderData: Bytes;
  readonly messages: SecretTree;
  readonly record: Bytes;
}

/** What a commit changes of the members: their leaf indices. */
export interface Changes {
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly updated: readonly number[];
}

/**
 * A commit of ours that is not accepted yet: send `commit`, then merge or drop.
 *
 * `withheld` is the Welcome, for a sequencer that itself holds it back until it accepts the commit
 * (§14); anyone else gets it from the event of `merge`.
 */
export interface Staged {
  readonly commit: Bytes;
  readonly epoch: bigint;
  readonly next: Epoch;
  readonly withheld: Bytes | null;
  readonly changes: Changes;
}

/** The GroupInfo of the epoch that `staged` would begin, as an MLSMessage: to be sealed. */
export async function stagedInfo(staged: Staged, external = false): Promise<Bytes> {
  return encodeMessage(await groupInfo(staged.next, external));
}

/**
 * One group of this device. `resumption` is by epoch, `pending` by reference (in hex).
 *
 * `ended` is, by epoch, the hash of the commit that ended it.
 */
export interface State {
  readonly epoch: Epoch;
  readonly past: readonly Past[];
  readonly resumption: ReadonlyMap<bigint, Bytes>;
  readonly pending: ReadonlyMap<string, Pending>;
  readonly ended: ReadonlyMap<bigint, Bytes>;
  readonly staged: Staged | null;
}

/** A state whose only past is the PSK of this epoch. */
export function newState(epoch: Epoch): State {
  const resumption = new Map([[epoch.group.context.epoch, epoch.secrets.resumptionPsk]]);
  return { epoch, past: [], resumption, pending: new Map(), ended: new Map(), staged: null };
}
