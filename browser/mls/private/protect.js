/** Pure: AuthenticatedContent to and from PublicMessage and PrivateMessage (RFC 9420 §6.1-6.3). */
import { Forbidden, Malformed, Unproven } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import * as framing from "../public/framing.ts";
import { MLS10, verifyWithLabel } from "../public/suite.ts";
import { expandWithLabel, mac, same, signWithLabel } from "./crypto.ts";
import { APPLICATION, HANDSHAKE, } from "./secret_tree.ts";
const LABEL = "FramedContentTBS";
const SMALLEST = 256;
const LARGEST_DOUBLING = 4096;
/**
 * The encoded `FramedContentTBS`; `context` is the encoded GroupContext of the epoch.
 *
 * It counts for members and for those who join by their own commit (§6.1).
 */
export function contentTbs(wireFormat, content, context) {
    const encoded = framing.encodeFramedContent(content);
    const tbs = concat(tls.u16(MLS10), tls.u16(wireFormat), encoded);
    const { type } = content.sender;
    const inside = type === framing.MEMBER || type === framing.NEW_MEMBER_COMMIT;
    return inside ? concat(tbs, context) : tbs;
}
/** The signature of `content`. */
export function sign(key, wireFormat, content, context) {
    return signWithLabel(key, LABEL, contentTbs(wireFormat, content, context));
}
/** The sender's key signed this content, in this epoch (MLS-6.1e). */
export async function checkSignature(key, message, context) {
    const tbs = contentTbs(message.wireFormat, message.content, context);
    if (!(await verifyWithLabel(key, LABEL, tbs, message.auth.signature))) {
        throw new Unproven("MLS-6.1e", "the signature of a message is wrong");
    }
}
/** The MAC that only members can make (§6.2); `key` is the membership key. */
export function membershipTag(key, content, auth, context) {
    const tbs = contentTbs(framing.PUBLIC_MESSAGE, content, context);
    return mac(key, concat(tbs, framing.encodeAuthData(auth)));
}
/** `message` as a PublicMessage, with a membership tag where the sender is a member. */
export function protectPublic(key, message, context) {
    const { content, auth } = message;
    const isMember = content.sender.type === framing.MEMBER;
    const tag = isMember ? membershipTag(key, content, auth, context) : null;
    return { kind: "publicMessage", content, auth, membershipTag: tag };
}
/** A member made this message (MLS-6.2b). */
export function checkMembershipTag(key, message, context) {
    const expected = membershipTag(key, message.content, message.auth, context);
    if (message.membershipTag === null || !same(expected, message.membershipTag)) {
        throw new Unproven("MLS-6.2b", "a membership tag is wrong");
    }
}
/** Application data is never sent in clear (MLS-6a). */
export function checkNotApplication(message) {
    if (message.content.content.kind === "application") {
        throw new Forbidden("MLS-6a", "application data in a message that is not encrypted");
    }
}
/** The step of the padding ladder that holds `size` bytes: doublings, then steps of 5 %. */
export function paddedSize(size) {
    let step = SMALLEST;
    while (step < size)
        step = step < LARGEST_DOUBLING ? step * 2 : step + Math.floor(step / 20);
    return step;
}
function encodeSenderData(data) {
    return concat(tls.u32(data.leafIndex), tls.u32(data.generation), data.reuseGuard);
}
function readSenderData(reader) {
    return { leafIndex: reader.u32(), generation: reader.u32(), reuseGuard: reader.take(4) };
}
/** For the sender data that goes with `ciphertext` (§6.3.2). */
export function senderDataKey(suite, secret, ciphertext) {
    const sample = ciphertext.slice(0, suite.nh);
    return {
        key: expandWithLabel(secret, "key", sample, suite.aead.nk),
        nonce: expandWithLabel(secret, "nonce", sample, suite.aead.nn),
    };
}
function guarded(nonce, guard) {
    return nonce.map((byte, at) => byte ^ (guard[at] ?? 0));
}
/** The encoded `SenderDataAAD`, with which `PrivateContentAAD` begins too. */
function header(groupId, epoch, contentType) {
    return concat(tls.opaque(groupId), tls.u64(epoch), tls.u8(contentType));
}
/** Which ratchet a sender uses for this type of content. */
export function placeOf(leaf, contentType) {
    return { leaf, kind: contentType === framing.APPLICATION ? APPLICATION : HANDSHAKE };
}
/** Only a member can send a PrivateMessage (MLS-6.3.2b). */
export function checkMember(sender) {
    if (sender.type !== framing.MEMBER) {
        throw new Forbidden("MLS-6.3.2b", "only a member can send an encrypted message");
    }
}
function padded(plaintext) {
    const room = new Uint8Array(paddedSize(plaintext.length));
    room.set(plaintext);
    return room;
}
/** `message` as a PrivateMessage, with the key in `ahead`, padded to the ladder. */
export async function protectPrivate(suite, senderDataSecret, ahead, message, entropy) {
    const { content, auth } = message;
    checkMember(content.sender);
    const contentType = framing.contentType(content.content);
    const head = header(content.groupId, content.epoch, contentType);
    const plaintext = concat(framing.encodeContent(content.content), framing.encodeAuthData(auth));
    const reuseGuard = entropy.draw(4);
    const ciphertext = await suite.aead.seal(ahead.key.key, guarded(ahead.key.nonce, reuseGuard), padded(plaintext), concat(head, tls.opaque(content.authenticatedData)));
    const { generation } = ahead.key;
    const data = encodeSenderData({ leafIndex: content.sender.index, generation, reuseGuard });
    const { key, nonce } = senderDataKey(suite, senderDataSecret, ciphertext);
    return {
        kind: "privateMessage",
        groupId: content.groupId,
        epoch: content.epoch,
        contentType,
        authenticatedData: content.authenticatedData,
        encryptedSenderData: await suite.aead.seal(key, nonce, data, head),
        ciphertext,
    };
}
/** Who sent `message` and which key it needs. Throws `Unproven` (MLS-6.3.2c). */
export async function openSenderData(suite, senderDataSecret, message) {
    const head = header(message.groupId, message.epoch, message.contentType);
    const { key, nonce } = senderDataKey(suite, senderDataSecret, message.ciphertext);
    const plain = await suite.aead.open(key, nonce, message.encryptedSenderData, head);
    if (plain === null) {
        throw new Unproven("MLS-6.3.2c", "the sender data of a message does not open");
    }
    return tls.parse(plain, readSenderData);
}
/** Padding is zero bytes only (MLS-6.3.1a). */
export function checkPadding(padding) {
    if (padding.some((byte) => byte !== 0)) {
        throw new Malformed("MLS-6.3.1a", "the padding of a message is not zero");
    }
}
/** The content, not yet believed: its signature is to be checked before the key is taken. */
export async function openContent(suite, secrets, message, data, bounds) {
    const { groupId, epoch, contentType, authenticatedData } = message;
    const ahead = secrets.ahead(placeOf(data.leafIndex, contentType), data.generation, bounds);
    const plain = await suite.aead.open(ahead.key.key, guarded(ahead.key.nonce, data.reuseGuard), message.ciphertext, concat(header(groupId, epoch, contentType), tls.opaque(authenticatedData)));
    if (plain === null)
        throw new Unproven("MLS-6.3.1b", "a message does not open");
    const reader = new tls.Reader(plain);
    const content = framing.readContent(reader, contentType);
    const auth = framing.readAuthData(reader, contentType);
    checkPadding(reader.rest());
    const sender = framing.member(data.leafIndex);
    const framed = { groupId, epoch, sender, authenticatedData, content };
    return { content: { wireFormat: framing.PRIVATE_MESSAGE, content: framed, auth }, ahead };
}
