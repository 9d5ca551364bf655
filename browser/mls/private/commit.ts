/** Pure: creating and processing a commit (RFC 9420 §12.4.1, §12.4.2). */

import { Malformed } from "../../errors.ts";
import { type Bytes, equal, hex } from "../../wire/bytes.ts";
import { type Commit, checkReadable, makeCommitBody, type UpdatePath } from "../public/commit.ts";
import type { Occasion } from "../public/credentials.ts";
import type { AuthenticatedContent } from "../public/framing.ts";
import * as framing from "../public/framing.ts";
import { type GroupContext, nextContext } from "../public/group_info.ts";
import { COMMIT, type LeafNode } from "../public/leaf.ts";
import type { ProposalOrRef } from "../public/proposals.ts";
import type { Tree } from "../public/tree.ts";
import { type Client, renewedLeaf } from "./client.ts";
import {
  beginEpoch,
  type Concluded,
  conclude,
  type Entry,
  type Epoch,
  type Holding,
  ownLeafOf,
} from "./epoch.ts";
import { externalInitReceiver, freshKeyPair, type KeyPair } from "./hpke.ts";
import { checkConfirmationTag, externalKeyPair } from "./key_schedule.ts";
import type { Means } from "./means.ts";
import {
  type Applied,
  afterExtensions,
  apply,
  checkExternalList,
  checkRegularList,
  checkResult,
  type Listed,
  needsPath,
  newcomersOf,
  type Scene,
} from "./proposal_list.ts";
import * as protect from "./protect.ts";
import { type FindPsk, lookUp } from "./psk.ts";
import { type PrivateKeys, placeFor, stillOurs } from "./ratchet_tree.ts";
import type { Signed } from "./transcript.ts";
import {
  checkPathKeysNew,
  makePath,
  mergePath,
  type NewPath,
  openPath,
  type PathSecrets,
  pairsOf,
  sealPath,
} from "./treekem.ts";
import { checkBelieved, checkCommitSource, checkLeaf } from "./validation.ts";

/** How to send a commit: its proposals, whether it wants a path beyond need, in clear or not. */
export interface Plan {
  readonly items: readonly Listed[];
  readonly path: boolean;
  readonly wireFormat: number;
  readonly authenticatedData: Bytes;
}

/** A commit of ours and the epoch that it would begin; nothing of it is in force yet. */
export interface Made {
  readonly message: AuthenticatedContent;
  readonly next: Epoch;
  readonly concluded: Concluded;
  readonly applied: Applied;
  readonly path: PathSecrets | null;
}

function entryOf(item: Listed): ProposalOrRef {
  return item.reference === null ? item.proposal : { type: "reference", hash: item.reference };
}

interface OwnPath {
  readonly made: NewPath;
  readonly pair: KeyPair;
}

/** Fresh keys for the path of this member, in the tree with all proposals applied. */
async function ownPath(
  epoch: Epoch,
  tree: Tree,
  means: Means,
  me: Client | null,
): Promise<OwnPath> {
  const { group, signature } = epoch;
  const old = ownLeafOf(group);
  const dressed = me === null ? old : me.dressed(old);
  const pair = await freshKeyPair(tree.suite, means.entropy);
  const { groupId } = group.context;
  const place = { source: COMMIT, groupId, leafIndex: group.ownLeaf };
  const leafFor = (parentHash: Bytes): Promise<LeafNode> =>
    renewedLeaf(signature, dressed, pair.public, parentHash, place);
  return { made: await makePath(tree, group.ownLeaf, means.entropy, leafFor), pair };
}

/**
 * A commit of the planned proposals, by this member. Changes nothing.
 *
 * With a path our leaf says what `me` says now of our capabilities and extensions. Throws what §12.2 refuses, and `Missing` when a PSK is not there.
 */
