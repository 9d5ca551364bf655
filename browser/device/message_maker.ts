/**
 * Pure: messages are made of intents: words are sealed, changes become commits (spec DEV-4).
 *
 * All of it happens inside a step of the device's state.
 */

import { Broken } from "../errors.ts";
import { type Proposal, parseKeyPackage, type Session } from "../mls/group.ts";
import { memberAt } from "../mls/private/events.ts";
import type { KeyPackage } from "../mls/public/key_package.ts";
import { hash } from "../mls/public/suite.ts";
import type { Tree } from "../mls/public/tree.ts";
import { type Bytes, EMPTY, equal, hex } from "../wire/bytes.ts";
import * as absent from "./absent.ts";
import * as content from "./content.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import type { Add, Intent, Readmit } from "./intents.ts";
import * as putOut from "./put_out.ts";
import * as roster from "./roster.ts";
import * as rosters from "./rosters.ts";
import { MESSAGE, type MessageRow, messageRow, OWED, type OwedRow } from "./rows.ts";
import { wordsOf } from "./said_rows.ts";
import * as stops from "./stops.ts";

/** ts-mls looks 200 generations ahead, OpenMLS 1,000; a commit heals a stolen key besides. */
const COMMIT_AFTER_MESSAGES = 100;
const MOST_WHILE_REPAIRING = 180;
/** In one commit, where it is ours to choose. */
const MOST_CHANGES = 20;

/** A row, and what it is called. */
export interface Named<Row> {
  readonly name: string;
  readonly row: Row;
}

/** Makes of what is owed the message that carries it. */
export class MessageMaker {
  readonly #state: DeviceState;
  /** By group: the digest (in hex) of what we said → the row of the words. */
  readonly #byDigest = new Map<string, Map<string, string>>();

  constructor(state: DeviceState) {
    this.#state = state;
  }

