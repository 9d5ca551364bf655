/** Pure: the AEADs of the suites: AES-GCM by WebCrypto, ChaCha20-Poly1305 in JavaScript. */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";

import type { Bytes } from "../../wire/bytes.ts";

/** `id`, `nk` and `nn` are those of RFC 9180; `open` gives null for what does not open. */
export interface Aead {
  readonly id: number;
  readonly nk: number;
  readonly nn: number;
  seal(key: Bytes, nonce: Bytes, plaintext: Bytes, aad: Bytes): Promise<Bytes>;
  open(key: Bytes, nonce: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes | null>;
}

function aesKey(key: Bytes, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

export const AES_GCM: Aead = {
  id: 0x0001,
  nk: 16,
  nn: 12,
  async seal(key, iv, plaintext, additionalData) {
    const how = { name: "AES-GCM", iv, additionalData };
    return new Uint8Array(
      await crypto.subtle.encrypt(how, await aesKey(key, "encrypt"), plaintext),
    );
  },
  async open(key, iv, ciphertext, additionalData) {
    const how = { name: "AES-GCM", iv, additionalData };
    const imported = await aesKey(key, "decrypt");
    try {
      return new Uint8Array(await crypto.subtle.decrypt(how, imported, ciphertext));
    } catch {
      return null;
    }
  },
};

export const CHACHA20_POLY1305: Aead = {
  id: 0x0003,
  nk: 32,
  nn: 12,
  async seal(key, nonce, plaintext, aad) {
    return chacha20poly1305(key, nonce, aad).encrypt(plaintext) as Bytes;
  },
  async open(key, nonce, ciphertext, aad) {
    try {
      return chacha20poly1305(key, nonce, aad).decrypt(ciphertext) as Bytes;
    } catch {
      return null;
    }
  },
};
