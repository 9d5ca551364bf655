/**
 * Pure: credentials, and the questions that an authentication service is asked (RFC 9420 §5.3).
 *
 * The library never decides whom a key belongs to. It asks the `Judge` that the device gave it, at
 * every introduction and every succession; there is no judge that it would use by itself.
 */
import { Malformed } from "../../errors.ts";
import { concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
export const BASIC = 1;
export const X509 = 2;
/** The bare assertion of `identity`. */
export function basic(identity) {
    const raw = concat(tls.u16(BASIC), tls.opaque(identity));
    return { type: BASIC, identity, certificates: [], raw };
}
export function readCredential(reader) {
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
