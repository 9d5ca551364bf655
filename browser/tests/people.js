/** Devices for tests: each with a client, a store that applies changes, and seeded chance. */
import assert from "node:assert/strict";
import { Refused } from "../errors.ts";
import { Client, join, noPsk, POLICY, Session, } from "../mls/index.ts";
import { hex, utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
export const NOW = 1800000000;
export const GROUP = utf8("mls://g/aaaaaaaaaaaaaaaaaaaaaaaaaa");
/** A client, its one session and the records that its steps wrote. */
export class Device {
    me;
    means;
    records = new Map();
    session;
    constructor(me, means) {
        this.me = me;
        this.means = means;
    }
    static async make(name, suite) {
        const entropy = new Seeded(name);
        const me = await Client.fresh(suite, utf8(`https://${name}.example/a`), entropy);
        return new Device(me, { entropy, judge: () => true, psks: noPsk, policy: POLICY });
    }
    /** Write, go on, and hold what is written to what is in memory. */
    take(step) {
        for (const name of step.change.deletes)
            assert(this.records.delete(name), name);
        for (const [name, value] of step.change.writes)
            this.records.set(name, value);
        this.session = step.session;
        assert.deepEqual(sorted(this.records), sorted(this.session.dump()));
        return step.value;
    }
    async reload() {
        this.session = await Session.load(new Map(this.records), this.means);
        assert.deepEqual(sorted(this.records), sorted(this.session.dump()));
    }
    /** Other limits from now on. */
    async policy(changes) {
        this.means = { ...this.means, policy: { ...this.means.policy, ...changes } };
        await this.reload();
    }
    package() {
        return this.me.keyPackage(this.means.entropy, NOW);
    }
}
export function sorted(records) {
    return Array.from(records, ([name, value]) => `${name} ${hex(value)}`).sort();
}
export async function group(suite, ...names) {
    const devices = [];
    for (const name of names)
        devices.push(await Device.make(name, suite));
    const [first, ...others] = devices;
    first.take(await Session.create(first.me, first.means, GROUP, NOW));
    if (!others.length)
        return devices;
    const owns = await Promise.all(others.map((other) => other.package()));
    const adds = owns.map(({ keyPackage }) => ({ type: "add", keyPackage }));
    first.take(await first.session.stage(NOW, adds));
    const { welcome } = first.take(await first.session.merge(NOW));
    assert(welcome !== null);
    for (const [place, other] of others.entries()) {
        other.take(await join(welcome, owns[place], other.me, other.means));
    }
    return devices;
}
/** `deed` is refused by this clause, and by no other. */
export async function refused(clause, deed) {
    await assert.rejects(deed, (error) => error instanceof Refused && error.clause === clause);
}
