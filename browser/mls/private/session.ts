/**
 * Pure: a group as a device uses it, one step after the other (`mls/index` tells how).
 *
 * A session is spent by its next step, so that no key is used twice and no state lives on beside the
 * one in storage. What a step changes comes with it, to be written before anything leaves the
 * device. While one deed waits for WebCrypto another is refused: both would take the same key.
 */

import { Broken, Conflict, Malformed, TooMuch } from "../../errors.ts";
import { type Bytes, EMPTY, equal, hex } from "../../wire/bytes.ts";
import type { Extensions } from "../public/extensions.ts";
import type { AuthenticatedContent } from "../public/framing.ts";
import * as framing from "../public/framing.ts";
import { UPDATE } from "../public/leaf.ts";
import type { Proposal } from "../public/proposals.ts";
import { type Client, renewedLeaf } from "./client.ts";
import { ownLeafOf } from "./epoch.ts";
import type { Committed, Event } from "./events.ts";
import { handshakes } from "./handshakes.ts";
import { freshKeyPair, type KeyPair } from "./hpke.ts";
import type { Means } from "./means.ts";
import type { Scene } from "./proposal_list.ts";
import * as protect from "./protect.ts";
import {
  checkFork,
  checkOpen,
  type Kept,
  type Outcome,
  receivePrivate,
  receivePublic,
} from "./receive.ts";
import {
  between,
  type Change,
  encodePending,
  encodeStaged,
  loadState,
  NO_CHANGE,
  type Records,
  recordsOf,
} from "./records.ts";
import type { Ahead, SecretTree } from "./secret_tree.ts";
import { newState, type Staged, type State } from "./state.ts";
import { enter, fresh, merged } from "./transition.ts";
import { View } from "./view.ts";

/** Write `change`, then use `value`, then go on with `session`. */
export interface Step<T> {
  readonly session: Session;
  readonly change: Change;
  readonly value: T;
}

/**
 * How a commit is made. `path: false` leaves the path out where it may be, `pending: false` the
 * proposals that wait. `resumes` is the closed session of the group that this new one takes the
 * place of. Our new leaf carries what `me` does.
 */
export interface StageOptions {
  readonly path?: boolean;
  readonly pending?: boolean;
  readonly authenticatedData?: Bytes;
  readonly resumes?: Session | null;
  readonly me?: Client | null;
}

interface Protected {
  readonly sealed: Bytes;
  readonly ahead: Ahead | null;
}

/** One group of this device. Every deed spends it; what throws does not. */
export class Session extends View {
  #busy = false;

  /** A new group with one member (§11). `groupId` is new to all the world. */
  static async create(
    me: Client,
    means: Means,
    groupId: Bytes,
    now: number,
    extensions: Extensions = [],
  ): Promise<Step<null>> {
    const { firstEpoch } = await handshakes();
    const epoch = await firstEpoch(me, means, groupId, now, extensions);
    return begin(newState(epoch), means, null);
  }

  /** The session whose records these are. Throws `Broken` when they are damaged. */
  static async load(records: Records, means: Means): Promise<Session> {
    return new Session(await loadState(records), means);
  }

  /** Do `deed` and nothing else meanwhile. */
  async #alone<T>(deed: (state: State) => Promise<Step<T>>): Promise<Step<T>> {
    const state = this.live;
    if (this.#busy) throw new Broken("a session was used while it was taking a step");
    this.#busy = true;
    try {
      return await deed(state);
    } finally {
      this.#busy = false;
    }
  }

