/**
 * Pure: what a message of the group leads to: whose it is, whether proven (RFC 9420 §6.1, §12.4.2).
 *
 * Nothing changes here: the `Outcome` says what would, and a refusal leaves all as it was.
 */

import { Conflict, Forbidden, Malformed } from "../../errors.ts";
import { type Bytes, equal } from "../../wire/bytes.ts";
import { externalSenders } from "../public/extensions.ts";
import type {
  AuthenticatedContent,
  FramedContent,
  PrivateMessage,
  PublicMessage,
} from "../public/framing.ts";
import * as framing from "../public/framing.ts";
import { hash } from "../public/suite.ts";
import type { Epoch } from "./epoch.ts";
import { type ApplicationMessage, type Event, type Member, memberAt } from "./events.ts";
import { handshakes } from "./handshakes.ts";
import type { Means } from "./means.ts";
import * as protect from "./protect.ts";
import type { FindPsk } from "./psk.ts";
import type { Ahead } from "./secret_tree.ts";
import type { Pending, State } from "./state.ts";

/** A ratchet step, and the epoch it is of. */
export interface Used {
  readonly ahead: Ahead;
  readonly epoch: bigint;
}

/** A proposal to remember; `reference` is in hex. */
export interface Kept {
  readonly reference: string;
  readonly pending: Pending;
}

/**
 * What a message leads to, nothing of it done yet.
 *
 * `following` is the epoch that a commit begins; `over` says that we were removed.
 */
export interface Outcome {
  readonly event: Event;
  readonly used: Used | null;
  readonly kept: Kept | null;
  readonly following: Epoch | null;
  readonly over: boolean;
}

export const NOTHING = { used: null, kept: null, following: null, over: false } as const;

/** What judges an arriving message. */
export interface Receiving {
  readonly means: Means;
  readonly now: number;
  readonly find: FindPsk;
}

/** The message is for this group (MLS-6b). */
export function checkGroup(state: State, groupId: Bytes): void {
  if (!equal(groupId, state.epoch.group.context.groupId)) {
    throw new Malformed("MLS-6b", "a message for another group");
  }
}

/**
 * A commit of an epoch that another commit has ended (MLS-14e).
 *
 * Nothing of it is proven: whether the group is forked, its epoch authenticators tell.
 */
export function checkFork(state: State, epoch: bigint, data: Bytes): void {
  const ended = state.ended.get(epoch);
  if (ended !== undefined && !equal(ended, hash(data))) {
    throw new Conflict("MLS-14e", "another commit ended this epoch here", { epoch });
  }
}

/** A handshake is of the current epoch (MLS-12.4.2a). */
export function checkEpoch(state: State, epoch: bigint): void {
  const current = state.epoch.group.context.epoch;
  if (epoch !== current) {
    const when = epoch < current ? "past" : "coming";
    throw new Conflict("MLS-12.4.2a", `a message of a ${when} epoch`, { epoch, current });
  }
}

/** The group was not closed by a ReInit (MLS-12.4.2b). */
export function checkOpen(state: State): void {
  if (state.epoch.group.reinit !== null) {
    throw new Conflict("MLS-12.4.2b", "the group is closed: another takes its place");
  }
}

/** The key that has to have signed, by the type of the sender (§6.1). */
export function signatureKeyOf(epoch: Epoch, content: FramedContent): Bytes {
  switch (content.sender.type) {
    case framing.MEMBER:
      return memberKey(epoch, content);
    case framing.EXTERNAL:
      return externalKey(epoch, content);
    case framing.NEW_MEMBER_COMMIT:
      return joinerKey(content);
    default:
      return applicantKey(content);
  }
}

function memberKey(epoch: Epoch, content: FramedContent): Bytes {
  const leaf = epoch.group.tree.leaf(content.sender.index);
  if (leaf === null) throw new Malformed("MLS-6.1a", "a message from a leaf that is blank");
  return leaf.signatureKey;
}

function externalKey(epoch: Epoch, { sender, content }: FramedContent): Bytes {
  const found = externalSenders(epoch.group.context.extensions)[sender.index];
  if (found === undefined) {
    throw new Forbidden("MLS-6.1b", "an external sender whom the group does not know");
  }
  if (content.kind !== "proposal") {
    throw new Malformed("MLS-6.1b", "an external sender may only propose");
  }
  return found.signatureKey;
}

function joinerKey({ content }: FramedContent): Bytes {
  if (content.kind !== "commit") {
    throw new Malformed("MLS-6.1c", "one who joins by a commit sent something else");
  }
  if (content.path === null) {
    throw new Malformed("MLS-12.4.3.2a", "an external commit without a path");
  }
  return content.path.leaf.signatureKey;
}

