/** Vectors of the codec, the tree arithmetic and the basic functions of cryptography. */
import assert from "node:assert/strict";
import * as keys from "../mls/private/crypto.ts";
import * as hpke from "../mls/private/hpke.ts";
import * as schedule from "../mls/private/key_schedule.ts";
import { pskSecret } from "../mls/private/psk.ts";
import { confirmedHash, interimHash } from "../mls/private/transcript.ts";
import { encodeGroupSecrets, readGroupSecrets } from "../mls/private/welcome.ts";
import { readCommit } from "../mls/public/commit.ts";
import * as framing from "../mls/public/framing.ts";
import { groupContext } from "../mls/public/group_info.ts";
import { encodeProposal, readProposal } from "../mls/public/proposals.ts";
import { hash, MLS10, refHash, suiteOf, verifyWithLabel } from "../mls/public/suite.ts";
import { parseTree } from "../mls/public/tree.ts";
import * as treeMath from "../mls/public/tree_math.ts";
import { concat, EMPTY, hex, unhex } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
/** One case of a file of vectors, whose members are looked at one by one. */
export class Case {
    #members;
    constructor(members) {
        assert(typeof members === "object" && members !== null);
        this.#members = members;
    }
    has(name) {
        return name in this.#members;
    }
    any(name) {
        assert(this.has(name), `no member ${name}`);
        return this.#members[name];
    }
    text(name) {
        const value = this.any(name);
        assert(typeof value === "string", name);
        return value;
    }
    number(name) {
        const value = this.any(name);
        assert(typeof value === "number", name);
        return value;
    }
    bytes(name) {
        return unhex(this.text(name));
    }
    part(name) {
        return new Case(this.any(name));
    }
    list(name) {
        const value = this.any(name);
        assert(Array.isArray(value), name);
        return value;
    }
    parts(name) {
        return this.list(name).map((item) => new Case(item));
    }
    get suite() {
        return suiteOf(this.number("cipher_suite"));
    }
}
export function same(what, got, wanted) {
    assert.equal(got === null ? null : hex(got), hex(wanted), what);
}
/** Not chance at all: entropy for vectors, where no value of ours is compared. */
export class Counter {
    #next = 0n;
    draw(count) {
        let seed = tls.u64(this.#next++);
        let out = EMPTY;
        while (out.length < count) {
            seed = hash(seed);
            out = concat(out, seed);
        }
        return out.slice(0, count);
    }
}
export async function treeMathCase(one) {
    const leaves = one.number("n_leaves");
    const nodes = Array.from({ length: treeMath.nodeWidth(leaves) }, (_, node) => node);
    assert.equal(nodes.length, one.number("n_nodes"));
    assert.equal(treeMath.root(leaves), one.number("root"));
    assert.deepEqual(nodes.map(treeMath.left), one.list("left"));
    assert.deepEqual(nodes.map(treeMath.right), one.list("right"));
    assert.deepEqual(nodes.map((node) => treeMath.parent(node, leaves)), one.list("parent"));
    assert.deepEqual(nodes.map((node) => treeMath.sibling(node, leaves)), one.list("sibling"));
}
export async function deserializationCase(one) {
    const data = one.bytes("vlbytes_header");
    assert.equal(new tls.Reader(data).length(), one.number("length"));
    same("header", tls.length(one.number("length")), data);
}
export async function cryptoBasicsCase(one) {
    const { suite } = one;
    let part = one.part("ref_hash");
    same("ref_hash", refHash(part.text("label"), part.bytes("value")), part.bytes("out"));
    part = one.part("expand_with_label");
    let [secret, label] = [part.bytes("secret"), part.text("label")];
    let got = keys.expandWithLabel(secret, label, part.bytes("context"), part.number("length"));
    same("expand_with_label", got, part.bytes("out"));
    part = one.part("derive_secret");
    got = keys.deriveSecret(suite, part.bytes("secret"), part.text("label"));
    same("derive_secret", got, part.bytes("out"));
    part = one.part("derive_tree_secret");
    [secret, label] = [part.bytes("secret"), part.text("label")];
    got = keys.deriveTreeSecret(secret, label, part.number("generation"), part.number("length"));
    same("derive_tree_secret", got, part.bytes("out"));
    await signing(one.part("sign_with_label"));
    await sealing(suite, one.part("encrypt_with_label"));
}
async function signing(part) {
    const [key, label, content] = [part.bytes("pub"), part.text("label"), part.bytes("content")];
    const ours = await keys.signatureKey(part.bytes("priv"));
    same("pub", ours.public, key);
    const signatures = [part.bytes("signature"), await keys.signWithLabel(ours, label, content)];
    for (const one of signatures)
        assert(await verifyWithLabel(key, label, content, one));
}
async function sealing(suite, part) {
    const pair = await hpke.keyPair(part.bytes("priv"));
    same("pub", pair.public, part.bytes("pub"));
    const [label, context] = [part.text("label"), part.bytes("context")];
    const plain = part.bytes("plaintext");
    const given = { kemOutput: part.bytes("kem_output"), ciphertext: part.bytes("ciphertext") };
    const key = pair.public;
    const ours = await hpke.encryptWithLabel(suite, key, label, context, plain, new Counter());
    for (const sealed of [given, ours]) {
        same("plaintext", await hpke.decryptWithLabel(suite, pair, label, context, sealed), plain);
    }
}
export async function pskSecretCase(one) {
    const psks = one.parts("psks").map((psk) => {
        const [pskId, nonce] = [psk.bytes("psk_id"), psk.bytes("psk_nonce")];
        return { id: { type: "external", pskId, nonce }, psk: psk.bytes("psk") };
    });
    same("psk_secret", pskSecret(one.suite, psks), one.bytes("psk_secret"));
}
/** Field of a vector's epoch → field of `EpochSecrets`. */
const EPOCH_FIELDS = [
    ["init_secret", "init"],
    ["sender_data_secret", "senderData"],
    ["encryption_secret", "encryption"],
    ["exporter_secret", "exporter"],
    ["external_secret", "external"],
    ["confirmation_key", "confirmationKey"],
    ["membership_key", "membershipKey"],
    ["resumption_psk", "resumptionPsk"],
    ["epoch_authenticator", "epochAuthenticator"],
];
export async function keyScheduleCase(one) {
    const { suite } = one;
    let init = one.bytes("initial_init_secret");
    for (const [number, epoch] of one.parts("epochs").entries()) {
        const context = groupContext({
            version: MLS10,
            suiteId: suite.id,
            groupId: one.bytes("group_id"),
            epoch: BigInt(number),
            treeHash: epoch.bytes("tree_hash"),
            confirmedTranscriptHash: epoch.bytes("confirmed_transcript_hash"),
            extensions: [],
        });
        same("group_context", context.raw, epoch.bytes("group_context"));
        const joiner = schedule.joinerSecret(suite, init, epoch.bytes("commit_secret"), context);
        same("joiner_secret", joiner, epoch.bytes("joiner_secret"));
        const member = schedule.memberSecret(joiner, epoch.bytes("psk_secret"));
        same("welcome_secret", schedule.welcomeSecret(suite, member), epoch.bytes("welcome_secret"));
        const secrets = schedule.secretsOf(suite, member, context);
        for (const [field, name] of EPOCH_FIELDS)
            same(field, secrets[name], epoch.bytes(field));
        const external = await schedule.externalKeyPair(secrets);
        same("external_pub", external.public, epoch.bytes("external_pub"));
        const part = epoch.part("exporter");
        const [label, about] = [part.text("label"), part.bytes("context")];
        const got = schedule.exportSecret(suite, secrets, label, about, part.number("length"));
        same("exporter", got, part.bytes("secret"));
        init = secrets.init;
    }
}
export async function transcriptHashesCase(one) {
    const data = one.bytes("authenticated_content");
    const { wireFormat, content, auth } = tls.parse(data, framing.readAuthenticatedContent);
    same("encoding", framing.encodeAuthenticatedContent({ wireFormat, content, auth }), data);
    const before = one.bytes("interim_transcript_hash_before");
    const confirmed = confirmedHash(before, { wireFormat, content, signature: auth.signature });
    same("confirmed", confirmed, one.bytes("confirmed_transcript_hash_after"));
    const tag = keys.mac(one.bytes("confirmation_key"), confirmed);
    same("confirmation_tag", auth.confirmationTag, tag);
    same("interim", interimHash(confirmed, tag), one.bytes("interim_transcript_hash_after"));
}
const MESSAGES = [
    "mls_welcome",
    "mls_group_info",
    "mls_key_package",
    "public_message_application",
    "public_message_proposal",
    "public_message_commit",
    "private_message",
];
/** The vectors hold a proposal's body without its type, which is its place here. */
const PROPOSALS = [
    "add_proposal",
    "update_proposal",
    "remove_proposal",
    "pre_shared_key_proposal",
    "re_init_proposal",
    "external_init_proposal",
    "group_context_extensions_proposal",
];
export async function messagesCase(one) {
    for (const name of MESSAGES) {
        const data = one.bytes(name);
        same(name, framing.encodeMessage(framing.parseMessage(data)), data);
    }
    for (const [place, name] of PROPOSALS.entries()) {
        const data = concat(tls.u16(place + 1), one.bytes(name));
        same(name, encodeProposal(tls.parse(data, readProposal)), data);
    }
    same("tree", parseTree(suiteOf(1), one.bytes("ratchet_tree")).encode(), one.bytes("ratchet_tree"));
    same("commit", tls.parse(one.bytes("commit"), readCommit).raw, one.bytes("commit"));
    const secrets = tls.parse(one.bytes("group_secrets"), readGroupSecrets);
    same("group_secrets", encodeGroupSecrets(secrets), one.bytes("group_secrets"));
}
