/** Pure: raw private keys of Curve25519, completed by WebCrypto, which takes them in PKCS #8 only. */
import { Broken } from "../../errors.ts";
import { concat, unhex } from "../../wire/bytes.ts";
/** All of a PKCS #8 key (RFC 8410) but its last 32 bytes, and what the key is for. */
const KINDS = {
    Ed25519: { head: unhex("302e020100300506032b657004220420"), uses: ["sign"] },
    X25519: { head: unhex("302e020100300506032b656e04220420"), uses: ["deriveBits"] },
};
function fromBase64Url(text) {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
/** The pair that the 32 bytes of `secret` are half of. */
export async function completeKey(kind, secret) {
    if (secret.length !== 32)
        throw new Broken("a private key of another length");
    const { head, uses } = KINDS[kind];
    const key = await crypto.subtle.importKey("pkcs8", concat(head, secret), kind, true, uses);
    const { x } = await crypto.subtle.exportKey("jwk", key);
    if (x === undefined)
        throw new Broken("WebCrypto knows no public half of a key");
    return { private: secret, public: fromBase64Url(x), key };
}