export async function makeCommit(
  epoch: Epoch,
  plan: Plan,
  scene: Scene,
  find: FindPsk,
  me: Client | null = null,
): Promise<Made> {
  const { group } = epoch;
  const { means } = scene;
  await checkRegularList(plan.items, group.ownLeaf, scene);
  const applied = apply(group.context, group.tree, plan.items);
  const psks = lookUp(find, applied.psks);
  const keys = new Map(epoch.keys);
  let { tree } = applied;
  let provisional = nextContext(group.context, tree.treeHash(), applied.extensions);
  let secrets: PathSecrets | null = null;
  let path: UpdatePath | null = null;
  if (plan.path || needsPath(plan.items)) {
    const own = await ownPath(epoch, tree, means, me);
    ({ tree, secrets } = own.made);
    provisional = nextContext(group.context, tree.treeHash(), applied.extensions);
    path = await sealPath(own.made, provisional.raw, newcomersOf(applied), means.entropy);
    for (const [node, pair] of pairsOf(secrets)) keys.set(node, pair);
    keys.set(2 * group.ownLeaf, own.pair);
  }
  checkResult(tree, applied.extensions, group.context);
  const commitSecret = secrets?.commitSecret ?? new Uint8Array(tree.suite.nh);
  const entry = { initSecret: epoch.secrets.init, commitSecret, psks };
  const commit = makeCommitBody(plan.items.map(entryOf), path);
  checkReadable(commit);
  const signed = await sign(epoch, plan, commit);
  const concluded = conclude(group.interimHash, provisional, entry, signed);
  const { wireFormat, content, signature } = signed;
  const auth = { signature, confirmationTag: concluded.tag };
  const message = { wireFormat, content, auth };
  const next = beginEpoch(concluded, holding(epoch, tree, stillOurs(keys, tree), applied));
  return { message, next, concluded, applied, path: secrets };
}

function holding(epoch: Epoch, tree: Tree, keys: PrivateKeys, applied: Applied): Holding {
  const { group, signature } = epoch;
  return { tree, ownLeaf: group.ownLeaf, keys, signature, reinit: applied.reinit };
}

async function sign(epoch: Epoch, plan: Plan, commit: Commit): Promise<Signed> {
  const { context, ownLeaf } = epoch.group;
  const { wireFormat, authenticatedData } = plan;
  const { groupId, epoch: number } = context;
  const sender = framing.member(ownLeaf);
  const content = { groupId, epoch: number, sender, authenticatedData, content: commit };
  const signature = await protect.sign(epoch.signature, wireFormat, content, context.raw);
  return { wireFormat, content, signature };
}

/** A commit whose signature is verified, its references resolved. */
export interface Received {
  readonly message: AuthenticatedContent;
  readonly commit: Commit;
  readonly items: readonly Listed[];
}

export function isExternal(received: Received): boolean {
  return received.message.content.sender.type === framing.NEW_MEMBER_COMMIT;
}

/** What a received commit leads to; `next` is null when it removes us. */
export interface Processed {
  readonly next: Epoch | null;
  readonly applied: Applied;
  readonly committer: number;
}

/**
 * A path stands where the proposals need one (MLS-12.4.2e).
 *
 * An external commit without one has been refused already: its signature key stands there.
 */
export function checkPathPresent(received: Received): void {
  if (received.commit.path === null && needsPath(received.items)) {
    throw new Malformed("MLS-12.4.2e", "a commit without the path that it needs");
  }
}

/** The committed list is valid (§12.2). */
async function checkList(received: Received, scene: Scene): Promise<void> {
  if (isExternal(received)) return checkExternalList(received.items, scene);
  return checkRegularList(received.items, received.message.content.sender.index, scene);
}

/**
 * The committer's new leaf is valid (§7.3, §12.4.2), and believed.
 *
 * `old` is the leaf that it takes the place of: the committer's, or for an external commit the one
 * that the joiner removes (MLS-12.4.2g).
 */
async function checkPathLeaf(
  received: Received,
  leaf: LeafNode,
  place: number,
  scene: Scene,
  old: LeafNode | null,
): Promise<void> {
  checkCommitSource(leaf);
  if (old !== null && equal(leaf.encryptionKey, old.encryptionKey)) {
    throw new Malformed("MLS-12.4.2g", "a committer keeps the old encryption key");
  }
  const { judge, policy } = scene.means;
  await checkLeaf(leaf, scene.context, place, policy.longestLifetimeSeconds);
  checkBelieved(judge, occasionOf(received, old), leaf, old?.credential ?? null);
}

