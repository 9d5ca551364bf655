/** Pure: what a device can see of one of its groups, changing nothing. */

import { Broken, Conflict } from "../../errors.ts";
import { type Bytes, equal } from "../../wire/bytes.ts";
import * as framing from "../public/framing.ts";
import type { PreSharedKeyId } from "../public/proposals.ts";
import type { Group } from "./epoch.ts";
import { type Member, memberAt } from "./events.ts";
import { groupInfo } from "./info.ts";
import { exportSecret } from "./key_schedule.ts";
import type { Means } from "./means.ts";
import * as protect from "./protect.ts";
import { recordsOf } from "./records.ts";
import type { Pending, Staged, State } from "./state.ts";

/** The group as it is now, until its session takes the next step. */
export class View {
  readonly #state: State | null;
  protected readonly means: Means;
  protected spent = false;

  /** `state` is null once we are no member any more. */
  constructor(state: State | null, means: Means) {
    this.#state = state;
    this.means = means;
  }

  /** All records of this group. */
  dump(): Map<string, Bytes> {
    return this.over ? new Map() : recordsOf(this.live);
  }

  protected get live(): State {
    if (this.spent) throw new Broken("a session was used after its next step");
    if (this.#state === null) {
      throw new Conflict("MLS-12.4.2j", "this device is no longer a member of the group");
    }
    return this.#state;
  }

  /** Whether we were removed. */
  get over(): boolean {
    return this.#state === null;
  }

  /** All that is public of the group now. */
  get group(): Group {
    return this.live.epoch.group;
  }

  get groupId(): Bytes {
    return this.group.context.groupId;
  }

  get epoch(): bigint {
    return this.group.context.epoch;
  }

  get ownLeaf(): number {
    return this.group.ownLeaf;
  }

  /** Whether a ReInit closed the group: then another takes its place (§11.2). */
  get closed(): boolean {
    return this.group.reinit !== null;
  }

  /** The commit of ours that is neither merged nor dropped yet. */
  get staged(): Staged | null {
    return this.live.staged;
  }

  /** Whether a proposal waits, so that nothing may be said before a commit (§12.4). */
  get mustCommit(): boolean {
    return this.live.pending.size > 0;
  }

  /** How many application messages we sent in this epoch. */
  get generation(): number {
    const place = protect.placeOf(this.ownLeaf, framing.APPLICATION);
    return this.live.epoch.messages.nextGeneration(place);
  }

  /** Equal for all members of an epoch that see the same group (§8.7). */
  get epochAuthenticator(): Bytes {
    return this.live.epoch.secrets.epochAuthenticator;
  }

  /** Who is in the group, by leaf. */
  members(): readonly Member[] {
    const { tree } = this.group;
    return Array.from(tree.members(), ([index]) => memberAt(tree, index));
  }

  /** The proposals of this epoch by reference (in hex), in the order of arrival. */
  pending(): ReadonlyMap<string, Pending> {
    return new Map(this.live.pending);
  }

  /** A secret of this epoch for another use (§8.5); `label` should be of that use alone. */
  export(label: string, context: Bytes, length: number): Bytes {
    const { group, secrets } = this.live.epoch;
    return exportSecret(group.tree.suite, secrets, label, context, length);
  }

  /** The signed GroupInfo with its tree, as an MLSMessage: for external commits only if so. */
  async groupInfo(external = false): Promise<Bytes> {
    return framing.encodeMessage(await groupInfo(this.live.epoch, external));
  }

  /** A resumption PSK of this group, or what the device's own store has. */
  findPsk(id: PreSharedKeyId): Bytes | null {
    if (id.type === "resumption" && equal(id.groupId, this.groupId)) {
      return this.live.resumption.get(id.epoch) ?? null;
    }
    return this.means.psks(id);
  }
}
