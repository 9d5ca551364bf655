/**
 * Pure: the leaf node: what it holds, how it is signed, what it proves alone (RFC 9420 §7.2-7.3).
 *
 * The checks that need a group (its extensions, the other members) are in `private/validation`.
 */
import { Malformed, Unproven } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readCredential } from "./credentials.ts";
import { DEFAULT_EXTENSIONS, encodeExtensions, readExtensions, } from "./extensions.ts";
import { checkHpkeKey, checkSignatureKey, verifyWithLabel } from "./suite.ts";
export const KEY_PACKAGE = 1;
export const UPDATE = 2;
export const COMMIT = 3;
/** e2ee.md §0: issue at most 30 days, accept at most 400 (some peers issue a year). */
export const LONGEST_LIFETIME_SECONDS = 400 * 86400;
export function encodeCapabilities(listed) {
    const { versions, cipherSuites, extensions, proposals, credentials } = listed;
    return concat(...[versions, cipherSuites, extensions, proposals, credentials].map(tls.u16s));
}
export function readCapabilities(reader) {
    return {
        versions: reader.u16s(),
        cipherSuites: reader.u16s(),
        extensions: reader.u16s(),
        proposals: reader.u16s(),
        credentials: reader.u16s(),
    };
}
function encodeLifetime(lifetime) {
    return concat(tls.u64(lifetime.notBefore), tls.u64(lifetime.notAfter));
}
function readLifetime(reader) {
    return { notBefore: reader.u64(), notAfter: reader.u64() };
}
/** `LeafNodeTBS`: the encoded fields above the signature, then where the leaf stands. */
export function leafTbs(fields, place) {
    if (place.source === KEY_PACKAGE)
        return fields;
    return concat(fields, tls.opaque(place.groupId), tls.u32(place.leafIndex));
}
function encodeSource(source) {
    if (source === null)
        return tls.u8(UPDATE);
    if (source instanceof Uint8Array)
        return concat(tls.u8(COMMIT), tls.opaque(source));
    return concat(tls.u8(KEY_PACKAGE), encodeLifetime(source));
}
/** The encoded fields above the signature. */
export function encodeFields(fields) {
    return concat(tls.opaque(fields.encryptionKey), tls.opaque(fields.signatureKey), fields.credential.raw, encodeCapabilities(fields.capabilities), encodeSource(fields.source), encodeExtensions(fields.extensions));
}
export function readLeaf(reader) {
    const start = reader.at;
    const encryptionKey = reader.opaque();
    const signatureKey = reader.opaque();
    const credential = readCredential(reader);
    const capabilities = readCapabilities(reader);
    const source = reader.u8();
    if (source < KEY_PACKAGE || source > COMMIT) {
        throw new Malformed("MLS-7.2", "a leaf node source that is not known");
    }
    const lifetime = source === KEY_PACKAGE ? readLifetime(reader) : null;
    const parentHash = source === COMMIT ? reader.opaque() : null;
    const extensions = readExtensions(reader);
    const tbsEnd = reader.at - start;
    const signature = reader.opaque();
    return {
        kind: "leaf",
        encryptionKey,
        signatureKey,
        credential,
        capabilities,
        source,
        lifetime,
        parentHash,
        extensions,
        signature,
        raw: reader.since(start),
        tbsEnd,
    };
}
/** Both keys can be keys of the suite (MLS-5.1.1). */
export function checkLeafKeys(leaf) {
    checkHpkeKey(leaf.encryptionKey);
    checkSignatureKey(leaf.signatureKey);
}
/** The leaf is signed by its own signature key, for this place (MLS-7.3b). */
export async function checkLeafSignature(leaf, groupId, leafIndex) {
    const place = { source: leaf.source, groupId, leafIndex };
    const signed = leafTbs(leaf.raw.subarray(0, leaf.tbsEnd), place);
    if (!(await verifyWithLabel(leaf.signatureKey, "LeafNodeTBS", signed, leaf.signature))) {
        throw new Unproven("MLS-7.3b", "the signature of a leaf node is wrong");
    }
}
/** Whether one of `extensions` is neither a default nor among the capabilities of the leaf. */
export function unlisted(leaf, extensions) {
    const listed = leaf.capabilities.extensions;
    return extensions.some(({ type }) => !DEFAULT_EXTENSIONS.has(type) && !listed.includes(type));
}
/** Each extension of the leaf is among its capabilities, unless a default (MLS-7.3g). */
export function checkLeafExtensionsListed(leaf) {
    if (unlisted(leaf, leaf.extensions)) {
        throw new Malformed("MLS-7.3g", "a leaf holds an extension that it does not list");
    }
}
/** The leaf's own credential type is among its capabilities (MLS-7.2b). */
export function checkLeafCredentialListed(leaf) {
    if (!leaf.capabilities.credentials.includes(leaf.credential.type)) {
        throw new Malformed("MLS-7.2b", "a leaf does not list the type of its own credential");
    }
}
/** The version and cipher suite in use are among the capabilities (MLS-7.2a). */
export function checkLeafSuiteListed(suite, version, leaf) {
    if (!leaf.capabilities.versions.includes(version)) {
        throw new Malformed("MLS-7.2a", "a leaf does not list the protocol version in use");
    }
    if (!leaf.capabilities.cipherSuites.includes(suite.id)) {
        throw new Malformed("MLS-7.2a", "a leaf does not list the cipher suite in use");
    }
}
/** The lifetime is a span, and no longer than the application accepts (MLS-7.2c). */
export function checkTotalLifetime(leaf, longestSeconds) {
    const span = leaf.lifetime;
    if (span === null)
        return;
    if (span.notAfter < span.notBefore) {
        throw new Malformed("MLS-7.2c", "a lifetime ends before it begins");
    }
    if (span.notAfter - span.notBefore > longestSeconds) {
        throw new Malformed("MLS-7.2c", "a lifetime is longer than is accepted here");
    }
}
/** `now`, in seconds since 1970, is within the lifetime (MLS-7.3f). */
export function checkCurrent(leaf, now) {
    const span = leaf.lifetime;
    if (span !== null && !(span.notBefore <= now && now <= span.notAfter)) {
        const when = now < span.notBefore ? "not yet" : "no longer";
        throw new Malformed("MLS-7.3f", `a key package is ${when} valid: either it is old, or a clock is wrong (this machine's ` +
            `shows ${now}, in seconds since 1970; the package holds from ${span.notBefore} to ` +
            `${span.notAfter})`);
    }
}
/** All that a leaf can be asked without its group, but its signature. */
export function checkLeafAlone(suite, version, leaf, longestSeconds) {
    checkLeafKeys(leaf);
    checkLeafSuiteListed(suite, version, leaf);
    checkLeafCredentialListed(leaf);
    checkLeafExtensionsListed(leaf);
    checkTotalLifetime(leaf, longestSeconds);
}
