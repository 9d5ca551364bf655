/**
 * Pure: credentials, and the questions that an authentication service is asked (RFC 9420 §5.3).
 *
 * The library never decides whom a key belongs to. It asks the `Judge` that the device gave it, at
 * every introduction and every succession; there is no judge that it would use by itself.
 */

import { Malformed } from "../../errors.ts";
import { type Bytes, concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import type { Extensions } from "./extensions.ts";

export const BASIC = 1;
export const X509 = 2;

/** Who a signature key claims to belong to. `identity` is the basic one's bytes. */
export interface Credential {
  readonly type: number;
  readonly identity: Bytes;
  readonly certificates: readonly Bytes[];
  readonly raw: Bytes;
}

/** The bare assertion of `identity`. */
export function basic(identity: Bytes): Credential {
  const raw = concat(tls.u16(BASIC), tls.opaque(identity));
  return { type: BASIC, identity, certificates: [], raw };
}

export function readCredential(reader: tls.Reader): Credential {
  const start = reader.at;
  const type = reader.u16();
  if (type === BASIC) {
    const identity = reader.opaque();
    return { type, identity, certificates: [], raw: reader.since(start) };
  }
  if (type === X509) {
    const certificates = reader.vector(tls.readOpaque);
    return { type, identity: EMPTY, certificates, raw: reader.since(start) };
  }
  // A credential has no length of its own, so that an unknown one ends the reading.
  throw new Malformed("MLS-5.3", "a credential type that is not known here", { type });
}

/** The events of §5.3.1 at which a credential is judged. */
export type Occasion =
  | "a key package that we are about to add"
  | "an Add proposal"
  | "an Add that the newcomer itself proposes"
  | "an Update proposal"
  | "the path of a commit"
  | "the path of an external commit"
  | "the ratchet tree of a group that we join"
  | "an external_senders extension"
  | "an external commit that replaces a member's older leaf";

/**
 * `credential` says that it owns `signatureKey`.
 *
 * `predecessor` is set when it takes the place of another in the same leaf: then the question is
 * also whether the new one may succeed the old. `extensions` are those of the leaf, for judges that
 * look at certificates there.
 */
export interface Claim {
  readonly occasion: Occasion;
  readonly credential: Credential;
  readonly signatureKey: Bytes;
  readonly extensions: Extensions;
  readonly predecessor: Credential | null;
}

/** Answers true when the claim is to be believed. Anything else refuses (MLS-5.3.1). */
export type Judge = (claim: Claim) => boolean;
