/** Pure: what a device can see of one of its groups, changing nothing. */
import { Broken, Conflict } from "../../errors.ts";
import { equal } from "../../wire/bytes.ts";
import * as framing from "../public/framing.ts";
import { memberAt } from "./events.ts";
import { groupInfo } from "./info.ts";
import { exportSecret } from "./key_schedule.ts";
import * as protect from "./protect.ts";
import { recordsOf } from "./records.ts";
/** The group as it is now, until its session takes the next step. */
export class View {
    #state;
    means;
    spent = false;
    /** `state` is null once we are no member any more. */
    constructor(state, means) {
        this.#state = state;
        this.means = means;
    }
    /** All records of this group. */
    dump() {
        return this.over ? new Map() : recordsOf(this.live);
    }
    get live() {
        if (this.spent)
            throw new Broken("a session was used after its next step");
        if (this.#state === null) {
            throw new Conflict("MLS-12.4.2j", "this device is no longer a member of the group");
        }
        return this.#state;
    }
    /** Whether we were removed. */
    get over() {
        return this.#state === null;
    }
    /** All that is public of the group now. */
    get group() {
        return this.live.epoch.group;
    }
    get groupId() {
        return this.group.context.groupId;
    }
    get epoch() {
        return this.group.context.epoch;
    }
    get ownLeaf() {
        return this.group.ownLeaf;
    }
    /** Whether a ReInit closed the group: then another takes its place (§11.2). */
    get closed() {
        return this.group.reinit !== null;
    }
    /** The commit of ours that is neither merged nor dropped yet. */
    get staged() {
        return this.live.staged;
    }
    /** Whether a proposal waits, so that nothing may be said before a commit (§12.4). */
    get mustCommit() {
        return this.live.pending.size > 0;
    }
    /** How many application messages we sent in this epoch. */
    get generation() {
        const place = protect.placeOf(this.ownLeaf, framing.APPLICATION);
        return this.live.epoch.messages.nextGeneration(place);
    }
    /** Equal for all members of an epoch that see the same group (§8.7). */
    get epochAuthenticator() {
        return this.live.epoch.secrets.epochAuthenticator;
    }
    /** Who is in the group, by leaf. */
    members() {
        const { tree } = this.group;
        return Array.from(tree.members(), ([index]) => memberAt(tree, index));
    }
    /** The proposals of this epoch by reference (in hex), in the order of arrival. */
    pending() {
        return new Map(this.live.pending);
    }
    /** A secret of this epoch for another use (§8.5); `label` should be of that use alone. */
    export(label, context, length) {
        const { group, secrets } = this.live.epoch;
        return exportSecret(group.tree.suite, secrets, label, context, length);
    }
    /** The signed GroupInfo with its tree, as an MLSMessage: for external commits only if so. */
    async groupInfo(external = false) {
        return framing.encodeMessage(await groupInfo(this.live.epoch, external));
    }
    /** A resumption PSK of this group, or what the device's own store has. */
    findPsk(id) {
        if (id.type === "resumption" && equal(id.groupId, this.groupId)) {
            return this.live.resumption.get(id.epoch) ?? null;
        }
        return this.means.psks(id);
    }
}
