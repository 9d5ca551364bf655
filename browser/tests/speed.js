/**
 * How long the library takes: joining a large group, sealing and opening, in milliseconds.
 *
 * Runs in Node and in a browser alike; `tools/bench` and a page may call it.
 */
import { Client, join, noPsk, POLICY, Session } from "../mls/index.ts";
import { utf8 } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";
const NOW = 1800000000;
async function timed(work) {
    const start = performance.now();
    const value = await work();
    return [performance.now() - start, value];
}
function median(values) {
    return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
async function device(name, suite) {
    const entropy = new Seeded(name);
    const me = await Client.fresh(suite, utf8(`https://${name}.example/a`), entropy);
    return { me, means: { entropy, judge: () => true, psks: noPsk, policy: POLICY } };
}
/** Milliseconds of each deed, in a group of so many. */
export async function measure(suite, members) {
    const founder = await device("founder", suite);
    const joiner = await device("joiner", suite);
    const own = await joiner.me.keyPackage(joiner.means.entropy, NOW);
    const adds = [{ type: "add", keyPackage: own.keyPackage }];
    for (let count = 2; count < members; count++) {
        const { me, means } = await device(`m${count}`, suite);
        adds.push({ type: "add", keyPackage: (await me.keyPackage(means.entropy, NOW)).keyPackage });
    }
    const group = utf8("mls://g/speed");
    let { session: alice } = await Session.create(founder.me, founder.means, group, NOW);
    const [add, staged] = await timed(() => alice.stage(NOW, adds));
    const [merge, merged] = await timed(() => staged.session.merge(NOW));
    alice = merged.session;
    const welcome = merged.value.welcome ?? new Uint8Array(0);
    const joins = [];
    let bob = alice;
    for (let times = 0; times < 5; times++) {
        const [took, step] = await timed(() => join(welcome, own, joiner.me, joiner.means));
        joins.push(took);
        bob = step.session;
    }
    const [seals, opens] = [[], []];
    for (let times = 0; times < 200; times++) {
        const [sealing, sealed] = await timed(() => alice.seal(utf8("a word of usual length")));
        alice = sealed.session;
        const [opening, opened] = await timed(() => bob.receive(sealed.value, NOW));
        bob = opened.session;
        seals.push(sealing);
        opens.push(opening);
    }
    const [commit, committed] = await timed(() => alice.stage(NOW));
    const [receive] = await timed(() => bob.receive(committed.value.commit, NOW));
    const [seal, open] = [median(seals), median(opens)];
    return { add, merge, join: median(joins), seal, open, commit, receive };
}
