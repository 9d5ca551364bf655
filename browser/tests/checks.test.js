/** The refusals that no message of the must-refuse corpus can ask for: of our own doing, and of ends. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Broken, Refused } from "../errors.ts";
import { announced, chooseSuite, Session, succeed } from "../mls/index.ts";
import { compareKey } from "../mls/private/certificate.ts";
import { checkCapabilities } from "../mls/private/client.ts";
import { same } from "../mls/private/crypto.ts";
import { checkUpdate } from "../mls/private/proposal_list.ts";
import { checkMember, paddedSize } from "../mls/private/protect.ts";
import { lookUp } from "../mls/private/psk.ts";
import { BOUNDS, SecretTree } from "../mls/private/secret_tree.ts";
import * as framing from "../mls/public/framing.ts";
import { nextContext } from "../mls/public/group_info.ts";
import { checkExtensionsListed } from "../mls/public/key_package.ts";
import { readProposal, readProposalOrRef, readPskId } from "../mls/public/proposals.ts";
import { suiteOf } from "../mls/public/suite.ts";
import { checkLastNode, parseTree } from "../mls/public/tree.ts";
import { directPath } from "../mls/public/tree_math.ts";
import { concat, EMPTY, unhex, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
import { Device, group, NOW, refused } from "./people.ts";
function refuses(clause, deed) {
    assert.throws(deed, (error) => error instanceof Refused && error.clause === clause, clause);
}
test("our own capabilities list no defaults, and a suite is one that all have", async () => {
    const { me } = await Device.make("alice", 1);
    checkCapabilities(me.capabilities);
    assert.throws(() => checkCapabilities({ ...me.capabilities, extensions: [3] }), Broken);
    assert.throws(() => checkCapabilities({ ...me.capabilities, proposals: [1] }), Broken);
    assert.equal(chooseSuite([me.capabilities, { ...me.capabilities, cipherSuites: [3] }]), 3);
    refuses("MLS-11a", () => chooseSuite([{ ...me.capabilities, cipherSuites: [2] }]));
});
test("a key package of ours lists its extensions", async () => {
    const { me, means } = await Device.make("alice", 1);
    const extensions = [{ type: 0xf0aa, data: EMPTY }];
    await refused("MLS-10c", me.keyPackage(means.entropy, NOW, 60, extensions));
    const own = await me.keyPackage(means.entropy, NOW);
    refuses("MLS-10c", () => checkExtensionsListed({ ...own.keyPackage, extensions }));
});
test("a ratchet ends, and so does an epoch's share of messages", async () => {
    const [alice] = (await group(1, "alice", "bob"));
    await alice.policy({ messagesPerEpoch: 3 });
    for (let count = 0; count < 3; count++)
        alice.take(await alice.session.seal(utf8("x")));
    await refused("MLS-15.2", alice.session.seal(utf8("x")));
    const last = concat(tls.u32(2 ** 32 - 1), new Uint8Array(32));
    const tree = SecretTree.load(suiteOf(1), 2, [["r/0/1", last]]);
    refuses("MLS-15.2", () => tree.ahead({ leaf: 0, kind: 1 }, null, BOUNDS));
    refuses("MLS-9.2a", () => tree.ahead({ leaf: 2, kind: 1 }, null, BOUNDS));
    refuses("MLS-9.2a", () => tree.ahead({ leaf: 1, kind: 1 }, null, BOUNDS));
});
test("a group ends with the last epoch that has a number", async () => {
    const [alice] = (await group(1, "alice"));
    const last = { ...alice.session.group.context, epoch: 2n ** 64n - 1n };
    refuses("MLS-8.1", () => nextContext(last, EMPTY, []));
});
test("only a message of the group is received", async () => {
    const [alice, bob] = (await group(1, "alice", "bob"));
    const { keyPackage } = await bob.package();
    await refused("MLS-6b", bob.session.receive(framing.encodeMessage(keyPackage), NOW));
    await refused("MLS-6b", bob.session.receive(await alice.session.groupInfo(), NOW));
});
test("only members encrypt, and only members update", async () => {
    const [alice, bob] = (await group(1, "alice", "bob"));
    refuses("MLS-6.3.2b", () => checkMember({ type: framing.NEW_MEMBER_COMMIT, index: 0 }));
    const { context, tree } = alice.session.group;
    const resuming = { sending: false, resuming: false };
    const scene = { context, tree, means: bob.means, now: NOW, ...resuming };
    const leaf = tree.leaf(1);
    assert(leaf !== null);
    for (const sender of [{ type: framing.EXTERNAL, index: 0 }, framing.member(7)]) {
        await refused("MLS-12.1.2", checkUpdate({ type: "update", leaf }, sender, scene));
    }
});
test("a path that has nothing for us is refused", async () => {
    const [alice, bob] = (await group(1, "alice", "bob", "carol"));
    const { commit } = alice.take(await alice.session.stage(NOW));
    const records = bob.session.dump();
    const secrets = records.get("secrets");
    assert(secrets !== undefined);
    // Nine secrets of which two are gone, then the keys: here none.
    const kept = 10 + 7 * 33 + 2;
    const signature = secrets.slice(-33);
    records.set("secrets", concat(secrets.slice(0, kept), tls.u8(0), signature));
    const bare = await Session.load(records, bob.means);
    await refused("MLS-7.6c", bare.receive(commit, NOW));
    bob.take(await bob.session.receive(commit, NOW));
});
test("a group is followed only by the one that its ReInit announced", async () => {
    const [alice] = (await group(1, "alice"));
    refuses("MLS-11.2d", () => announced(alice.session));
    const groupId = utf8("the next");
    const reinit = { type: "reinit", groupId, version: 1, suiteId: 3, extensions: [] };
    alice.take(await alice.session.stage(NOW, [reinit]));
    alice.take(await alice.session.merge(NOW));
    assert(alice.session.closed);
    await refused("MLS-12.4.2b", alice.session.seal(utf8("x")));
    await refused("MLS-11.2b", succeed(alice.session, alice.me, alice.means, NOW));
    const next = await Device.make("alice", 3);
    const { session } = await succeed(alice.session, next.me, next.means, NOW);
    assert.deepEqual(session.groupId, groupId);
});
test("what cannot be read has its clause", () => {
    for (const data of ["0001", "0301", "0200", "0204"]) {
        refuses("MLS-8.4", () => tls.parse(concat(unhex(data), new Uint8Array(20)), readPskId));
    }
    for (const kind of [0, 3]) {
        const data = concat(tls.u8(kind), new Uint8Array(8));
        refuses("MLS-12.4", () => tls.parse(data, readProposalOrRef));
    }
    for (const type of [0, 8, 0x0a0a, 0xf123]) {
        refuses("MLS-13.2", () => tls.parse(concat(tls.u16(type), new Uint8Array(4)), readProposal));
    }
    refuses("MLS-6", () => framing.readContent(new tls.Reader(EMPTY), 4));
    refuses("MLS-12.4.3.3a", () => checkLastNode([]));
    refuses("MLS-7.8", () => parseTree(suiteOf(1), unhex("020103")));
    refuses("MLS-2.1b", () => framing.checkSize(new Uint8Array(4 * 2 ** 20 + 1)));
});
test("an epoch takes so many pre-shared keys and no more", () => {
    const id = { type: "external", nonce: EMPTY, pskId: EMPTY };
    const find = () => new Uint8Array(1);
    assert.equal(lookUp(find, new Array(256).fill(id)).length, 256);
    refuses("MLS-8.4d", () => lookUp(find, new Array(257).fill(id)));
    refuses("MLS-12.4.2c", () => lookUp(() => null, [id]));
});
test("padding climbs a ladder", () => {
    const steps = [0, 256, 257, 4096, 4097, 4301, 100000];
    assert.deepEqual(steps.map(paddedSize), [256, 256, 512, 4096, 4300, 4515, 102322]);
});
test("tags are compared whole", () => {
    const tag = new Uint8Array(32).fill(7);
    assert(same(tag, tag.slice()));
    assert(!same(tag, tag.slice(1)));
    assert(!same(tag, concat(tag, tls.u8(0))));
    for (let at = 0; at < tag.length; at++)
        assert(!same(tag, tag.with(at, 0)));
});
test("a node that is not in the tree has no way up", () => {
    assert.throws(() => directPath(7, 4), RangeError);
    assert.deepEqual(directPath(0, 4), [1, 3]);
});
test("a certificate is of one key, or cannot be read", () => {
    const key = new Uint8Array(32).fill(9);
    const sequence = (...parts) => {
        const content = concat(...parts);
        return concat(unhex(content.length < 128 ? "30" : "3081"), tls.u8(content.length), content);
    };
    const [serial, empty] = [unhex("020101"), unhex("3000")];
    const info = concat(unhex("302a300506032b6570032100"), key);
    const version = unhex("a003020102");
    const fields = [serial, empty, empty, empty, empty, info];
    const certificate = (...tbs) => sequence(sequence(...tbs), empty, unhex("0300"));
    assert.equal(compareKey(certificate(...fields), key), "same key");
    assert.equal(compareKey(certificate(version, ...fields), key), "same key");
    assert.equal(compareKey(certificate(...fields), key.with(0, 1)), "another key");
    const whole = certificate(...fields);
    for (const broken of [
        EMPTY,
        whole.slice(0, -1),
        concat(whole, tls.u8(0)),
        certificate(...fields.slice(1)),
        certificate(serial),
        sequence(sequence(...fields)),
        unhex("3080"),
        unhex("308100"),
    ]) {
        assert.equal(compareKey(broken, key), "unreadable");
    }
});
