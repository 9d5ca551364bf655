/** Pure: what a proposal or a commit leads to (RFC 9420 §12.1, §12.4.2); loaded with the first of them. */

import { Forbidden, Malformed, Missing, TooMuch } from "../../errors.ts";
import { type Bytes, equal, hex } from "../../wire/bytes.ts";
import type { Commit } from "../public/commit.ts";
import type { AuthenticatedContent, Sender } from "../public/framing.ts";
import * as framing from "../public/framing.ts";
import type { Proposal, ProposalOrRef } from "../public/proposals.ts";
import { refHash } from "../public/suite.ts";
import { isExternal, processCommit } from "./commit.ts";
import { type Event, memberAt } from "./events.ts";
import type { KeyPair } from "./hpke.ts";
import {
  checkApplicants,
  checkExternalSenderType,
  checkIndividual,
  type Listed,
  newcomersOf,
  type Scene,
} from "./proposal_list.ts";
import { checkNotOwn, NOTHING, type Outcome, type Receiving } from "./receive.ts";
import type { State } from "./state.ts";
import { committed } from "./transition.ts";

export async function handshake(
  state: State,
  message: AuthenticatedContent,
  receiving: Receiving,
): Promise<Outcome> {
  const { content } = message.content;
  switch (content.kind) {
    case "commit":
      return receiveCommit(state, message, content, receiving);
    case "proposal":
      return receiveProposal(state, message, content.proposal, receiving);
    case "application":
      throw new Forbidden("MLS-6a", "application data is no handshake");
  }
}

/** `MakeProposalRef` of §5.2. */
export function proposalReference(message: AuthenticatedContent): Bytes {
  const encoded = framing.encodeAuthenticatedContent(message);
  return refHash("MLS 1.0 Proposal Reference", encoded);
}

/** An ExternalInit is never sent by itself (MLS-12.1.6); outsiders may send some types only. */
export function checkProposable(proposal: Proposal, senderType: number): void {
  if (proposal.type === "externalInit") {
    throw new Malformed("MLS-12.1.6", "an ExternalInit outside an external commit");
  }
  if (senderType !== framing.MEMBER) checkExternalSenderType(proposal);
}

/** An epoch keeps a bounded number of proposals (MLS-12.1a). */
export function checkRoom(state: State, most: number): void {
  if (state.pending.size >= most) {
    throw new TooMuch("MLS-12.1a", "too many proposals in one epoch");
  }
}

/** The group as an arriving proposal or commit is judged in it. */
function sceneOf(state: State, { means, now }: Receiving): Scene {
  const { context, tree } = state.epoch.group;
  return { context, tree, means, now, sending: false, resuming: false };
}

async function receiveProposal(
  state: State,
  message: AuthenticatedContent,
  proposal: Proposal,
  receiving: Receiving,
): Promise<Outcome> {
  const { sender } = message.content;
  const { policy } = receiving.means;
  checkProposable(proposal, sender.type);
  checkApplicants(sender, policy.applicants);
  checkRoom(state, policy.pendingProposals);
  await checkIndividual({ proposal, sender, reference: null }, sceneOf(state, receiving));
  const hashed = proposalReference(message);
  const reference = hex(hashed);
  const order = nextOrder(state);
  const pending = state.pending.get(reference) ?? { order, sender, proposal, keys: null };
  const isMember = sender.type === framing.MEMBER;
  const by = isMember ? memberAt(state.epoch.group.tree, sender.index) : null;
  const event = { kind: "Proposed", sender: by, proposal, reference: hashed } as const;
  return { ...NOTHING, event, kept: { reference, pending } };
}

/** The place of the next proposal among those of this epoch. */
export function nextOrder(state: State): number {
  let last = -1;
  for (const { order } of state.pending.values()) last = Math.max(last, order);
  return last + 1;
}

/** The proposal that an entry of a commit stands for (MLS-12.4.2h). */
export function resolved(state: State, item: ProposalOrRef, sender: Sender): Listed {
  if (item.type !== "reference") return { proposal: item, sender, reference: null };
  const pending = state.pending.get(hex(item.hash));
  if (pending === undefined) {
    throw new Missing("MLS-12.4.2h", "a commit refers to a proposal that is not known here");
  }
  return { proposal: pending.proposal, sender: pending.sender, reference: item.hash };
}

async function receiveCommit(
  state: State,
  message: AuthenticatedContent,
  commit: Commit,
  receiving: Receiving,
): Promise<Outcome> {
  const { epoch } = state;
  const { tree, ownLeaf, context } = epoch.group;
  const { sender } = message.content;
  if (sender.type === framing.MEMBER) checkNotOwn(sender.index, ownLeaf);
  const items = commit.proposals.map((item) => resolved(state, item, sender));
  const received = { message, commit, items };
  const updates = new Map<string, KeyPair>();
  for (const [reference, { keys }] of state.pending) if (keys) updates.set(reference, keys);
  const scene = sceneOf(state, receiving);
  const done = await processCommit(epoch, received, updates, scene, receiving.find);
  const external = isExternal(received);
  if (done.next === null) {
    const by = external ? null : memberAt(tree, done.committer);
    const own = memberAt(tree, ownLeaf).signatureKey;
    const again = done.applied.added.some((one) => equal(one.keyPackage.leaf.signatureKey, own));
    const { extensions, tree: after } = done.applied;
    const left = { by, epoch: context.epoch + 1n, again, extensions, tree: after };
    const event: Event = { kind: "Removed", ...left, added: newcomersOf(done.applied) };
    return { ...NOTHING, event, over: true };
  }
  const { removed, updated } = done.applied;
  const changes = { added: newcomersOf(done.applied), removed, updated };
  const event = committed(tree, done.next, done.committer, changes);
  const lost = state.staged !== null;
  const { authenticatedData } = message.content;
  const told = { ...event, external, lost, authenticatedData };
  return { ...NOTHING, event: told, following: done.next };
}
