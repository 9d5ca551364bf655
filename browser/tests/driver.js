/**
 * Devices on this library, driven by JSON lines: one request a line, one answer a line, bytes as hex.
 *
 * They do what `Ours` of `tests/e2ee/mls/mixed.py` does, with the same chance: whatever comes of a
 * deed, and every record, has to be the same bytes.
 */
import { createInterface } from "node:readline";
import { Refused } from "../errors.ts";
import { Client, invite, Joining, join, joinExternally, POLICY, parseKeyPackage, Session, succeed, } from "../mls/index.ts";
import { hash } from "../mls/public/suite.ts";
import { concat, hex, unhex, utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
import { replay } from "./transcripts.ts";
/** A request's members, each held to the type that it should have. */
class Request {
    #members;
    constructor(members) {
        this.#members = members;
    }
    text(name) {
        const value = this.#members[name];
        if (typeof value !== "string")
            throw new TypeError(`${name} is no text`);
        return value;
    }
    bytes(name) {
        return unhex(this.text(name));
    }
    maybe(name) {
        return this.#members[name] === null ? null : this.bytes(name);
    }
    number(name) {
        const value = this.#members[name];
        if (typeof value !== "number")
            throw new TypeError(`${name} is no number`);
        return value;
    }
    flag(name) {
        return this.#members[name] === true;
    }
    has(name) {
        return this.#members[name] !== undefined && this.#members[name] !== null;
    }
    part(name) {
        return new Request(this.#members[name]);
    }
    parts(name) {
        return this.#members[name].map((part) => new Request(part));
    }
    lines() {
        return this.#members.lines;
    }
    list(name) {
        return this.#members[name].map(unhex);
    }
}
function pskOf(id) {
    const nonce = id.bytes("nonce");
    if (!id.has("epoch"))
        return { type: "external", nonce, pskId: id.bytes("id") };
    const epoch = BigInt(id.number("epoch"));
    return { type: "resumption", nonce, usage: 1, groupId: id.bytes("group"), epoch };
}
function proposalOf(item) {
    switch (item.text("kind")) {
        case "add":
            return { type: "add", keyPackage: parseKeyPackage(item.bytes("keyPackage")) };
        case "remove":
            return { type: "remove", removed: item.number("leaf") };
        case "reinit": {
            const [groupId, suiteId] = [item.bytes("group"), item.number("suite")];
            return { type: "reinit", groupId, suiteId, version: 1, extensions: [] };
        }
        default:
            return { type: "psk", psk: pskOf(item.part("psk")) };
    }
}
/** Who may be believed, and the secrets that all know. */
const world = {
    now: 0,
    directory: new Set(),
    psks: new Map(),
    devices: new Map(),
};
function claimed(identity, key) {
    return `${hex(identity)} ${hex(key)}`;
}
/** One device: a client, its one session and the records that its steps wrote. */
class Device {
    #entropy;
    #me;
    #means;
    #session = null;
    #records = new Map();
    #own = null;
    #coming = null;
    constructor(entropy, me) {
        this.#entropy = entropy;
        this.#me = me;
        this.#means = {
            entropy,
            judge: ({ credential, signatureKey }) => world.directory.has(claimed(credential.identity, signatureKey)),
            psks: (id) => (id.type === "external" ? (world.psks.get(hex(id.pskId)) ?? null) : null),
            policy: POLICY,
        };
    }
    static async make(name, suite) {
        const entropy = new Seeded(name);
        const me = await Client.fresh(suite, utf8(`https://${name}.example/a`), entropy);
        return new Device(entropy, me);
    }
    get session() {
        if (this.#session === null)
            throw new TypeError("no session yet");
        return this.#session;
    }
    #take(step) {
        for (const name of step.change.deletes) {
            if (!this.#records.delete(name))
                throw new Error(`there was no record ${name}`);
        }
        for (const [name, value] of step.change.writes)
            this.#records.set(name, value);
        this.#session = step.session;
        return step.value;
    }
    /** All records, and what the session would write now: by name. */
    records() {
        const written = [...this.#records].map(([name, value]) => [name, hex(value)]);
        return Object.fromEntries(written);
    }
    digest() {
        const digestOf = (records) => {
            const lines = Array.from(records, ([name, value]) => `${name} ${hex(value)}\n`).sort();
            return hex(hash(concat(...lines.map(utf8))));
        };
        const found = digestOf(this.#records);
        if (this.#session && found !== digestOf(this.#session.dump())) {
            throw new Error("what was written is not what is in memory");
        }
        return found;
    }
    /** Handshakes go in clear, or do not, from now on. */
    async #policy(open) {
        this.#means = { ...this.#means, policy: { ...POLICY, public: open } };
        await this.reload();
    }
    get key() {
        return hex(this.#me.signature.public);
    }
    async create(group) {
        this.#take(await Session.create(this.#me, this.#means, group, world.now));
    }
    async package() {
        this.#own = await this.#me.keyPackage(this.#entropy, world.now);
        return hex(this.#own.package);
    }
    async renewed(suite) {
        this.#me = await Client.fresh(suite, this.#me.credential.identity, this.#entropy);
        world.directory.add(claimed(this.#me.credential.identity, this.#me.signature.public));
        return this.package();
    }
    #join(welcome, tree, former) {
        if (this.#own === null)
            throw new TypeError("no key package yet");
        const known = former === null ? [] : [former.groupId];
        return join(welcome, this.#own, this.#me, this.#means, { tree, known, former });
    }
    async join(welcome) {
        const step = await this.#join(welcome, null, null);
        this.#records.clear();
        this.#take(step);
    }
    async move(welcome, tree) {
        const step = await this.#join(welcome, tree, this.session);
        this.#records.clear();
        this.#take(step);
    }
    async propose(request) {
        await this.#policy(request.flag("open"));
        const { session } = this;
        const step = request.has("item")
            ? await session.propose(proposalOf(request.part("item")), world.now)
            : await session.proposeUpdate(world.now);
        return hex(this.#take(step));
    }
    async stage(request) {
        await this.#policy(request.flag("open"));
        const proposals = request.parts("items").map(proposalOf);
        const path = request.flag("path");
        return hex(this.#take(await this.session.stage(world.now, proposals, { path })).commit);
    }
    async merge() {
        if (this.#coming !== null) {
            this.#records.clear();
            this.#take(this.#coming.accepted(this.#means));
            this.#coming = null;
            return null;
        }
        const { welcome } = this.#take(await this.session.merge(world.now));
        return welcome === null ? null : hex(welcome);
    }
    async drop() {
        this.#take(await this.session.drop());
    }
    async receive(message) {
        return this.#take(await this.session.receive(message, world.now));
    }
    async seal(data) {
        return hex(this.#take(await this.session.seal(data)));
    }
    async come(request) {
        const replaces = request.has("replaces") ? request.number("replaces") : null;
        const known = replaces === null ? [] : [request.bytes("group")];
        const info = request.bytes("info");
        const options = { known, replaces };
        const joining = await joinExternally(info, this.#me, this.#means, world.now, options);
        this.#coming = await Joining.load(joining.dump());
        return hex(joining.commit);
    }
    async found(packages) {
        const former = this.session;
        const created = await succeed(former, this.#me, this.#means, world.now);
        this.#records.clear();
        this.#take(created);
        const everyone = packages.map(parseKeyPackage);
        this.#take(await invite(this.session, former, everyone, this.#means, world.now));
        await this.reload();
        return this.merge();
    }
    async reload() {
        this.#session = await Session.load(new Map(this.#records), this.#means);
    }
    view() {
        const { session } = this;
        return {
            epoch: Number(session.epoch),
            authenticator: hex(session.epochAuthenticator),
            exported: hex(session.export("test", new Uint8Array(0), 32)),
            tree: hex(session.group.context.treeHash),
            roster: session.members().map(({ leaf, credential, signatureKey }) => {
                return [leaf, hex(credential.identity), hex(signatureKey)];
            }),
        };
    }
}
function tell(event) {
    if (event.kind === "ApplicationMessage")
        return { kind: "said", data: hex(event.data) };
    const kinds = { Proposed: "proposal", Committed: "commit", Removed: "removed" };
    return { kind: kinds[event.kind] };
}
/** What concerns no one device. */
async function ofWorld(request) {
    switch (request.text("do")) {
        case "reset":
            world.now = request.number("now");
            world.directory.clear();
            world.psks.clear();
            world.devices.clear();
            return {};
        case "replay": {
            const lines = request.lines();
            return { lines: await replay(lines, request.flag("restarts")) };
        }
        case "trust":
            world.directory.add(claimed(request.bytes("identity"), request.bytes("key")));
            return {};
        case "know":
            world.psks.set(request.text("id"), request.bytes("secret"));
            return {};
        case "client": {
            const made = await Device.make(request.text("name"), request.number("suite"));
            world.devices.set(request.text("name"), made);
            return { key: made.key };
        }
        default:
            return null;
    }
}
const DEEDS = {
    create: (device, request) => device.create(request.bytes("group")),
    package: (device) => device.package(),
    renewed: (device, request) => device.renewed(request.number("suite")),
    join: (device, request) => device.join(request.bytes("welcome")),
    move: (device, request) => device.move(request.bytes("welcome"), request.maybe("tree")),
    propose: (device, request) => device.propose(request),
    stage: (device, request) => device.stage(request),
    merge: (device) => device.merge(),
    drop: (device) => device.drop(),
    receive: async (device, request) => tell(await device.receive(request.bytes("message"))),
    seal: (device, request) => device.seal(request.bytes("data")),
    info: async (device) => hex(await device.session.groupInfo(true)),
    come: (device, request) => device.come(request),
    found: (device, request) => device.found(request.list("packages")),
    reload: (device) => device.reload(),
    view: async (device) => device.view(),
    records: async (device) => device.records(),
};
async function ofDevice(request) {
    const device = world.devices.get(request.text("name"));
    const deed = DEEDS[request.text("do")];
    if (device === undefined || deed === undefined)
        throw new TypeError("no such device or deed");
    const value = (await deed(device, request)) ?? null;
    return { value, digest: device.digest() };
}
async function answer(line) {
    try {
        const request = new Request(JSON.parse(line));
        return (await ofWorld(request)) ?? (await ofDevice(request));
    }
    catch (error) {
        if (error instanceof Refused)
            return { clause: error.clause };
        return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
}
for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