function applicantKey({ content }: FramedContent): Bytes {
  if (content.kind !== "proposal" || content.proposal.type !== "add") {
    throw new Malformed("MLS-6.1d", "one who asks to be added sent something else");
  }
  return content.proposal.keyPackage.leaf.signatureKey;
}

/** A PublicMessage, which is a handshake of the current epoch. */
export async function receivePublic(
  state: State,
  message: PublicMessage,
  receiving: Receiving,
): Promise<Outcome> {
  const { epoch } = state;
  const { content } = message;
  checkGroup(state, content.groupId);
  protect.checkNotApplication(message);
  checkEpoch(state, content.epoch);
  checkOpen(state);
  const context = epoch.group.context.raw;
  const key = signatureKeyOf(epoch, content);
  if (content.sender.type === framing.MEMBER) {
    protect.checkMembershipTag(epoch.secrets.membershipKey, message, context);
  }
  const authenticated = framing.authenticated(message);
  await protect.checkSignature(key, authenticated, context);
  const { handshake } = await handshakes();
  return handshake(state, authenticated, receiving);
}

/** A PrivateMessage: of this epoch, or application data of one that is not long past. */
export async function receivePrivate(
  state: State,
  message: PrivateMessage,
  receiving: Receiving,
): Promise<Outcome> {
  checkGroup(state, message.groupId);
  const { epoch } = state;
  const { tree, context, ownLeaf } = epoch.group;
  if (message.epoch !== context.epoch) return late(state, message, receiving);
  checkOpen(state);
  const { suite } = tree;
  const data = await protect.openSenderData(suite, epoch.secrets.senderData, message);
  const leaf = tree.leaf(data.leafIndex);
  if (leaf === null) throw new Malformed("MLS-6.3.2a", "a message from a leaf that is blank");
  checkNotOwn(data.leafIndex, ownLeaf);
  const { bounds } = receiving.means.policy;
  const opened = await protect.openContent(suite, epoch.messages, message, data, bounds);
  await protect.checkSignature(leaf.signatureKey, opened.content, context.raw);
  const used = { ahead: opened.ahead, epoch: context.epoch };
  const words = opened.content.content.content;
  if (words.kind === "application") {
    const sender = memberAt(tree, data.leafIndex);
    return { ...NOTHING, event: said(words.data, opened.content, sender, opened.ahead), used };
  }
  const { handshake } = await handshakes();
  return { ...(await handshake(state, opened.content, receiving)), used };
}

/** A message of ours is known by its bytes; its key is gone (MLS-9.1a). */
export function checkNotOwn(leafIndex: number, ownLeaf: number): void {
  if (leafIndex === ownLeaf) {
    throw new Conflict("MLS-9.1a", "a message of our own, whose key is gone");
  }
}

function said(
  data: Bytes,
  { content }: AuthenticatedContent,
  sender: Member,
  ahead: Ahead,
): ApplicationMessage {
  const { authenticatedData, epoch } = content;
  const { generation } = ahead.key;
  return { kind: "ApplicationMessage", sender, data, authenticatedData, epoch, generation };
}

/** Application data of a past epoch, while its keys are kept (MLS-15.3a). */
async function late(state: State, message: PrivateMessage, receiving: Receiving): Promise<Outcome> {
  const isComing = message.epoch > state.epoch.group.context.epoch;
  if (isComing || message.contentType !== framing.APPLICATION) checkEpoch(state, message.epoch);
  const { policy } = receiving.means;
  const past = state.past.find((one) => one.context.epoch === message.epoch);
  if (past === undefined || receiving.now - past.closedAt > policy.pastSeconds) {
    throw new Conflict("MLS-15.3a", "a message of an epoch whose keys are gone");
  }
  const { suite } = past.messages;
  const data = await protect.openSenderData(suite, past.senderData, message);
  const sender = past.members.get(data.leafIndex);
  if (sender === undefined) {
    throw new Malformed("MLS-6.3.2a", "a message from a leaf that is blank");
  }
  const { messages } = past;
  const opened = await protect.openContent(suite, messages, message, data, policy.bounds);
  await protect.checkSignature(sender.signatureKey, opened.content, past.context.raw);
  const words = opened.content.content.content;
  if (words.kind !== "application") throw new Malformed("MLS-6", "not application data");
  return {
    ...NOTHING,
    event: said(words.data, opened.content, sender, opened.ahead),
    used: { ahead: opened.ahead, epoch: message.epoch },
  };
}
