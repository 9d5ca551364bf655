/** A file goes to the node, which makes a picture of it (PIC-1); it goes after a day unless it is used. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { askAsMe } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { Picture, Upload } from "../api_types.ts";

const MOST_CHUNK = 2 * 1024 * 1024;

export interface Making {
  readonly signal: AbortSignal;
  /** How much of it is sent, from 0 to 1; 1: the node makes it now. */
  readonly sent: (part: number) => void;
}

/** One after the other: a node takes few uploads of one person at a time. */
let last: Promise<unknown> = Promise.resolve();

/** The picture that the node makes of `file`. Throws `Problem` with what is wrong with it. */
export function makePicture(file: File, making: Making): Promise<Picture> {
  const mine = last.then(
    () => made(file, making),
    () => made(file, making),
  );
  last = mine;
  return mine;
}

async function made(file: File, { signal, sent }: Making): Promise<Picture> {
  signal.throwIfAborted();
  const body = { size: file.size, filename: file.name.slice(0, 200) };
  let upload = await askAsMe<Upload>("POST", "/uploads", { body, key: freshKey(), signal });
  const hash = sha256.create();
  try {
    while (upload.state === "open") {
      const part = file.slice(upload.offset, upload.offset + MOST_CHUNK);
      hash.update(new Uint8Array(await part.arrayBuffer()));
      const isLast = upload.offset + part.size >= file.size;
      const query = {
        offset: String(upload.offset),
        ...(isLast ? { sha256: bytesToHex(hash.digest()) } : {}),
      };
      const path = `/uploads/${upload.id}`;
      upload = await askAsMe<Upload>("PUT", path, { body: part, query, signal });
      sent(upload.offset / file.size);
    }
    // Asked again, it is answered with the same picture (PIC-2.1): the key only says so to the line.
    const asked = { body: { upload: upload.id }, key: freshKey(), signal };
    return await askAsMe<Picture>("POST", "/pictures", asked);
  } catch (error) {
    askAsMe("DELETE", `/uploads/${upload.id}`).catch(() => undefined); // else it goes after a day
    throw error;
  }
}

/** Give one up that is not used; else it goes after a day. */
export function dropPicture(id: string): void {
  askAsMe("DELETE", `/pictures/${id}`).catch(() => undefined);
}
