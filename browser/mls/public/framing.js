/** Pure: message framing: MLSMessage, its formats, the header a relay may read (RFC 9420 §6). */
import { Malformed, TooMuch } from "../../errors.ts";
import { concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readCommit } from "./commit.ts";
import { encodeGroupInfo, encodeWelcome, readGroupInfo, readWelcome, } from "./group_info.ts";
import { readKeyPackage } from "./key_package.ts";
import { encodeProposal, readProposal } from "./proposals.ts";
import { MLS10 } from "./suite.ts";
export const PUBLIC_MESSAGE = 1;
export const PRIVATE_MESSAGE = 2;
export const WELCOME = 3;
export const GROUP_INFO = 4;
export const KEY_PACKAGE = 5;
export const APPLICATION = 1;
export const PROPOSAL = 2;
export const COMMIT = 3;
export const MEMBER = 1;
export const EXTERNAL = 2;
export const NEW_MEMBER_PROPOSAL = 3;
export const NEW_MEMBER_COMMIT = 4;
/** A Welcome with the tree of 10,000 members is about 3 MiB. */
export const LONGEST_MESSAGE = 4 * 2 ** 20;
export function member(index) {
    return { type: MEMBER, index };
}
export function sameSender(a, b) {
    return a.type === b.type && a.index === b.index;
}
export function encodeSender(sender) {
    const type = tls.u8(sender.type);
    return sender.type <= EXTERNAL ? concat(type, tls.u32(sender.index)) : type;
}
export function readSender(reader) {
    const type = reader.u8();
    if (type < MEMBER || type > NEW_MEMBER_COMMIT) {
        throw new Malformed("MLS-6", "a type of sender that is not known");
    }
    return { type, index: type <= EXTERNAL ? reader.u32() : 0 };
}
const CONTENT_TYPES = { application: APPLICATION, proposal: PROPOSAL, commit: COMMIT };
export function contentType(content) {
    return CONTENT_TYPES[content.kind];
}
export function encodeContent(content) {
    switch (content.kind) {
        case "application":
            return tls.opaque(content.data);
        case "proposal":
            return encodeProposal(content.proposal);
        case "commit":
            return content.raw;
    }
}
export function encodeFramedContent(framed) {
    return concat(tls.opaque(framed.groupId), tls.u64(framed.epoch), encodeSender(framed.sender), tls.opaque(framed.authenticatedData), tls.u8(contentType(framed.content)), encodeContent(framed.content));
}
export function readContent(reader, type) {
    switch (type) {
        case APPLICATION:
            return { kind: "application", data: reader.opaque() };
        case PROPOSAL:
            return { kind: "proposal", proposal: readProposal(reader) };
        case COMMIT:
            return readCommit(reader);
        default:
            throw new Malformed("MLS-6", "a type of content that is not known");
    }
}
function readFramedContent(reader) {
    return {
        groupId: reader.opaque(),
        epoch: reader.u64(),
        sender: readSender(reader),
        authenticatedData: reader.opaque(),
        content: readContent(reader, reader.u8()),
    };
}
function encodeTag(tag) {
    return tag === null ? EMPTY : tls.opaque(tag);
}
export function encodeAuthData(auth) {
    return concat(tls.opaque(auth.signature), encodeTag(auth.confirmationTag));
}
export function readAuthData(reader, type) {
    const signature = reader.opaque();
    return { signature, confirmationTag: type === COMMIT ? reader.opaque() : null };
}
export function encodeAuthenticatedContent(message) {
    const { wireFormat, content, auth } = message;
    return concat(tls.u16(wireFormat), encodeFramedContent(content), encodeAuthData(auth));
}
export function readAuthenticatedContent(reader) {
    const wireFormat = reader.u16();
    const content = readFramedContent(reader);
    return { wireFormat, content, auth: readAuthData(reader, contentType(content.content)) };
}
export function authenticated(message) {
    return { wireFormat: PUBLIC_MESSAGE, content: message.content, auth: message.auth };
}
function encodePublicMessage(message) {
    const auth = encodeAuthData(message.auth);
    return concat(encodeFramedContent(message.content), auth, encodeTag(message.membershipTag));
}
function readPublicMessage(reader) {
    const content = readFramedContent(reader);
    const auth = readAuthData(reader, contentType(content.content));
    const membershipTag = content.sender.type === MEMBER ? reader.opaque() : null;
    return { kind: "publicMessage", content, auth, membershipTag };
}
function encodePrivateMessage(message) {
    return concat(tls.opaque(message.groupId), tls.u64(message.epoch), tls.u8(message.contentType), tls.opaque(message.authenticatedData), tls.opaque(message.encryptedSenderData), tls.opaque(message.ciphertext));
}
function readPrivateMessage(reader) {
    const groupId = reader.opaque();
    const epoch = reader.u64();
    const type = reader.u8();
    if (type < APPLICATION || type > COMMIT) {
        throw new Malformed("MLS-6", "a type of content that is not known");
    }
    return {
        kind: "privateMessage",
        groupId,
        epoch,
        contentType: type,
        authenticatedData: reader.opaque(),
        encryptedSenderData: reader.opaque(),
        ciphertext: reader.opaque(),
    };
}
function readBody(reader, wireFormat) {
    switch (wireFormat) {
        case PUBLIC_MESSAGE:
            return readPublicMessage(reader);
        case PRIVATE_MESSAGE:
            return readPrivateMessage(reader);
        case WELCOME:
            return readWelcome(reader);
        case GROUP_INFO:
            return readGroupInfo(reader);
        case KEY_PACKAGE:
            return readKeyPackage(reader);
        default:
            throw new Malformed("MLS-6", "a wire format that is not known");
    }
}
export function readMessage(reader) {
    if (reader.u16() !== MLS10)
        throw new Malformed("MLS-6", "a message of another version of MLS");
    const body = readBody(reader, reader.u16());
    if (body.kind === "keyPackage" && body.version !== MLS10) {
        throw new Malformed("MLS-10a", "a key package of another version than its message");
    }
    return body;
}
/** The one MLSMessage that `data` is. Throws `Malformed` or `TooMuch`. */
export function parseMessage(data) {
    checkSize(data);
    return tls.parse(data, readMessage);
}
const WIRE_FORMATS = {
    publicMessage: PUBLIC_MESSAGE,
    privateMessage: PRIVATE_MESSAGE,
    welcome: WELCOME,
    groupInfo: GROUP_INFO,
    keyPackage: KEY_PACKAGE,
};
function encodeBody(body) {
    switch (body.kind) {
        case "publicMessage":
            return encodePublicMessage(body);
        case "privateMessage":
            return encodePrivateMessage(body);
        case "welcome":
            return encodeWelcome(body);
        case "groupInfo":
            return encodeGroupInfo(body);
        case "keyPackage":
            return body.raw;
    }
}
/** `body` as an MLSMessage. */
export function encodeMessage(body) {
    return concat(tls.u16(MLS10), tls.u16(WIRE_FORMATS[body.kind]), encodeBody(body));
}
/** Refuse what is larger than any message of ours before reading it. */
export function checkSize(data) {
    if (data.length > LONGEST_MESSAGE) {
        throw new TooMuch("MLS-2.1b", "a message is larger than is accepted here");
    }
}
/** The header of the MLSMessage in `data`. Throws `Malformed` or `TooMuch`. */
export function header(data) {
    const body = parseMessage(data);
    switch (body.kind) {
        case "privateMessage": {
            const { groupId, epoch, contentType: type } = body;
            return { wireFormat: PRIVATE_MESSAGE, groupId, epoch, contentType: type };
        }
        case "publicMessage": {
            const { groupId, epoch, content } = body.content;
            return { wireFormat: PUBLIC_MESSAGE, groupId, epoch, contentType: contentType(content) };
        }
        case "groupInfo": {
            const { groupId, epoch } = body.context;
            return { wireFormat: GROUP_INFO, groupId, epoch, contentType: null };
        }
        default:
            return {
                wireFormat: WIRE_FORMATS[body.kind],
                groupId: null,
                epoch: null,
                contentType: null,
            };
    }
}
