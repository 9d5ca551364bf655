/** Pure: the recovery key, and what is derived from it (spec KEY-2). */

import { Malformed } from "../../errors.ts";
import { mac, type SignatureKey, same, signatureKey } from "../../mls/private/crypto.ts";
import { type KeyPair, keyPair } from "../../mls/private/hpke.ts";
import { hash } from "../../mls/public/suite.ts";
import { type Bytes, concat, utf8 } from "../../wire/bytes.ts";
import { Signed, signContent } from "../public/signed.ts";

export const RECOVERY_KEY_BYTES = 32;
const PREFIX = "KITH1-";
const CHECK_BYTES = 4;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** `X(key, label)`: HKDF-Expand by SHA-256 of 32 bytes, which is one block (KEY-2.1). */
export function derive(key: Bytes, label: string): Bytes {
  return mac(key, concat(utf8(label), Uint8Array.of(1)));
}

/** `content`, signed by the root or a list key under `label`. */
export async function signStructure(
  pair: SignatureKey,
  label: string,
  content: Bytes,
): Promise<Signed> {
  const signed = signContent(label, content);
  const signature = await crypto.subtle.sign("Ed25519", pair.key, signed);
  return new Signed(content, new Uint8Array(signature));
}

/** The root: it signs delegations, and nothing else. */
export function rootOf(recoveryKey: Bytes): Promise<SignatureKey> {
  return signatureKey(derive(recoveryKey, "Kith root 1"));
}

/** To which a key box seals its entry for the recovery key. */
export function recoveryKemOf(recoveryKey: Bytes): Promise<KeyPair> {
  return keyPair(derive(recoveryKey, "Kith recovery kem 1"));
}

function checkOf(key: Bytes): Bytes {
  return hash(concat(utf8("Kith recovery check 1"), key)).slice(0, CHECK_BYTES);
}

function base32(bytes: Bytes): string {
  let bits = 0;
  let held = 0;
  let written = "";
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) written += BASE32[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits ? written + BASE32[(held << (5 - bits)) & 31] : written;
}

/** The bytes that whole groups of eight bits make; null for a letter that is none of base32. */
function unbase32(letters: string): Bytes | null {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of letters) {
    const value = BASE32.indexOf(letter);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push(held >>> bits);
      held &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(bytes);
}

/** What the QR code of a recovery key says (KEY-2.4). */
export function qrTextOf(key: Bytes): string {
  return PREFIX + base32(concat(key, checkOf(key)));
}

/** Whether that is meant to be the text of such a code. */
export function isQrText(text: string): boolean {
  return text.trim().toUpperCase().startsWith(PREFIX);
}

/** The recovery key in the text of its QR code. Throws `Malformed` (KEY-2.4). */
export function keyOfQrText(text: string): Bytes {
  const whole = text.trim().toUpperCase();
  const letters = whole.startsWith(PREFIX) ? whole.slice(PREFIX.length) : whole;
  const key = unbase32(letters)?.slice(0, RECOVERY_KEY_BYTES);
  if (
    key === undefined ||
    key.length !== RECOVERY_KEY_BYTES ||
    !same(utf8(qrTextOf(key)), utf8(PREFIX + letters))
  ) {
    const reason = "that is not the whole text of a recovery key's QR code";
    throw new Malformed("KEY-2.4", reason);
  }
  return key;
}
