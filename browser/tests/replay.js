/** Reads the must-refuse corpus (`spec/vectors/mls-refuse`) and does what a case says. */
import { Refused } from "../errors.ts";
import { Client, OwnPackage } from "../mls/private/client.ts";
import { signatureKey } from "../mls/private/crypto.ts";
import { joinExternally } from "../mls/private/external.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { join } from "../mls/private/joining.ts";
import { POLICY } from "../mls/private/means.ts";
import { Session } from "../mls/private/session.ts";
import * as keyPackages from "../mls/public/key_package.ts";
import { suiteOf } from "../mls/public/suite.ts";
import { equal, hex, unhex } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
export function raw(written) {
    if (typeof written === "string") {
        return Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
    }
    return new Uint8Array(written.times).fill(Number.parseInt(written.byte, 16));
}
async function packageOf(data) {
    const parsed = keyPackages.parse(raw(data.key_package));
    const init = await keyPair(raw(data.init_priv));
    return new OwnPackage(parsed, init, await keyPair(raw(data.encryption_priv)));
}
/** One who is asked: how it came into the group, and what it knows. */
export class Receiver {
    data;
    #now;
    #records = null;
    constructor(data, now) {
        this.data = data;
        this.#now = now;
    }
    own() {
        return packageOf(this.data);
    }
    /** The key package with which it joins: another, if it is a member already. */
    guest() {
        return packageOf(this.data.joins_with ?? this.data);
    }
    async me() {
        const { suiteId, leaf } = (await this.own()).keyPackage;
        const signature = await signatureKey(raw(this.data.signature_priv));
        return new Client({ ...leaf, suite: suiteOf(suiteId), signature });
    }
    find(id) {
        const secret = id.type === "external" ? this.data.psks[hex(id.pskId)] : undefined;
        return secret === undefined ? null : raw(secret);
    }
    get isMember() {
        return this.data.welcome !== undefined;
    }
    /** The session, as it is once all messages since the Welcome are taken in. */
    records() {
        this.#records ??= this.#followed();
        return this.#records;
    }
    async #followed() {
        const psks = (id) => this.find(id);
        const means = { entropy: new Seeded("replay"), judge: () => true, psks, policy: POLICY };
        const welcome = raw(this.data.welcome);
        let { session } = await join(welcome, await this.own(), await this.me(), means);
        for (const message of this.data.messages ?? []) {
            ({ session } = await session.receive(raw(message), this.#now));
        }
        return session.dump();
    }
}
function meansOf(deed, receiver) {
    return {
        entropy: new Seeded("replay"),
        judge: ({ credential }) => !deed.distrusts?.includes(hex(credential.raw)),
        psks: (id) => (deed.without_psks ? null : receiver.find(id)),
        policy: POLICY,
    };
}
/** The receiver's session, with the messages that come before taken in. */
export async function sessionOf(deed, receiver, now) {
    let session = await Session.load(await receiver.records(), meansOf(deed, receiver));
    for (const message of deed.before ?? []) {
        ({ session } = await session.receive(raw(message), now));
    }
    return session;
}
/** Do what the deed says: what an accepted message led to, to be compared. */
export async function perform(deed, receiver, now, waiting = null) {
    const later = now + (deed.later ?? 0);
    const message = raw(deed.message);
    const known = (deed.known ?? []).map(unhex);
    const tree = deed.tree === undefined ? null : raw(deed.tree);
    const means = meansOf(deed, receiver);
    switch (deed.do) {
        case "receive": {
            const session = waiting ?? (await sessionOf(deed, receiver, now));
            return outcome(await session.receive(message, later));
        }
        case "join": {
            const former = receiver.isMember ? await sessionOf(deed, receiver, now) : null;
            const [own, me] = [await receiver.guest(), await receiver.me()];
            return outcome(await join(message, own, me, means, { tree, known, former }));
        }
        case "enter":
            await joinExternally(message, await receiver.me(), means, now, { tree, known });
            return { event: "Joining" };
        case "validate":
            await keyPackages.validate(message, unhex(deed.identity ?? ""), later);
            return { event: "KeyPackage" };
    }
}
function outcome(step) {
    const { session, value } = step;
    if (session.over)
        return { event: value.kind };
    const authenticator = hex(session.epochAuthenticator);
    return { event: value.kind, epoch: Number(session.epoch), authenticator };
}
/** The clause by which the message is refused, or `accepted`. */
export async function verdict(deed, receiver, now, waiting) {
    try {
        await perform(deed, receiver, now, waiting);
        return "accepted";
    }
    catch (error) {
        return error instanceof Refused ? error.clause : String(error);
    }
}
/** One file of the corpus, all of whose cases are run: what is not as it says. */
export class Judge {
    #shelf;
    #receivers;
    constructor(shelf) {
        this.#shelf = shelf;
        const receivers = Object.entries(shelf.receivers);
        this.#receivers = new Map(receivers.map(([who, data]) => [who, new Receiver(data, shelf.now)]));
    }
    #receiverOf(who) {
        return this.#receivers.get(who);
    }
    /** The twins that are not accepted, or lead elsewhere. */
    async twins() {
        const wrong = [];
        for (const [name, twin] of Object.entries(this.#shelf.twins)) {
            const found = await perform(twin, this.#receiverOf(twin.receiver), this.#shelf.now);
            const differs = ([what, value]) => found[what] !== value;
            if (Object.entries(twin.gives).some(differs))
                wrong.push(name);
        }
        return wrong;
    }
    /** The cases that are not refused by their clause, and whom a refusal has changed. */
    async cases() {
        const { now, twins, cases } = this.#shelf;
        const wrong = [];
        const waiting = new Map();
        for (const one of cases) {
            const deed = { ...twins[one.twin], ...one };
            const receiver = this.#receiverOf(deed.receiver);
            const ofItsOwn = deed.before ?? deed.distrusts ?? deed.without_psks;
            let session = null;
            if (deed.do === "receive" && !ofItsOwn) {
                // What is refused changes nothing: the next case may ask the same session.
                session = waiting.get(deed.receiver) ?? (await sessionOf(deed, receiver, now));
                waiting.set(deed.receiver, session);
            }
            const found = await verdict(deed, receiver, now, session);
            if (found !== deed.clause) {
                wrong.push(`${one.name}: ${found}, not ${deed.clause}`);
                waiting.clear();
            }
        }
        for (const [who, session] of waiting) {
            const before = await this.#receiverOf(who).records();
            const kept = [...session.dump()].every(([name, value]) => {
                const old = before.get(name);
                return old !== undefined && equal(old, value);
            });
            if (!kept)
                wrong.push(`a refusal has changed ${who}`);
        }
        return wrong;
    }
}
