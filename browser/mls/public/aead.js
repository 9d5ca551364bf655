/** Pure: the AEADs of the suites: AES-GCM by WebCrypto, ChaCha20-Poly1305 in JavaScript. */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
function aesKey(key, use) {
    return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}
export const AES_GCM = {
    id: 0x0001,
    nk: 16,
    nn: 12,
    async seal(key, iv, plaintext, additionalData) {
        const how = { name: "AES-GCM", iv, additionalData };
        return new Uint8Array(await crypto.subtle.encrypt(how, await aesKey(key, "encrypt"), plaintext));
    },
    async open(key, iv, ciphertext, additionalData) {
        const how = { name: "AES-GCM", iv, additionalData };
        const imported = await aesKey(key, "decrypt");
        try {
            return new Uint8Array(await crypto.subtle.decrypt(how, imported, ciphertext));
        }
        catch {
            return null;
        }
    },
};
export const CHACHA20_POLY1305 = {
    id: 0x0003,
    nk: 32,
    nn: 12,
    async seal(key, nonce, plaintext, aad) {
        return chacha20poly1305(key, nonce, aad).encrypt(plaintext);
    },
    async open(key, nonce, ciphertext, aad) {
        try {
            return chacha20poly1305(key, nonce, aad).decrypt(ciphertext);
        }
        catch {
            return null;
        }
    },
};
