/** Pure: from one epoch to the next: what stays, what the device is told (RFC 9420 §8.6, §9.2). */

import { type Bytes, EMPTY } from "../../wire/bytes.ts";
import { hash } from "../public/suite.ts";
import type { Tree } from "../public/tree.ts";
import type { Epoch } from "./epoch.ts";
import { type Committed, type Member, memberAt } from "./events.ts";
import type { Policy } from "./means.ts";
import { pastRecord } from "./records.ts";
import { APPLICATION, HANDSHAKE } from "./secret_tree.ts";
import type { Changes, Past, Staged, State } from "./state.ts";

/** The entries of the latest epochs, so many of them. */
function latest(entries: ReadonlyMap<bigint, Bytes>, count: number): Map<bigint, Bytes> {
  const rising = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(rising.slice(Math.max(rising.length - count, 0)));
}

function closed(old: Epoch, now: number): Past {
  const { context, tree } = old.group;
  const members = new Map<number, Member>();
  for (const [index] of tree.members()) members.set(index, memberAt(tree, index));
  const senderData = old.secrets.senderData;
  const past = { context, closedAt: now, leaves: tree.leaves, members, senderData };
  return { ...past, messages: old.messages, record: pastRecord(past) };
}

/**
 * The state in the epoch that `commit` begins: proposals, staged commit, old keys are gone.
 *
 * What stays of the last epoch opens late messages of its other members, and no more.
 */
export function enter(
  state: State,
  following: Epoch,
  commit: Bytes,
  policy: Policy,
  now: number,
): State {
  const old = state.epoch;
  const leaf = old.group.ownLeaf;
  old.messages.close({ leaf, kind: HANDSHAKE }, { leaf, kind: APPLICATION });
  const { resumptionPsk } = following.secrets;
  const resumption = new Map(state.resumption).set(following.group.context.epoch, resumptionPsk);
  const ended = new Map(state.ended).set(old.group.context.epoch, hash(commit));
  const entered: State = {
    epoch: following,
    past: [...state.past, closed(old, now)],
    resumption: latest(resumption, policy.resumptionEpochs),
    pending: new Map(),
    ended: latest(ended, policy.knownCommits),
    staged: null,
  };
  return fresh(entered, policy, now);
}

/** The state without past epochs that are too many or too old. */
export function fresh(state: State, policy: Policy, now: number): State {
  const kept = state.past.filter((past) => now - past.closedAt <= policy.pastSeconds);
  return { ...state, past: kept.slice(Math.max(kept.length - policy.pastEpochs, 0)) };
}

function each(tree: Tree, indices: readonly number[]): readonly Member[] {
  return indices.map((index) => memberAt(tree, index));
}

/** The event of an epoch that has begun. */
export function committed(
  old: Tree,
  following: Epoch,
  committer: number,
  changes: Changes,
): Committed {
  const { tree, context, reinit } = following.group;
  return {
    kind: "Committed",
    sender: memberAt(tree, committer),
    epoch: context.epoch,
    added: each(tree, changes.added),
    removed: each(old, changes.removed),
    updated: each(tree, changes.updated),
    own: false,
    external: false,
    lost: false,
    welcome: null,
    reinit,
    authenticatedData: EMPTY,
  };
}

/** The event of our own commit. */
export function merged(state: State, staged: Staged): Committed {
  const { next, changes, withheld: welcome } = staged;
  const event = committed(state.epoch.group.tree, next, next.group.ownLeaf, changes);
  return { ...event, own: true, welcome };
}