  #step<T>(state: State | null, change: Change, value: T): Step<T> {
    this.spent = true;
    return { session: new Session(state, this.means), change, value };
  }

  /** A step that changes more than a ratchet. */
  #turn<T>(state: State | null, before: Records, value: T): Step<T> {
    const after = state === null ? new Map<string, Bytes>() : recordsOf(state);
    return this.#step(state, between(before, after), value);
  }

  /** The next key of ours. Throws `TooMuch` (MLS-15.2) when this epoch has had its share. */
  #ownAhead(contentType: number): Ahead {
    const { messages, group } = this.live.epoch;
    const { policy } = this.means;
    const place = protect.placeOf(group.ownLeaf, contentType);
    if (messages.nextGeneration(place) >= policy.messagesPerEpoch) {
      throw new TooMuch("MLS-15.2", "too many messages in one epoch: commit first");
    }
    return messages.ahead(place, null, policy.bounds);
  }

  #take(messages: SecretTree, epoch: bigint, used: Ahead): Change {
    const { puts, gone } = messages.take(used, this.means.policy.bounds);
    const head = `m/${epoch}/`;
    const writes = new Map(Array.from(puts, ([name, value]) => [head + name, value]));
    return { writes, deletes: gone.map((name) => head + name) };
  }

  /** The change of a step of our own in this epoch. */
  #takeOwn(ahead: Ahead | null): Change {
    return ahead === null ? NO_CHANGE : this.#take(this.live.epoch.messages, this.epoch, ahead);
  }

  /** `content` signed by us; for a commit there is `makeCommit`. */
  async #frame(
    content: framing.Content,
    wireFormat: number,
    authenticatedData: Bytes,
  ): Promise<AuthenticatedContent> {
    const { group, signature: key } = this.live.epoch;
    const { groupId, epoch, raw } = group.context;
    const sender = framing.member(group.ownLeaf);
    const framed = { groupId, epoch, sender, authenticatedData, content };
    const signature = await protect.sign(key, wireFormat, framed, raw);
    return { wireFormat, content: framed, auth: { signature, confirmationTag: null } };
  }

  /** The MLSMessage, and the ratchet step that it takes when it is encrypted. */
  async #protect(message: AuthenticatedContent): Promise<Protected> {
    const { group, secrets } = this.live.epoch;
    if (message.wireFormat === framing.PUBLIC_MESSAGE) {
      const body = protect.protectPublic(secrets.membershipKey, message, group.context.raw);
      return { sealed: withinSize(framing.encodeMessage(body)), ahead: null };
    }
    const ahead = this.#ownAhead(framing.contentType(message.content.content));
    const { suite } = group.tree;
    const { entropy } = this.means;
    const body = await protect.protectPrivate(suite, secrets.senderData, ahead, message, entropy);
    return { sealed: withinSize(framing.encodeMessage(body)), ahead };
  }

  /** `data` as a PrivateMessage. Throws `Conflict` while a proposal waits (MLS-12.4a). */
  seal(data: Bytes, authenticatedData: Bytes = EMPTY): Promise<Step<Bytes>> {
    return this.#alone(async (state) => {
      checkOpen(state);
      if (state.pending.size) {
        throw new Conflict("MLS-12.4a", "a proposal waits: commit before saying anything");
      }
      const content = { kind: "application", data } as const;
      const message = await this.#frame(content, framing.PRIVATE_MESSAGE, authenticatedData);
      const { sealed, ahead } = await this.#protect(message);
      return this.#step(state, this.#takeOwn(ahead), sealed);
    });
  }

  /** Send a proposal by itself; it waits here too, until a commit. */
  propose(proposal: Proposal, now: number): Promise<Step<Bytes>> {
    return this.#alone((state) => this.#propose(state, proposal, null, now));
  }

  /** Propose a fresh key for our own leaf. */
  proposeUpdate(now: number): Promise<Step<Bytes>> {
    return this.#alone(async (state) => {
      const { group, signature } = state.epoch;
      const pair = await freshKeyPair(group.tree.suite, this.means.entropy);
      const { groupId } = group.context;
      const place = { source: UPDATE, groupId, leafIndex: group.ownLeaf };
      const leaf = await renewedLeaf(signature, ownLeafOf(group), pair.public, null, place);
      return this.#propose(state, { type: "update", leaf }, pair, now);
    });
  }

  async #propose(
    state: State,
    proposal: Proposal,
    keys: KeyPair | null,
    now: number,
  ): Promise<Step<Bytes>> {
    checkOpen(state);
    const { checkIndividual, checkProposable, checkRoom, ...part } = await handshakes();
    checkProposable(proposal, framing.MEMBER);
    checkRoom(state, this.means.policy.pendingProposals);
    const sender = framing.member(state.epoch.group.ownLeaf);
    await checkIndividual({ proposal, sender, reference: null }, this.#scene(state, now));
    const message = await this.#frame({ kind: "proposal", proposal }, this.#wireFormat(), EMPTY);
    const { sealed, ahead } = await this.#protect(message);
    const reference = hex(part.proposalReference(message));
    const pending = { order: part.nextOrder(state), sender, proposal, keys };
    const kept = keep(state, this.#takeOwn(ahead), { reference, pending });
    return this.#step(kept.state, kept.change, sealed);
  }

  #wireFormat(): number {
    return this.means.policy.public ? framing.PUBLIC_MESSAGE : framing.PRIVATE_MESSAGE;
  }

  /** The group as a proposal or commit of ours is judged in it. */
  #scene(state: State, now: number, resuming = false): Scene {
    const { context, tree } = state.epoch.group;
    return { context, tree, means: this.means, now, sending: true, resuming };
  }

  /**
   * Make a commit of `proposals` and of the pending ones. Nothing of it is in force yet.
   *
   * Only one commit is staged at a time.
   */
  stage(
    now: number,
    proposals: readonly Proposal[] = [],
    options: StageOptions = {},
  ): Promise<Step<Staged>> {
    const { path = true, pending = true, authenticatedData = EMPTY, resumes = null } = options;
    const { me = null } = options;
    return this.#alone(async (state) => {
      checkOpen(state);
      if (state.staged !== null) {
        throw new Conflict("MLS-14a", "a commit is staged already: merge or drop it");
      }
      const { choose, makeCommit, newcomersOf, welcomeFor } = await handshakes();
      const scene = this.#scene(state, now, resumes !== null);
      const waiting = pending ? state : { ...state, pending: new Map() };
      const items = await choose(waiting, proposals, scene);
      const plan = { items, path, wireFormat: this.#wireFormat(), authenticatedData };
      const finder = resumes ?? this;
      const made = await makeCommit(state.epoch, plan, scene, (id) => finder.findPsk(id), me);
      const { sealed, ahead } = await this.#protect(made.message);
      const { removed, updated } = made.applied;
      const staged: Staged = {
        commit: sealed,
        epoch: this.epoch,
        next: made.next,
        withheld: await welcomeFor(made, this.means.entropy),
        changes: { added: newcomersOf(made.applied), removed, updated },
      };
      const { writes, deletes } = this.#takeOwn(ahead);
      const change = { writes: new Map(writes).set("staged", encodeStaged(staged)), deletes };
      return this.#step({ ...state, staged }, change, staged);
    });
  }

  /** Our staged commit was accepted: enter its epoch. The event has the Welcome. */
  merge(now: number): Promise<Step<Committed>> {
    return this.#alone(async (state) => this.#merge(state, now));
  }

  #merge(state: State, now: number): Step<Committed> {
    const staged = theStaged(state);
    const before = recordsOf(state);
    const event = merged(state, staged);
    const following = enter(state, staged.next, staged.commit, this.means.policy, now);
    return this.#turn(following, before, event);
  }

  /** Our staged commit lost: forget it and its keys. */
  drop(): Promise<Step<null>> {
    return this.#alone(async (state) => {
      theStaged(state);
      const change = { writes: new Map(), deletes: ["staged"] };
      return this.#step({ ...state, staged: null }, change, null);
    });
  }

  /**
   * Take in an MLSMessage of this group. What throws leaves everything as it was.
   *
   * Our own staged commit, by its bytes, is merged. Throws the typed refusals of RFC 9420.
   */
  receive(data: Bytes, now: number): Promise<Step<Event>> {
    return this.#alone(async (state) => {
      if (state.staged !== null && equal(data, state.staged.commit)) return this.#merge(state, now);
      const body = framing.parseMessage(data);
      const receiving = { means: this.means, now, find: this.findPsk.bind(this) };
      refuseFork(state, body, data);
      if (body.kind === "privateMessage") {
        return this.#done(state, await receivePrivate(state, body, receiving), data, now);
      }
      if (body.kind === "publicMessage") {
        return this.#done(state, await receivePublic(state, body, receiving), data, now);
      }
      throw new Malformed("MLS-6b", "not a message of a group");
    });
  }

  #done(state: State, outcome: Outcome, data: Bytes, now: number): Step<Event> {
    const { event, used, following } = outcome;
    if (outcome.over) return this.#turn(null, recordsOf(state), event);
    if (following === null) return this.#small(state, outcome);
    const before = recordsOf(state);
    if (used !== null) this.#take(state.epoch.messages, used.epoch, used.ahead);
    return this.#turn(enter(state, following, data, this.means.policy, now), before, event);
  }

  #small(state: State, { event, used, kept }: Outcome): Step<Event> {
    const change =
      used === null ? NO_CHANGE : this.#take(messagesOf(state, used.epoch), used.epoch, used.ahead);
    if (kept === null) return this.#step(state, change, event);
    const after = keep(state, change, kept);
    return this.#step(after.state, after.change, event);
  }

  /** Forget past epochs that are too old by now. */
  tidy(now: number): Promise<Step<null>> {
    return this.#alone(async (state) => {
      const before = recordsOf(state);
      return this.#turn(fresh(state, this.means.policy, now), before, null);
    });
  }
}

