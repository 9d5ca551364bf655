/** Pure: byte strings: joined, compared, and written as hex. */

/** Bytes that WebCrypto takes: never of a shared buffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Throws a `TypeError` for what is not UTF-8. */
export function text(bytes: Bytes): string {
  return decoder.decode(bytes);
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return join(parts);
}

/** As `concat`, for parts that are many. */
export function join(parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Whether both are the same bytes. Not for what a secret decides: that is `crypto.same`. */
export function equal(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** `bytes` in hex; also what a map or set goes by, where its key is bytes. */
export function hex(bytes: Bytes): string {
  let written = "";
  for (const byte of bytes) written += DIGITS[byte];
  return written;
}

/** Throws a `RangeError` for what is not hex. */
export function unhex(written: string): Bytes {
  if (written.length % 2 || /[^0-9a-fA-F]/.test(written)) throw new RangeError("not hex");
  return Uint8Array.from({ length: written.length / 2 }, (_, at) =>
    Number.parseInt(written.slice(2 * at, 2 * at + 2), 16),
  );
}

/** `bytes` in base64, with padding. */
export function base64(bytes: Bytes): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Throws for what is not base64. */
export function unbase64(written: string): Bytes {
  return Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
}

/** How texts are sorted: as their UTF-8 is; JavaScript compares UTF-16. */
export function order(a: string, b: string): number {
  const [one, other] = [hex(utf8(a)), hex(utf8(b))];
  return Number(one > other) - Number(one < other);
}
