/** Pure: message framing: MLSMessage, its formats, the header a relay may read (RFC 9420 §6). */

import { Malformed, TooMuch } from "../../errors.ts";
import { type Bytes, concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { type Commit, readCommit } from "./commit.ts";
import {
  encodeGroupInfo,
  encodeWelcome,
  type GroupInfo,
  readGroupInfo,
  readWelcome,
  type Welcome,
} from "./group_info.ts";
import { type KeyPackage, readKeyPackage } from "./key_package.ts";
import { encodeProposal, type Proposal, readProposal } from "./proposals.ts";
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

/** `index` is a leaf index for a member, a place in external_senders for an external one. */
export interface Sender {
  readonly type: number;
  readonly index: number;
}

export function member(index: number): Sender {
  return { type: MEMBER, index };
}

export function sameSender(a: Sender, b: Sender): boolean {
  return a.type === b.type && a.index === b.index;
}

export function encodeSender(sender: Sender): Bytes {
  const type = tls.u8(sender.type);
  return sender.type <= EXTERNAL ? concat(type, tls.u32(sender.index)) : type;
}

export function readSender(reader: tls.Reader): Sender {
  const type = reader.u8();
  if (type < MEMBER || type > NEW_MEMBER_COMMIT) {
    throw new Malformed("MLS-6", "a type of sender that is not known");
  }
  return { type, index: type <= EXTERNAL ? reader.u32() : 0 };
}

/** A person's words, or whatever else the application says. */
export interface ApplicationData {
  readonly kind: "application";
  readonly data: Bytes;
}

/** A proposal by itself. */
export interface Proposing {
  readonly kind: "proposal";
  readonly proposal: Proposal;
}

export type Content = ApplicationData | Proposing | Commit;

export interface FramedContent {
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly sender: Sender;
  readonly authenticatedData: Bytes;
  readonly content: Content;
}

const CONTENT_TYPES = { application: APPLICATION, proposal: PROPOSAL, commit: COMMIT } as const;

export function contentType(content: Content): number {
  return CONTENT_TYPES[content.kind];
}

export function encodeContent(content: Content): Bytes {
  switch (content.kind) {
    case "application":
      return tls.opaque(content.data);
    case "proposal":
      return encodeProposal(content.proposal);
    case "commit":
      return content.raw;
  }
}

export function encodeFramedContent(framed: FramedContent): Bytes {
  return concat(
    tls.opaque(framed.groupId),
    tls.u64(framed.epoch),
    encodeSender(framed.sender),
    tls.opaque(framed.authenticatedData),
    tls.u8(contentType(framed.content)),
    encodeContent(framed.content),
  );
}

export function readContent(reader: tls.Reader, type: number): Content {
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

function readFramedContent(reader: tls.Reader): FramedContent {
  return {
    groupId: reader.opaque(),
    epoch: reader.u64(),
    sender: readSender(reader),
    authenticatedData: reader.opaque(),
    content: readContent(reader, reader.u8()),
  };
}

/** `FramedContentAuthData`; the tag stands only with a commit. */
export interface AuthData {
  readonly signature: Bytes;
  readonly confirmationTag: Bytes | null;
}

function encodeTag(tag: Bytes | null): Bytes {
  return tag === null ? EMPTY : tls.opaque(tag);
}

export function encodeAuthData(auth: AuthData): Bytes {
  return concat(tls.opaque(auth.signature), encodeTag(auth.confirmationTag));
}

export function readAuthData(reader: tls.Reader, type: number): AuthData {
  const signature = reader.opaque();
  return { signature, confirmationTag: type === COMMIT ? reader.opaque() : null };
}

export interface AuthenticatedContent {
  readonly wireFormat: number;
  readonly content: FramedContent;
  readonly auth: AuthData;
}

export function encodeAuthenticatedContent(message: AuthenticatedContent): Bytes {
  const { wireFormat, content, auth } = message;
  return concat(tls.u16(wireFormat), encodeFramedContent(content), encodeAuthData(auth));
}

export function readAuthenticatedContent(reader: tls.Reader): AuthenticatedContent {
  const wireFormat = reader.u16();
  const content = readFramedContent(reader);
  return { wireFormat, content, auth: readAuthData(reader, contentType(content.content)) };
}

/** Signed, not encrypted. The membership tag stands only with a member. */
export interface PublicMessage {
  readonly kind: "publicMessage";
  readonly content: FramedContent;
  readonly auth: AuthData;
  readonly membershipTag: Bytes | null;
}

export function authenticated(message: PublicMessage): AuthenticatedContent {
  return { wireFormat: PUBLIC_MESSAGE, content: message.content, auth: message.auth };
}

function encodePublicMessage(message: PublicMessage): Bytes {
  const auth = encodeAuthData(message.auth);
  return concat(encodeFramedContent(message.content), auth, encodeTag(message.membershipTag));
}

function readPublicMessage(reader: tls.Reader): PublicMessage {
  const content = readFramedContent(reader);
  const auth = readAuthData(reader, contentType(content.content));
  const membershipTag = content.sender.type === MEMBER ? reader.opaque() : null;
  return { kind: "publicMessage", content, auth, membershipTag };
}

/** Signed and encrypted. What stands here in clear is all that a relay learns. */
export interface PrivateMessage {
  readonly kind: "privateMessage";
  readonly groupId: Bytes;
  readonly epoch: bigint;
  readonly contentType: number;
  readonly authenticatedData: Bytes;
  readonly encryptedSenderData: Bytes;
  readonly ciphertext: Bytes;
}

function encodePrivateMessage(message: PrivateMessage): Bytes {
  return concat(
    tls.opaque(message.groupId),
    tls.u64(message.epoch),
    tls.u8(message.contentType),
    tls.opaque(message.authenticatedData),
    tls.opaque(message.encryptedSenderData),
    tls.opaque(message.ciphertext),
  );
}

function readPrivateMessage(reader: tls.Reader): PrivateMessage {
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

export type Body = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage;

function readBody(reader: tls.Reader, wireFormat: number): Body {
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

export function readMessage(reader: tls.Reader): Body {
  if (reader.u16() !== MLS10) throw new Malformed("MLS-6", "a message of another version of MLS");
  const body = readBody(reader, reader.u16());
  if (body.kind === "keyPackage" && body.version !== MLS10) {
    throw new Malformed("MLS-10a", "a key package of another version than its message");
  }
  return body;
}

/** The one MLSMessage that `data` is. Throws `Malformed` or `TooMuch`. */
export function parseMessage(data: Bytes): Body {
  checkSize(data);
  return tls.parse(data, readMessage);
}

const WIRE_FORMATS: { readonly [K in Body["kind"]]: number } = {
  publicMessage: PUBLIC_MESSAGE,
  privateMessage: PRIVATE_MESSAGE,
  welcome: WELCOME,
  groupInfo: GROUP_INFO,
  keyPackage: KEY_PACKAGE,
};

function encodeBody(body: Body): Bytes {
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
export function encodeMessage(body: Body): Bytes {
  return concat(tls.u16(MLS10), tls.u16(WIRE_FORMATS[body.kind]), encodeBody(body));
}

/** Refuse what is larger than any message of ours before reading it. */
export function checkSize(data: Bytes): void {
  if (data.length > LONGEST_MESSAGE) {
    throw new TooMuch("MLS-2.1b", "a message is larger than is accepted here");
  }
}

/**
 * What anyone can read of a message; null where the format has none.
 *
 * For a GroupInfo, group and epoch are those of its context.
 */
export interface Header {
  readonly wireFormat: number;
  readonly groupId: Bytes | null;
  readonly epoch: bigint | null;
  readonly contentType: number | null;
}

/** The header of the MLSMessage in `data`. Throws `Malformed` or `TooMuch`. */
export function header(data: Bytes): Header {
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