/** The first step of a session: all its records are new. */
export function begin<T>(state: State, means: Means, value: T): Step<T> {
  const change = { writes: recordsOf(state), deletes: [] };
  return { session: new Session(state, means), change, value };
}

/** See a commit that competes with one we took in, before it is just one of a past epoch. */
function refuseFork(state: State, body: framing.Body, data: Bytes): void {
  if (body.kind === "privateMessage") {
    const { contentType, groupId, epoch } = body;
    if (contentType === framing.COMMIT && isOf(state, groupId)) checkFork(state, epoch, data);
  } else if (body.kind === "publicMessage") {
    const { content, groupId, epoch } = body.content;
    if (content.kind === "commit" && isOf(state, groupId)) checkFork(state, epoch, data);
  }
}

function isOf(state: State, groupId: Bytes): boolean {
  return equal(groupId, state.epoch.group.context.groupId);
}

/** What peers would refuse for its size is not sent (MLS-2.1b). */
function withinSize(message: Bytes): Bytes {
  framing.checkSize(message);
  return message;
}

function theStaged(state: State): Staged {
  if (state.staged === null) throw new Conflict("MLS-14b", "no commit is staged");
  return state.staged;
}

function messagesOf(state: State, epoch: bigint): SecretTree {
  const past = state.past.find((one) => one.context.epoch === epoch);
  return past?.messages ?? state.epoch.messages;
}

/** The state with one more proposal, and the change with its record. */
function keep(state: State, change: Change, kept: Kept): { state: State; change: Change } {
  const { reference, pending } = kept;
  const writes = new Map(change.writes).set(`proposal/${reference}`, encodePending(pending));
  const all = new Map(state.pending).set(reference, pending);
  return { state: { ...state, pending: all }, change: { writes, deletes: change.deletes } };
}
