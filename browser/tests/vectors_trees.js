/** Vectors of the secret tree, message protection, the ratchet tree, TreeKEM and Welcome. */
import assert from "node:assert/strict";
import * as keys from "../mls/private/crypto.ts";
import * as hpke from "../mls/private/hpke.ts";
import { checkConfirmationTag, memberSecret, secretsOf } from "../mls/private/key_schedule.ts";
import * as protect from "../mls/private/protect.ts";
import { pskSecret } from "../mls/private/psk.ts";
import { added, removed, updated } from "../mls/private/ratchet_tree.ts";
import { APPLICATION, HANDSHAKE, SecretTree } from "../mls/private/secret_tree.ts";
import * as treekem from "../mls/private/treekem.ts";
import { findEntry, openGroupInfo, openGroupSecrets } from "../mls/private/welcome.ts";
import { readUpdatePath } from "../mls/public/commit.ts";
import * as framing from "../mls/public/framing.ts";
import { groupContext, infoVerifies } from "../mls/public/group_info.ts";
import * as keyPackages from "../mls/public/key_package.ts";
import { COMMIT, checkLeafSignature, encodeFields, leafTbs, readLeaf, } from "../mls/public/leaf.ts";
import { readProposal } from "../mls/public/proposals.ts";
import { MLS10 } from "../mls/public/suite.ts";
import { parseTree } from "../mls/public/tree.ts";
import { checkParentHashes, checkUnmergedLeaves } from "../mls/public/tree_hash.ts";
import { concat, EMPTY, equal, unhex } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
import { Case, Counter, same } from "./vectors_basics.ts";
const FREE = { forward: 2 ** 20, kept: 2 ** 10, keptInAll: 20000 };
export async function secretTreeCase(one) {
    const { suite } = one;
    const part = one.part("sender_data");
    const ciphertext = part.bytes("ciphertext");
    const got = protect.senderDataKey(suite, part.bytes("sender_data_secret"), ciphertext);
    same("sender data key", got.key, part.bytes("key"));
    same("sender data nonce", got.nonce, part.bytes("nonce"));
    const leaves = one.list("leaves");
    const tree = SecretTree.begin(suite, leaves.length, one.bytes("encryption_secret"));
    for (const [leaf, generations] of leaves.entries()) {
        assert(Array.isArray(generations));
        for (const wanted of generations.map((each) => new Case(each))) {
            for (const [kind, name] of [
                [HANDSHAKE, "handshake"],
                [APPLICATION, "application"],
            ]) {
                const ahead = tree.ahead({ leaf, kind }, wanted.number("generation"), FREE);
                same(name, ahead.key.key, wanted.bytes(`${name}_key`));
                same(name, ahead.key.nonce, wanted.bytes(`${name}_nonce`));
                tree.take(ahead, FREE);
            }
        }
    }
}
function contextOf(one, treeHash) {
    return groupContext({
        version: MLS10,
        suiteId: one.suite.id,
        groupId: one.bytes("group_id"),
        epoch: BigInt(one.number("epoch")),
        treeHash,
        confirmedTranscriptHash: one.bytes("confirmed_transcript_hash"),
        extensions: [],
    });
}
/** What a member says in a case of message protection: the vector's bytes, and what they are. */
class Words {
    #one;
    #context;
    #content;
    constructor(one, name) {
        this.#one = one;
        this.#context = contextOf(one, one.bytes("tree_hash"));
        const data = one.bytes(name);
        const types = { proposal: framing.PROPOSAL, commit: framing.COMMIT, application: 0 };
        this.#content =
            name === "application"
                ? { kind: "application", data }
                : framing.readContent(new tls.Reader(data), types[name]);
    }
    #tree() {
        return SecretTree.begin(this.#one.suite, 2, this.#one.bytes("encryption_secret"));
    }
    #isSame(found) {
        same("content", framing.encodeContent(found.content), framing.encodeContent(this.#content));
    }
    async unprotectPrivate(message) {
        const body = framing.parseMessage(message);
        assert(body.kind === "privateMessage");
        const { suite } = this.#one;
        const secret = this.#one.bytes("sender_data_secret");
        const data = await protect.openSenderData(suite, secret, body);
        const { content } = await protect.openContent(suite, this.#tree(), body, data, FREE);
        await protect.checkSignature(this.#one.bytes("signature_pub"), content, this.#context.raw);
        this.#isSame(content.content);
    }
    async unprotectPublic(message) {
        const body = framing.parseMessage(message);
        assert(body.kind === "publicMessage");
        const context = this.#context.raw;
        protect.checkMembershipTag(this.#one.bytes("membership_key"), body, context);
        const authenticated = framing.authenticated(body);
        await protect.checkSignature(this.#one.bytes("signature_pub"), authenticated, context);
        this.#isSame(body.content);
    }
    async #signed(wireFormat) {
        const { groupId, epoch, raw } = this.#context;
        const sender = framing.member(1);
        const words = this.#content;
        const content = { groupId, epoch, sender, authenticatedData: EMPTY, content: words };
        const key = await keys.signatureKey(this.#one.bytes("signature_priv"));
        const signature = await protect.sign(key, wireFormat, content, raw);
        const tag = words.kind === "commit" ? new Uint8Array(32) : null;
        return { wireFormat, content, auth: { signature, confirmationTag: tag } };
    }
    async protectPublic() {
        const signed = await this.#signed(framing.PUBLIC_MESSAGE);
        const key = this.#one.bytes("membership_key");
        return framing.encodeMessage(protect.protectPublic(key, signed, this.#context.raw));
    }
    async protectPrivate() {
        const { suite } = this.#one;
        const signed = await this.#signed(framing.PRIVATE_MESSAGE);
        const place = protect.placeOf(1, framing.contentType(this.#content));
        const ahead = this.#tree().ahead(place, null, FREE);
        const secret = this.#one.bytes("sender_data_secret");
        const counter = new Counter();
        return framing.encodeMessage(await protect.protectPrivate(suite, secret, ahead, signed, counter));
    }
}
export async function messageProtectionCase(one) {
    for (const name of ["proposal", "commit", "application"]) {
        const words = new Words(one, name);
        await words.unprotectPrivate(one.bytes(`${name}_priv`));
        await words.unprotectPrivate(await words.protectPrivate());
        if (name === "application")
            continue;
        await words.unprotectPublic(one.bytes(`${name}_pub`));
        await words.unprotectPublic(await words.protectPublic());
    }
}
export async function treeOperationsCase(one) {
    let tree = parseTree(one.suite, one.bytes("tree_before"));
    same("tree_hash_before", tree.treeHash(), one.bytes("tree_hash_before"));
    const proposal = tls.parse(one.bytes("proposal"), readProposal);
    if (proposal.type === "add")
        ({ tree } = added(tree, proposal.keyPackage.leaf));
    if (proposal.type === "update") {
        tree = updated(tree, one.number("proposal_sender"), proposal.leaf);
    }
    if (proposal.type === "remove")
        tree = removed(tree, proposal.removed).truncated();
    same("tree_after", tree.encode(), one.bytes("tree_after"));
    same("tree_hash_after", tree.treeHash(), one.bytes("tree_hash_after"));
}
export async function treeValidationCase(one) {
    const tree = parseTree(one.suite, one.bytes("tree"));
    const nodes = [...tree.nodes.keys()];
    assert.deepEqual(nodes.map((node) => tree.resolution(node)), one.list("resolutions"));
    for (const [node, wanted] of one.list("tree_hashes").entries()) {
        same("tree_hash", tree.hashOf(node), unhex(String(wanted)));
    }
    checkParentHashes(tree);
    checkUnmergedLeaves(tree);
    for (const [index, leaf] of tree.members()) {
        await checkLeafSignature(leaf, one.bytes("group_id"), index);
    }
}
async function receiver(tree, known) {
    const leaf = known.number("index");
    const held = new Map([[2 * leaf, await hpke.keyPair(known.bytes("encryption_priv"))]]);
    for (const step of known.parts("path_secrets")) {
        const node = step.number("node");
        const secrets = await treekem.pathSecrets(tree.suite, step.bytes("path_secret"), [node]);
        for (const [at, pair] of treekem.pairsOf(secrets))
            held.set(at, pair);
        same("path key", tree.node(node)?.encryptionKey ?? null, held.get(node)?.public ?? EMPTY);
    }
    return { leaf, keys: held };
}
export async function treekemCase(one) {
    const tree = parseTree(one.suite, one.bytes("ratchet_tree"));
    const people = [];
    const signers = new Map();
    for (const known of one.parts("leaves_private")) {
        people.push(await receiver(tree, known));
        signers.set(known.number("index"), known.bytes("signature_priv"));
    }
    for (const update of one.parts("update_paths")) {
        const others = people.filter((person) => person.leaf !== update.number("sender"));
        await processPath(one, tree, others, update);
        await ownPath(one, tree, others, update.number("sender"), signers);
    }
}
async function processPath(one, tree, others, update) {
    const sender = update.number("sender");
    const path = tls.parse(update.bytes("update_path"), readUpdatePath);
    const merged = treekem.mergePath(tree, sender, path);
    same("tree_hash_after", merged.treeHash(), update.bytes("tree_hash_after"));
    const context = contextOf(one, merged.treeHash()).raw;
    for (const person of others) {
        const secrets = await treekem.openPath(merged, path, sender, person, [], context);
        const wanted = unhex(String(update.list("path_secrets")[person.leaf]));
        same("path_secret", secrets.steps[0]?.secret ?? null, wanted);
        same("commit_secret", secrets.commitSecret, update.bytes("commit_secret"));
    }
}
async function ownPath(one, tree, others, sender, signers) {
    const old = tree.leaf(sender);
    const signer = signers.get(sender);
    assert(old !== null && signer !== undefined);
    const signature = await keys.signatureKey(signer);
    const fresh = await hpke.freshKeyPair(tree.suite, new Counter());
    const leafFor = async (parentHash) => {
        const fields = encodeFields({ ...old, encryptionKey: fresh.public, source: parentHash });
        const place = { source: COMMIT, groupId: one.bytes("group_id"), leafIndex: sender };
        const signed = await keys.signWithLabel(signature, "LeafNodeTBS", leafTbs(fields, place));
        return tls.parse(concat(fields, tls.opaque(signed)), readLeaf);
    };
    const made = await treekem.makePath(tree, sender, new Counter(), leafFor);
    const context = contextOf(one, made.tree.treeHash()).raw;
    const path = await treekem.sealPath(made, context, [], new Counter());
    const merged = treekem.mergePath(tree, sender, path);
    assert(equal(merged.treeHash(), made.tree.treeHash()));
    for (const person of others) {
        const secrets = await treekem.openPath(merged, path, sender, person, [], context);
        same("own commit secret", secrets.commitSecret, made.secrets.commitSecret);
    }
}
export async function welcomeCase(one) {
    const suite = one.suite;
    const keyPackage = keyPackages.parse(one.bytes("key_package"));
    const welcome = framing.parseMessage(one.bytes("welcome"));
    assert(welcome.kind === "welcome");
    const init = await hpke.keyPair(one.bytes("init_priv"));
    const entry = findEntry(welcome, keyPackage);
    const secrets = await openGroupSecrets(suite, welcome, entry, init);
    const member = memberSecret(secrets.joinerSecret, pskSecret(suite, []));
    const info = await openGroupInfo(suite, welcome, member);
    assert(await infoVerifies(info, one.bytes("signer_pub")));
    const epoch = secretsOf(suite, member, info.context);
    checkConfirmationTag(epoch, info.context.confirmedTranscriptHash, info.confirmationTag);
}
