/**
 * Pure: one device, with all that can happen to it; every happening is one step (spec DEV-2).
 *
 * It says what is to be carried (`next`) and is told what came of it (`tell`); what the home node has
 * for it is pushed in (`receive`). State is in the vault before anything is handed out to be sent.
 * Whoever asks while it is busy waits for their turn: steps do not interleave.
 */
import { Missing } from "../errors.ts";
import { EMPTY, equal, hex, text, utf8 } from "../wire/bytes.ts";
import { isQuestion } from "./coming_back.ts";
import { urnUuid4 } from "./content.ts";
import { DeviceInbox } from "./device_inbox.ts";
import { DeviceOutbox } from "./device_outbox.ts";
import { DeviceState } from "./device_state.ts";
import { between, newGroupId } from "./groups.ts";
import * as keyStock from "./key_stock.ts";
import { conversationRow, handleRow, MESSAGE, messageRow, } from "./rows.ts";
import { DeviceSeat } from "./seat.ts";
function adding(packages) {
    if (!Object.values(packages).some((found) => found.length)) {
        throw new Missing("E2E-5.6", "they have no device that takes sealed messages yet");
    }
    for (const [actor, found] of Object.entries(packages)) {
        for (const data of found)
            keyStock.checkOwner(data, actor);
    }
    const sorted = Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1));
    return { type: "Add", packages: Object.fromEntries(sorted) };
}
/**
 * One device of an actor. Conversations are named by their group id in hex.
 *
 * Times are seconds since 1970, and microseconds where they are called so.
 */
