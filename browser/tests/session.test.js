/** How a device uses a group: what spends a session, what changes nothing, what is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Broken, Conflict, Refused } from "../errors.ts";
import { Client, Joining, joinExternally, OwnPackage, Session } from "../mls/index.ts";
import { text, utf8 } from "../wire/bytes.ts";
import { Device, GROUP, group, NOW, refused, sorted } from "./people.ts";
for (const suite of [1, 3]) {
    test(`words go both ways, also after a reload, in suite ${suite}`, async () => {
        const [alice, bob] = (await group(suite, "alice", "bob"));
        for (const [from, to] of [
            [alice, bob],
            [bob, alice],
        ]) {
            const sealed = from.take(await from.session.seal(utf8("hello"), utf8("aad")));
            const event = to.take(await to.session.receive(sealed, NOW));
            assert(event.kind === "ApplicationMessage");
            assert.equal(text(event.data), "hello");
            assert.equal(text(event.authenticatedData), "aad");
            await from.reload();
            await to.reload();
            await refused("MLS-9.2a", to.session.receive(sealed, NOW));
            await refused("MLS-9.1a", from.session.receive(sealed, NOW));
        }
    });
}
test("a spent session is not used again", async () => {
    const [alice] = (await group(1, "alice", "bob"));
    const spent = alice.session;
    alice.take(await alice.session.seal(utf8("one")));
    await assert.rejects(async () => spent.seal(utf8("two")), Broken);
    assert.throws(() => spent.epoch, Broken);
});
test("two deeds at once would take the same key: the second is refused", async () => {
    const [alice] = (await group(1, "alice", "bob"));
    const first = alice.session.seal(utf8("one"));
    await assert.rejects(alice.session.seal(utf8("two")), Broken);
    await assert.rejects(alice.session.stage(NOW), Broken);
    alice.take(await first);
    alice.take(await alice.session.seal(utf8("two")));
});
test("what is refused spends nothing", async () => {
    const [alice, bob] = (await group(1, "alice", "bob"));
    const sealed = alice.take(await alice.session.seal(utf8("one")));
    const before = sorted(bob.session.dump());
    for (const at of [30, sealed.length - 1]) {
        const changed = sealed.map((byte, place) => (place === at ? byte ^ 1 : byte));
        await assert.rejects(bob.session.receive(changed, NOW), Refused);
    }
    assert.deepEqual(sorted(bob.session.dump()), before);
    bob.take(await bob.session.receive(sealed, NOW));
});
test("a proposal waits for a commit, and a staged commit for its end", async () => {
    const [alice, bob, carol] = (await group(3, "alice", "bob", "carol"));
    const update = bob.take(await bob.session.proposeUpdate(NOW));
    for (const other of [alice, carol])
        other.take(await other.session.receive(update, NOW));
    assert(alice.session.mustCommit);
    await refused("MLS-12.4a", alice.session.seal(utf8("too early")));
    alice.take(await alice.session.stage(NOW));
    await refused("MLS-14a", alice.session.stage(NOW));
    alice.take(await alice.session.drop());
    await refused("MLS-14b", alice.session.merge(NOW));
    const { commit } = alice.take(await alice.session.stage(NOW));
    for (const device of [alice, bob, carol])
        await device.reload();
    for (const other of [bob, carol])
        other.take(await other.session.receive(commit, NOW));
    const event = alice.take(await alice.session.receive(commit, NOW));
    assert(event.kind === "Committed" && event.own);
    for (const other of [bob, carol]) {
        assert.deepEqual(other.session.epochAuthenticator, alice.session.epochAuthenticator);
        await other.reload();
    }
});
test("who was removed is out, and may come back by a commit of their own", async () => {
    const [alice, bob] = (await group(1, "alice", "bob"));
    const remove = { type: "remove", removed: bob.session.ownLeaf };
    const { commit } = alice.take(await alice.session.stage(NOW, [remove]));
    const event = bob.take(await bob.session.receive(commit, NOW));
    assert.equal(event.kind, "Removed");
    assert(bob.session.over && bob.records.size === 0);
    await assert.rejects(async () => bob.session.seal(utf8("still here")), Conflict);
    alice.take(await alice.session.merge(NOW));
    const info = await alice.session.groupInfo(true);
    const joining = await joinExternally(info, bob.me, bob.means, NOW);
    const again = await Joining.load(joining.dump());
    alice.take(await alice.session.receive(again.commit, NOW));
    bob.take(again.accepted(bob.means));
    assert.deepEqual(bob.session.epochAuthenticator, alice.session.epochAuthenticator);
});
test("clients and packages come back from their records", async () => {
    const device = await Device.make("alice", 1);
    const again = await Client.load(device.me.dump());
    assert.deepEqual(again.dump(), device.me.dump());
    const own = await device.package();
    assert.deepEqual((await OwnPackage.load(own.dump())).dump(), own.dump());
    await assert.rejects(Client.load(own.dump()), Broken);
    await assert.rejects(Session.load(new Map(), device.means), Broken);
    const { session } = await Session.create(device.me, device.means, GROUP, NOW);
    for (const name of session.dump().keys()) {
        const damaged = session.dump().set(name, new Uint8Array(3));
        const without = session.dump();
        without.delete(name);
        if (!/^(m|psk)\//.test(name)) {
            await assert.rejects(Session.load(damaged, device.means), Broken, name);
            await assert.rejects(Session.load(without, device.means), Broken, name);
        }
    }
});