  /** Whether a commit has to come before the next word (RFC 9420 §12.4, E2E-5.7). */
  async mustCommit(group: string): Promise<boolean> {
    const session = await this.#state.groups.session(group);
    if (session.staged !== null) return false;
    if (session.mustCommit || (await stops.revoked(this.#state, group)).size) return true;
    if (rosters.going(session).size) return true;
    return this.#hasSaidEnough(group, session.generation);
  }

  /** Whether fresh keys are due; not while repairs are owed, which a commit makes late. */
  async #hasSaidEnough(group: string, generation: number): Promise<boolean> {
    if (generation < COMMIT_AFTER_MESSAGES) return false;
    return generation >= MOST_WHILE_REPAIRING || !(await this.#repairs(group));
  }

  /** Whether a `Failure`, or words that somebody missed, are owed. */
  async #repairs(group: string): Promise<boolean> {
    for (const name of this.#state.names("owed", group)) {
      const { intent } = await this.#state.get(name, OWED);
      if (intent.type !== "Say") continue;
      const { kind, mended } = await this.#state.get(intent.message, MESSAGE);
      if (kind === content.FAILURE || mended) return true;
    }
    return false;
  }

  /** Whether others have done it already, so that there is nothing left to do. */
  async isMoot({ group, intent }: OwedRow): Promise<boolean> {
    const session = await this.#state.groups.session(group);
    const shape = rosters.here(session);
    if (shape !== null && !/^(Add|Refresh|Readmit)$/.test(intent.type)) {
      return rosters.isMoot(shape, intent);
    }
    switch (intent.type) {
      case "Add":
        return !missing(session, intent).length;
      case "Remove":
        if (absent.of(this.#state, group).some((one) => intent.actors.includes(one))) return false;
        return !leavesOf(session, intent.actors).length;
      case "Refresh":
        return !(await this.mustCommit(group));
      case "Readmit":
        return staleLeaf(session, intent) === null;
      default:
        return false;
    }
  }

  /** The row with its message. Throws what the group refuses for good. */
  async make(owed: OwedRow, now: number): Promise<OwedRow> {
    switch (owed.intent.type) {
      case "Say":
        return this.seal(
          owed,
          owed.intent.message,
          await this.#state.get(owed.intent.message, MESSAGE),
        );
      case "Leave":
        return this.#leave(owed, now);
      default:
        return this.#commit(owed, now);
    }
  }

  /** Throws `TooMuch` (E2E-5.3) for words that could not be sealed later. */
  checkLength(message: MessageRow): void {
    this.#write(message, new Uint8Array(16));
  }

  /** What stands inside the sealed message. Throws `TooMuch` (E2E-5.3). */
  #write(message: MessageRow, activity: Bytes): Bytes {
    const { kind, edit } = message;
    const { actor } = this.#state;
    if (content.isAct(kind)) return content.writeAct(kind, wordsOf(message), actor, edit);
    return content.writeNote(wordsOf(message), content.urnUuid4(activity), actor);
  }

  #inner(message: MessageRow): Bytes {
    const { id, text, at, kind } = message;
    if (content.isAct(kind)) return this.#write(message, EMPTY);
    if (kind !== content.FAILURE) return this.#write(message, this.#state.entropy.draw(16));
    return content.writeFailure(id, this.#state.actor, text.split(" "), at);
  }

  /**
   * The row with the words sealed; their own row, called `name`, remembers in what they went out.
   *
   * Throws `TooMuch` (E2E-5.3).
   */
  async seal(owed: OwedRow, name: string, message: MessageRow): Promise<OwedRow> {
    const session = await this.#state.groups.session(owed.group);
    const epoch = Number(session.epoch);
    const sealed = this.#state.groups.apply(owed.group, await session.seal(this.#inner(message)));
    const digest = hash(sealed);
    this.#state.put(name, { ...message, digest, epoch });
    this.#byDigest.get(owed.group)?.set(hex(digest), name);
    return { ...owed, content: sealed };
  }

  /**
   * What we said in the message with this digest, unless it was sealed anew since.
   *
   * All that we said is read once, when the first message has to be found.
   */
  async sealedAs(group: string, digest: Bytes): Promise<Named<MessageRow> | null> {
    if (!digest.length) return null;
    const known = this.#byDigest.get(group) ?? (await this.#allSaid(group));
    this.#byDigest.set(group, known);
    const name = known.get(hex(digest));
    const row = name === undefined ? null : await this.#state.find(name, MESSAGE);
    if (name === undefined || row === null || hex(row.digest) !== hex(digest)) return null;
    return { name, row };
  }

  async #allSaid(group: string): Promise<Map<string, string>> {
    const ours = messageRow(group, this.#state.actor, "");
    const own = this.#state.names("message", group).filter((name) => name.startsWith(ours));
    const found = new Map<string, string>();
    const more = ["failure", "act"].flatMap((kind) => this.#state.names(kind, group));
    for (const name of [...own, ...more]) {
      found.set(hex((await this.#state.get(name, MESSAGE)).digest), name);
    }
    return found;
  }

  async #commit(owed: OwedRow, now: number): Promise<OwedRow> {
    const session = await this.#state.groups.session(owed.group);
    const before = session.group.tree;
    const { actor, groups } = this.#state;
    const wished = [
      ...shaped(session, owed.intent, actor),
      ...proposalsOf(session, owed.intent, actor),
    ];
    const authenticatedData = putOut.mark(this.#state, owed.group, owed.intent);
    const { me } = groups;
    const proposals = [...(await this.#revoked(owed.group, session, wished)), ...wished];
    const step = await session.stage(now, proposals, { authenticatedData, me });
    const { commit, withheld, next, changes } = this.#state.groups.apply(owed.group, step);
    const after = next.group.tree;
    const shape = roster.rosterOf(next.group.context.extensions);
    if (shape !== null) roster.checkDevices(shape, [...after.members()].length);
    const to = [...actorsAt(after, changes.added)].sort();
    const stay = actorsAt(
      after,
      Array.from(after.members(), ([index]) => index),
    );
    const gone = [...actorsAt(before, changes.removed)].filter((actor) => !stay.has(actor));
    const welcomes = withheld === null ? [] : [{ content: withheld, to }];
    return { ...owed, content: commit, welcomes, removed: gone.sort() };
  }

  /** Removes of leaves that no list has, or of who is in the group no more, which go with whatever we commit
   * (DEV-16.5, E2E-8.5). */
  async #revoked(
    group: string,
    session: Session,
    wished: readonly Proposal[],
  ): Promise<readonly Proposal[]> {
    const revoked = await stops.revoked(this.#state, group);
    const left = rosters.going(session);
    if (!revoked.size && !left.size) return [];
    const going = new Set<number>([session.ownLeaf]);
    const pending = [...session.pending().values()].map(({ proposal }) => proposal);
    for (const one of [...wished, ...pending]) if (one.type === "remove") going.add(one.removed);
    return session
      .members()
      .filter(({ signatureKey, leaf }) => revoked.has(hex(signatureKey)) || left.has(leaf))
      .filter(({ leaf }) => !going.has(leaf))
      .slice(0, Math.max(MOST_CHANGES - wished.length, 0))
      .map(({ leaf }) => ({ type: "remove", removed: leaf }));
  }

  async #leave(owed: OwedRow, now: number): Promise<OwedRow> {
    const session = await this.#state.groups.session(owed.group);
    const step = await session.propose({ type: "remove", removed: session.ownLeaf }, now);
    return { ...owed, content: this.#state.groups.apply(owed.group, step) };
  }
}

/** What it makes of the roster of a group (E2E-8). Throws what is not ours to do. */
function shaped(session: Session, intent: Intent, me: string): readonly Proposal[] {
  const before = rosters.here(session);
  if (before === null) return [];
  const after = rosters.wished(before, intent, me);
  if (after === before) return [];
  const extensions = roster.instead(session.group.context.extensions, after);
  return [{ type: "groupContextExtensions", extensions }];
}

function proposalsOf(session: Session, intent: Intent, me: string): readonly Proposal[] {
  switch (intent.type) {
    case "Quit":
      return leavesOf(session, [me]).map((removed) => ({ type: "remove", removed }));
    case "Add":
      return missing(session, intent).map((keyPackage) => ({ type: "add", keyPackage }));
    case "Remove":
      return leavesOf(session, intent.actors).map((removed) => ({ type: "remove", removed }));
    case "Readmit": {
      const removed = staleLeaf(session, intent);
      if (removed === null) throw new Broken("what is moot is not made");
      const keyPackage = parseKeyPackage(intent.package);
      return [
        { type: "remove", removed },
        { type: "add", keyPackage },
      ];
    }
    default:
      return [];
  }
}

/** The packages of devices that are not in the group: a device is its signature key. */
function missing(session: Session, intent: Add): readonly KeyPackage[] {
  const here = new Set(session.members().map(({ signatureKey }) => hex(signatureKey)));
  const packages = Object.values(intent.packages).flat().map(parseKeyPackage);
  return packages.filter(({ leaf }) => !here.has(hex(leaf.signatureKey)));
}

function leavesOf(session: Session, actors: readonly string[]): readonly number[] {
  return session
    .members()
    .filter((member) => actors.includes(actorOf(member)) && member.leaf !== session.ownLeaf)
    .map((member) => member.leaf);
}

/** The leaf in whose place the package is to come, while it stands as it was. */
function staleLeaf(session: Session, { stale }: Readmit): number | null {
  for (const [index, leaf] of session.group.tree.members()) {
    if (equal(leaf.encryptionKey, stale)) return index;
  }
  return null;
}

function actorsAt(tree: Tree, leaves: readonly number[]): ReadonlySet<string> {
  return new Set(leaves.map((index) => actorOf(memberAt(tree, index))));
}
