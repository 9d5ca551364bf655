/** Pure: pre-shared keys and how they enter an epoch (RFC 9420 §8.4). */
import { Missing, TooMuch } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodePskId, USAGE_APPLICATION, } from "../public/proposals.ts";
import { expandWithLabel, extract } from "./crypto.ts";
/** The RFC's count is a uint16; nobody has a use for more than a few. */
const MOST = 256;
/** The id under which to inject a PSK of the application's once (MLS-8.4c). */
export function externalPsk(suite, pskId, entropy) {
    return { type: "external", pskId, nonce: entropy.draw(suite.nh) };
}
/** The id under which to inject the resumption PSK of a past epoch (§8.6). */
export function resumptionPsk(suite, groupId, epoch, entropy, usage = USAGE_APPLICATION) {
    return { type: "resumption", usage, groupId, epoch, nonce: entropy.draw(suite.nh) };
}
/** The chain over all PSKs, in order; all zero when there are none. */
export function pskSecret(suite, psks) {
    const zero = new Uint8Array(suite.nh);
    let secret = zero;
    psks.forEach(({ id, psk }, index) => {
        const label = concat(encodePskId(id), tls.u16(index), tls.u16(psks.length));
        const taken = expandWithLabel(extract(zero, psk), "derived psk", label, suite.nh);
        secret = extract(taken, secret);
    });
    return secret;
}
/**
 * The secrets of all `ids`.
 *
 * Throws `Missing` (MLS-12.4.2c) when we lack one, `TooMuch` (MLS-8.4d) when there are many.
 */
export function lookUp(find, ids) {
    if (ids.length > MOST)
        throw new TooMuch("MLS-8.4d", "too many pre-shared keys in one epoch");
    return ids.map((id) => {
        const psk = find(id);
        if (psk === null) {
            throw new Missing("MLS-12.4.2c", "a pre-shared key that this device does not have");
        }
        return { id, psk };
    });
}