export class Device {
    actor;
    #state;
    #outbox;
    #inbox;
    #seat;
    #back;
    #turn = Promise.resolve();
    constructor(state) {
        this.actor = state.actor;
        this.#state = state;
        this.#outbox = new DeviceOutbox(state);
        this.#inbox = new DeviceInbox(state, this.#outbox);
        this.#seat = new DeviceSeat(state, this.#outbox);
        this.#back = this.#inbox.back;
    }
    /** The device whose rows the vault holds, or a new one. */
    static async open(vault, entropy, actor) {
        return new Device(await DeviceState.open(vault, entropy, actor));
    }
    /** Do `work` when all that was asked before is done. */
    #inTurn(work) {
        const done = this.#turn.then(work);
        this.#turn = done.catch(() => undefined);
        return done;
    }
    #step(work) {
        return this.#inTurn(() => this.#state.step(work));
    }
    /** The last mailbox item that is in our vault: all up to it may be acknowledged. */
    cursor() {
        return this.#inTurn(() => this.#inbox.cursor());
    }
    /** All conversations, by group. */
    conversations() {
        return this.#inTurn(() => this.#state.conversations());
    }
    /** The conversations of just us and `actor`, first the one to answer in (E2E-5.8). */
    between(actor) {
        return this.#inTurn(async () => {
            const known = await this.#state.conversations();
            return between(known, this.actor, actor, (group) => this.#history([group]));
        });
    }
    /** What was said there, in the order in which this device read or wrote it. */
    history(...groups) {
        return this.#inTurn(() => this.#history(groups));
    }
    async #history(groups) {
        const found = [];
        for (const group of groups) {
            for (const name of this.#state.names("message", group)) {
                found.push(await this.#state.get(name, MESSAGE));
            }
        }
        return found.sort((a, b) => a.number - b.number);
    }
    /** What this device said under that id, as it stands now. */
    said(group, id) {
        return this.#inTurn(() => this.#state.get(messageRow(group, this.actor, id), MESSAGE));
    }
    /** All that is owed. */
    owed() {
        return this.#inTurn(async () => {
            const found = [];
            for (const group of this.#state.groupsWith("owed")) {
                found.push(...(await this.#outbox.owed(group)).map(({ row }) => row));
            }
            return found;
        });
    }
    /** The epoch in which this device sees the group. */
    epoch(group) {
        return this.#inTurn(async () => (await this.#state.groups.session(group)).epoch);
    }
    /** Whether a commit has to come before the next word (E2E-5.7). */
    mustCommit(group) {
        return this.#inTurn(() => this.#outbox.maker.mustCommit(group));
    }
    /** Equal on all devices that see the same group. */
    authenticator(group) {
        return this.#inTurn(async () => {
            return hex((await this.#state.groups.session(group)).epochAuthenticator);
        });
    }
    /** The actors we talk with, by handle; so that nobody is asked who they are. */
    knownHandles() {
        return this.#inTurn(async () => {
            const found = new Map();
            for (const name of this.#state.names("handle")) {
                found.set(name.slice("handle/".length), text((await this.#state.read(name)) ?? EMPTY));
            }
            return found;
        });
    }
    /** Remember who `handle` is. */
    remember(handle, actor) {
        const [name, value] = [handleRow(handle), utf8(actor)];
        return this.#step(async () => {
            const known = await this.#state.read(name);
            if (known === null || !equal(known, value))
                this.#state.write(name, value);
        });
    }
    /** Key packages to publish: their private halves are in the vault before they are. */
    newPackages(count, lastResort, now) {
        return this.#step(() => keyStock.make(this.#state, count, lastResort, now));
    }
    /**
     * A new conversation with the devices whose key packages these are, by actor.
     *
     * Throws `Forbidden` (E2E-5.1) for a package of somebody else.
     */
    start(packages, now) {
        return this.#step(async () => {
            await this.#seat.check();
            const add = adding(packages);
            const group_id = newGroupId(this.#state.entropy);
            const group = await this.#state.groups.found(group_id, now);
            const members = [...new Set([this.actor, ...Object.keys(packages)])].sort();
            const begun = { group_id, ref: "", url: "", members, created: now };
            const row = { ...begun, left: false, joined: 0, grown: 0 };
            this.#state.put(conversationRow(group), row);
            await this.#outbox.change(group, add, now);
            return group;
        });
    }
    /** Say `text`: in the vault when this is done. Throws `TooMuch` (E2E-5.3). */
    say(group, words, micros) {
        return this.#step(async () => {
            await this.#seat.check();
            const message = {
                id: urnUuid4(this.#state.entropy.draw(16)),
                actor: this.actor,
                text: words,
                at: micros,
                number: this.#state.number(),
                kind: "Note",
                sent: false,
                digest: EMPTY,
                epoch: 0,
                mended: 0,
            };
            await this.#outbox.say(group, message);
            return message;
        });
    }
    #change(group, intent, now) {
        return this.#step(async () => this.#outbox.change(group, intent(), now));
    }
    /**
     * Take the devices in whose key packages these are, by actor.
     *
     * Throws `Forbidden` (E2E-5.1) for a package of somebody else, `Conflict` (DEV-4.5) when all of
     * them are in.
     */
    add(group, packages, now) {
        return this.#change(group, () => adding(packages), now);
    }
    /**
     * Take actors out with all their devices; of our own all others. Throws `Conflict` (DEV-4.5) when
     * none of them is in.
     */
    remove(group, actors, now) {
        const sorted = [...new Set(actors)].sort();
        return this.#change(group, () => ({ type: "Remove", actors: sorted }), now);
    }
    /** Ask the others to take this device out; who is alone is out at once. */
    leave(group, now) {
        return this.#step(async () => {
            if ((await this.#state.groups.session(group)).members().length > 1) {
                await this.#outbox.change(group, { type: "Leave" }, now);
                return [];
            }
            await this.#outbox.forget(group);
            return [{ is: "ConversationLeft", conversation: group, by: this.actor }];
        });
    }
    /** Commit what is pending, with fresh keys. */
    refresh(group, now) {
        return this.#change(group, () => ({ type: "Refresh" }), now);
    }
    /** Whether `next` has something else to say than `Wait`. */
    hasWork() {
        return this.#inTurn(async () => {
            return (await this.#back.next()) !== null || this.#outbox.hasWork();
        });
    }
    /** What to do now; ask again once it is told. */
    next(now) {
        return this.#inTurn(async () => (await this.#back.next()) ?? this.#outbox.next(now));
    }
    /** What came of what `next` said. */
    tell(asked, outcome, now) {
        return this.#step(async () => {
            if (asked.is === "Send" && isQuestion(asked))
                return this.#back.outcome(asked, outcome);
            const found = await this.#outbox.outcome(asked, outcome, now);
            if (asked.is !== "Send")
                return found;
            // Others went on with our commit before we were told that it counts.
            return [...found, ...(await this.#inbox.takeParked(asked.group, now))];
        });
    }
    /** Whether something was postponed. */
    get waits() {
        return this.#state.waits;
    }
    /** Whether there is something that a restart would forget (DEV-2.3, DEV-2.5). */
    get remembers() {
        return this.#state.waits || this.#outbox.obstacles.some;
    }
    /** Write what was postponed (DEV-2.5). */
    settle() {
        return this.#step(async () => undefined);
    }
    /** What is in the way of a conversation, as far as it is known. */
    held(group) {
        return this.#inTurn(() => this.#outbox.held(group));
    }
    /** Try again what was held back. */
    retry() {
        return this.#inTurn(async () => this.#outbox.obstacles.retry());
    }
    /**
     * Take in items of the mailbox, in their order; in the vault when this is done.
     *
     * A repeat is silence; what is wrong is told, not thrown. `incarnation` of the node's database,
     * where it is said.
     */
    receive(items, now, incarnation = "") {
        return this.#step(() => this.#inbox.take(items, now, incarnation));
    }
    /** The whole mailbox was read: ask to be taken back where commits are gone (DEV-9.1). */
    lookBehind(now) {
        return this.#step(() => this.#back.look(now));
    }
    /** Whether it is worth a look. */
    get mayBeBehind() {
        return this.#back.mayBeBehind;
    }
    /** Whether another copy of this vault is the device (ACC-4.4). */
    frozen() {
        return this.#inTurn(() => this.#seat.frozen());
    }
    /** Which seat to ask for; in the vault when this is done. */
    askSeat() {
        return this.#step(() => this.#seat.ask());
    }
    /** The node has given us this seat. */
    takeSeat(number) {
        return this.#step(async () => this.#seat.taken(number));
    }
    /** Another copy of this vault is the device: what was not sent is told, history stays. */
    freeze(error) {
        return this.#step(() => this.#seat.freeze(error));
    }
}
