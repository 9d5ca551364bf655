/** Pure: the key package: parse, and validate all that needs no group (RFC 9420 §10, §10.1). */
import { Forbidden, Malformed, Unproven } from "../../errors.ts";
import { concat, EMPTY, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { basic } from "./credentials.ts";
import { encodeExtensions, readExtensions } from "./extensions.ts";
import { checkCurrent, checkLeafAlone, checkLeafSignature, KEY_PACKAGE, LONGEST_LIFETIME_SECONDS, readLeaf, unlisted, } from "./leaf.ts";
import { checkHpkeKey, MLS10, refHash, suiteOf, verifyWithLabel } from "./suite.ts";
const WIRE_FORMAT = 5; // mls_key_package, as in `framing`
/** `KeyPackageRef` of §5.2, by the hash of its own suite. */
export function reference(keyPackage) {
    suiteOf(keyPackage.suiteId);
    return refHash("MLS 1.0 KeyPackage Reference", keyPackage.raw);
}
/** The encoded `KeyPackageTBS`. */
export function keyPackageFields(suiteId, initKey, leaf, extensions) {
    const head = concat(tls.u16(MLS10), tls.u16(suiteId), tls.opaque(initKey));
    return concat(head, leaf.raw, encodeExtensions(extensions));
}
export function readKeyPackage(reader) {
    const start = reader.at;
    const version = reader.u16();
    const suiteId = reader.u16();
    const initKey = reader.opaque();
    const leaf = readLeaf(reader);
    const extensions = readExtensions(reader);
    const tbsEnd = reader.at - start;
    const signature = reader.opaque();
    const raw = reader.since(start);
    return {
        kind: "keyPackage",
        version,
        suiteId,
        initKey,
        leaf,
        extensions,
        signature,
        raw,
        tbsEnd,
    };
}
const FRAME = concat(tls.u16(MLS10), tls.u16(WIRE_FORMAT), tls.u16(MLS10));
/**
 * A key package, bare or inside an MLSMessage: peers publish either.
 *
 * A bare one begins with version and suite, so the wire format 5 could also be suite 5; but then a
 * length of 133 or more follows, never the two bytes of a version.
 */
export function parse(data) {
    const framed = equal(data.subarray(0, 6), FRAME);
    return tls.parse(framed ? data.subarray(4) : data, readKeyPackage);
}
/** The package is for MLS 1.0, as the message that carries it (MLS-10a). */
export function checkVersion(keyPackage) {
    if (keyPackage.version !== MLS10) {
        throw new Malformed("MLS-10a", "a key package for another version of MLS");
    }
}
/** The init key can be a key of the suite (MLS-10b) and is not the leaf's (MLS-10.1c). */
export function checkInitKey(keyPackage) {
    checkHpkeKey(keyPackage.initKey);
    if (equal(keyPackage.initKey, keyPackage.leaf.encryptionKey)) {
        throw new Malformed("MLS-10.1c", "a key package uses one key twice");
    }
}
/** The leaf was made for a key package (MLS-7.3h). */
export function checkSource(keyPackage) {
    if (keyPackage.leaf.source !== KEY_PACKAGE) {
        throw new Malformed("MLS-7.3h", "the leaf of a key package is of another source");
    }
}
/** The leaf's signature key signed the package (MLS-10.1b). */
export async function checkSignature(keyPackage) {
    const signed = keyPackage.raw.subarray(0, keyPackage.tbsEnd);
    const key = keyPackage.leaf.signatureKey;
    if (!(await verifyWithLabel(key, "KeyPackageTBS", signed, keyPackage.signature))) {
        throw new Unproven("MLS-10.1b", "the signature of a key package is wrong");
    }
}
/**
 * Each extension of the package is among the leaf's capabilities (MLS-10c).
 *
 * A rule for those who make one. A reader has to ignore what it does not know (§13.4), and §13.5
 * lets a maker put unlisted GREASE here, so `checkAlone` does not ask.
 */
export function checkExtensionsListed(keyPackage) {
    if (unlisted(keyPackage.leaf, keyPackage.extensions)) {
        throw new Malformed("MLS-10c", "a key package holds an extension that it does not list");
    }
}
/** All that a key package can be asked without a group, a clock or a judge; its suite. */
export async function checkAlone(keyPackage, longestSeconds = LONGEST_LIFETIME_SECONDS) {
    checkVersion(keyPackage);
    const suite = suiteOf(keyPackage.suiteId);
    checkInitKey(keyPackage);
    checkSource(keyPackage);
    checkLeafAlone(suite, keyPackage.version, keyPackage.leaf, longestSeconds);
    await checkLeafSignature(keyPackage.leaf, EMPTY, 0);
    await checkSignature(keyPackage);
    return suite;
}
/** The basic credential is exactly these bytes: the actor's id, in UTF-8 (MLS-5.3b). */
export function checkIdentity(keyPackage, identity) {
    if (!equal(keyPackage.leaf.credential.raw, basic(identity).raw)) {
        throw new Forbidden("MLS-5.3b", "a key package speaks for somebody else");
    }
}
/**
 * Parse `data` and check all that a directory can: form, signatures, lifetime, whose it is.
 *
 * `identity` is the UTF-8 of the actor's id; `now` is in seconds since 1970. Throws `Malformed`,
 * `Unproven`, `Forbidden` or `TooMuch` with the clause. `reference` names it in a Welcome.
 */
export async function validate(data, identity, now, longestSeconds = LONGEST_LIFETIME_SECONDS) {
    const keyPackage = parse(data);
    await checkAlone(keyPackage, longestSeconds);
    checkCurrent(keyPackage.leaf, now);
    checkIdentity(keyPackage, identity);
    return keyPackage;
}