function occasionOf(received: Received, old: LeafNode | null): Occasion {
  if (!isExternal(received)) return "the path of a commit";
  return old === null
    ? "the path of an external commit"
    : "an external commit that replaces a member's older leaf";
}

/** Our new key pairs, by the references (in hex) of the Updates that we proposed. */
export type OwnUpdates = ReadonlyMap<string, KeyPair>;

/** Take a verified commit of another in, up to its confirmation tag. Changes nothing. */
export async function processCommit(
  epoch: Epoch,
  received: Received,
  updates: OwnUpdates,
  scene: Scene,
  find: FindPsk,
): Promise<Processed> {
  const { group } = epoch;
  await checkList(received, scene);
  const applied = apply(group.context, group.tree, received.items);
  const removesUs = applied.removed.includes(group.ownLeaf);
  const psks = removesUs ? [] : lookUp(find, applied.psks);
  checkPathPresent(received);
  let { tree } = applied;
  let committer = received.message.content.sender.index;
  if (isExternal(received)) ({ tree, index: committer } = placeFor(tree));
  const { path } = received.commit;
  if (path !== null) {
    const old = predecessor(received, group.tree, committer, applied);
    const after = afterExtensions(received.items, scene);
    await checkPathLeaf(received, path.leaf, committer, after, old);
    checkPathKeysNew(path, tree);
    tree = mergePath(tree, committer, path);
  }
  checkResult(tree, applied.extensions, group.context);
  if (removesUs) return { next: null, applied, committer };
  const provisional = nextContext(group.context, tree.treeHash(), applied.extensions);
  const keys = stillOurs(withOwnUpdate(epoch, received, updates), tree);
  let commitSecret: Bytes = new Uint8Array(tree.suite.nh);
  if (path !== null) {
    const receiver = { leaf: group.ownLeaf, keys };
    const newcomers = newcomersOf(applied);
    const secrets = await openPath(tree, path, committer, receiver, newcomers, provisional.raw);
    for (const [node, pair] of pairsOf(secrets)) keys.set(node, pair);
    ({ commitSecret } = secrets);
  }
  const entry = { initSecret: await initSecret(epoch, applied), commitSecret, psks };
  const concluded = confirmedBy(epoch, provisional, entry, received.message);
  return {
    next: beginEpoch(concluded, holding(epoch, tree, keys, applied)),
    applied,
    committer,
  };
}

function predecessor(
  received: Received,
  tree: Tree,
  committer: number,
  applied: Applied,
): LeafNode | null {
  if (!isExternal(received)) return tree.leaf(committer);
  const [replaced] = applied.removed;
  return replaced === undefined ? null : tree.leaf(replaced);
}

/** Our keys, with the new one of our leaf when the commit takes an Update of ours. */
function withOwnUpdate(epoch: Epoch, received: Received, updates: OwnUpdates): PrivateKeys {
  for (const { reference } of received.items) {
    const pair = reference === null ? undefined : updates.get(hex(reference));
    if (pair) return new Map(epoch.keys).set(2 * epoch.group.ownLeaf, pair);
  }
  return epoch.keys;
}

async function initSecret(epoch: Epoch, applied: Applied): Promise<Bytes> {
  if (applied.kemOutput === null) return epoch.secrets.init;
  const pair = await externalKeyPair(epoch.secrets);
  return externalInitReceiver(epoch.group.tree.suite, pair, applied.kemOutput);
}

function confirmedBy(
  epoch: Epoch,
  provisional: GroupContext,
  entry: Entry,
  message: AuthenticatedContent,
): Concluded {
  const { wireFormat, content, auth } = message;
  const commit = { wireFormat, content, signature: auth.signature };
  const concluded = conclude(epoch.group.interimHash, provisional, entry, commit);
  const transcript = concluded.context.confirmedTranscriptHash;
  checkConfirmationTag(concluded.secrets, transcript, auth.confirmationTag);
  return concluded;
}
