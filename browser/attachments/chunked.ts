/**
 * Pure: a file sealed in chunks, each of which opens alone: C2SP Cobblestone-128 (spec ATT-1). Its twin is
 * `node/e2ee/attachments/chunked.py`.
 */

import { Malformed } from "../errors.ts";
import { type Bytes, concat, equal, utf8 } from "../wire/bytes.ts";
import { CHUNK, HEAD, LARGEST, paddedSize, sealedSize, TAG } from "./sizes.ts";

export const KEY_BYTES = 16;
export const SALT_BYTES = 24;
export const ALG = "c2sp.org/chunked-encryption@v1+AEAD_AES_128_GCM";
export const SEALED_CHUNK = CHUNK + TAG;
const NONCE_BYTES = 12;
const COMMITMENT_BYTES = 32;
const LABEL = "ap-e2ee-blob-v1";
const HMAC = { name: "HMAC", hash: "SHA-512" } as const;

/** What a sealed file is bound to (ATT-1.2). */
export function contextOf(mediaType: string, length: number): Bytes {
  return utf8(`${LABEL}\0${mediaType}\0${length}`);
}

/** The chunks of one file under one key. Whoever seals makes it once only, with fresh chance. */
export class Chunks {
  readonly head: Bytes;
  readonly commitment: Bytes;
  readonly #key: CryptoKey;
  readonly #base: Bytes;

  private constructor(key: CryptoKey, base: Bytes, salt: Bytes, commitment: Bytes) {
    this.#key = key;
    this.#base = base;
    this.commitment = commitment;
    this.head = concat(salt, commitment);
  }

  static async make(key: Bytes, salt: Bytes, context: Bytes): Promise<Chunks> {
    if (key.length !== KEY_BYTES || salt.length !== SALT_BYTES) {
      throw new Malformed("ATT-1.1", "a key has 16 bytes, and a salt 24");
    }
    // One block of HKDF-Expand (RFC 5869) has 64 bytes; 60 are asked for.
    const info = concat(utf8(`${ALG}\0`), salt, context, Uint8Array.of(1));
    const mac = await crypto.subtle.importKey("raw", key, HMAC, false, ["sign"]);
    const made = new Uint8Array(await crypto.subtle.sign(HMAC, mac, info));
    const end = KEY_BYTES + NONCE_BYTES;
    const raw = made.slice(0, KEY_BYTES);
    const uses: KeyUsage[] = ["encrypt", "decrypt"];
    const aes = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, uses);
    const commitment = made.slice(end, end + COMMITMENT_BYTES);
    return new Chunks(aes, made.slice(KEY_BYTES, end), salt, commitment);
  }

  #nonce(number: number): { readonly name: "AES-GCM"; readonly iv: Bytes } {
    const iv = this.#base.slice();
    const view = new DataView(iv.buffer);
    const at = NONCE_BYTES - 4; // a file has less than 2^32 chunks
    view.setUint32(at, (view.getUint32(at) ^ number) >>> 0);
    return { name: "AES-GCM", iv };
  }

  /** One chunk: of 16 KiB, or the last one, which is shorter. */
  async seal(number: number, data: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#nonce(number), this.#key, data));
  }

  /** The inverse of `seal`. Throws `Malformed` (ATT-1.4), which names the chunk. */
  async open(number: number, sealed: Bytes): Promise<Bytes> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(this.#nonce(number), this.#key, sealed));
    } catch {
      throw new Malformed("ATT-1.4", `part ${number} of the file was changed`, { place: number });
    }
  }
}

/** The chunks of a sealed file that begins with `head`. Throws `Malformed` (ATT-1.4) for another key, file or context. */
export async function opened(key: Bytes, head: Bytes, context: Bytes): Promise<Chunks> {
  if (head.length < HEAD) throw new Malformed("ATT-1.4", "the file is cut off at its beginning");
  const chunks = await Chunks.make(key, head.slice(0, SALT_BYTES), context);
  if (!equal(chunks.commitment, head.slice(SALT_BYTES, HEAD))) {
    throw new Malformed("ATT-1.4", "this is not the file that the message names");
  }
  return chunks;
}

/** Where the parts of a file of `length` bytes lie, sealed. Throws `Malformed` (ATT-1.3). */
export class Layout {
  readonly length: number;
  readonly padded: number;
  readonly sealed: number;
  readonly count: number;

  constructor(length: number) {
    if (!(length >= 0 && length <= LARGEST)) {
      throw new Malformed("ATT-1.3", `a file has at most ${LARGEST} bytes`, { largest: LARGEST });
    }
    this.length = length;
    this.padded = paddedSize(length);
    this.sealed = sealedSize(this.padded);
    this.count = Math.floor(this.padded / CHUNK) + 1;
  }

  /** Throws `Malformed` (ATT-1.4) where the sealed file has another length. */
  check(sealed: number): void {
    if (sealed !== this.sealed) {
      throw new Malformed("ATT-1.4", "the file is not as long as the message says");
    }
  }

  /** Of a chunk, as it is sealed. */
  size(number: number): number {
    return number < this.count - 1 ? SEALED_CHUNK : (this.padded % CHUNK) + TAG;
  }

  /** Where a chunk begins and ends in the sealed file. */
  place(number: number): readonly [number, number] {
    const start = HEAD + number * SEALED_CHUNK;
    return [start, start + this.size(number)];
  }

  /** What of an opened chunk is of the file: not what it was filled up with. */
  shown(number: number, data: Bytes): Bytes {
    return data.slice(0, Math.max(0, this.length - number * CHUNK));
  }

  /** The first chunk in which these bytes of the file lie, and the one behind the last. */
  covering(start: number, stop: number): readonly [number, number] {
    const end = Math.min(stop, this.length);
    return start < end ? [Math.floor(start / CHUNK), Math.ceil(end / CHUNK)] : [0, 0];
  }
}

/** A chunk of a file of which `data` are the bytes that it has there, sealed. */
export function sealChunk(
  chunks: Chunks,
  layout: Layout,
  number: number,
  data: Bytes,
): Promise<Bytes> {
  const filled = new Uint8Array(layout.size(number) - TAG);
  filled.set(data);
  return chunks.seal(number, filled);
}

/** A small file, whole. */
export async function sealAll(chunks: Chunks, data: Bytes): Promise<Bytes> {
  const layout = new Layout(data.length);
  const parts = Array.from({ length: layout.count }, (_, number) =>
    sealChunk(chunks, layout, number, data.slice(number * CHUNK, (number + 1) * CHUNK)),
  );
  return concat(chunks.head, ...(await Promise.all(parts)));
}

/** A small sealed file, whole. Throws `Malformed` (ATT-1.3, ATT-1.4). */
export async function openAll(
  key: Bytes,
  mediaType: string,
  length: number,
  data: Bytes,
): Promise<Bytes> {
  const layout = new Layout(length);
  layout.check(data.length);
  const chunks = await opened(key, data, contextOf(mediaType, length));
  const parts: Bytes[] = [];
  for (let number = 0; number < layout.count; number++) {
    const [start, stop] = layout.place(number);
    parts.push(layout.shown(number, await chunks.open(number, data.slice(start, stop))));
  }
  return concat(...parts);
}
