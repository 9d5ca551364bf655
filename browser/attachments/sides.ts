/** Pure: the sides of a picture as its bytes say them: what draws it believes them, not the message (spec ATT-2.5). */

import type { Bytes } from "../wire/bytes.ts";

/** So much of a file is looked at. */
export const LOOKED_AT = 256 * 1024;
/** In points: four bytes of memory each. */
export const MOST_POINTS = 64_000_000;
export const MOST_POSTER_POINTS = 1_000_000;

type Sides = readonly [number, number];

function ascii(data: Bytes, from: number, length: number): string {
  return String.fromCharCode(...data.slice(from, from + length));
}

/** Of a JPEG, the frame behind whatever stands before it. */
function ofJpeg(data: Bytes, view: DataView): Sides | null {
  for (let at = 2; at + 9 <= data.length; ) {
    if (data[at] !== 0xff) return null;
    const marker = data[at + 1] ?? 0;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function ofWebp(data: Bytes, view: DataView): Sides | null {
  const kind = ascii(data, 12, 4);
  if (kind === "VP8X") {
    const three = (at: number) => (view.getUint16(at, true) | ((data[at + 2] ?? 0) << 16)) + 1;
    return [three(24), three(27)];
  }
  if (kind === "VP8L") {
    const bits = view.getUint32(21, true);
    return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  }
  if (kind !== "VP8 ") return null;
  return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
}

/** Of an AVIF, the largest that is named in it. */
function ofAvif(data: Bytes, view: DataView): Sides | null {
  let found: Sides | null = null;
  for (let at = 12; at + 16 <= data.length; at++) {
    if (data[at] !== 0x69 || ascii(data, at, 4) !== "ispe") continue;
    const [width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
    if (found === null || width * height > found[0] * found[1]) found = [width, height];
  }
  return found;
}

/** The sides that the beginning of a picture names; null where it names none. */
export function sidesOf(data: Bytes): Sides | null {
  if (data.length < 32) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (data[0] === 0xff && data[1] === 0xd8) return ofJpeg(data, view);
  if (ascii(data, 1, 3) === "PNG") return [view.getUint32(16), view.getUint32(20)];
  if (ascii(data, 0, 4) === "GIF8") return [view.getUint16(6, true), view.getUint16(8, true)];
  if (ascii(data, 0, 4) === "RIFF" && ascii(data, 8, 4) === "WEBP") return ofWebp(data, view);
  return ascii(data, 4, 4) === "ftyp" ? ofAvif(data, view) : null;
}

/** Whether a picture may be drawn. */
export function isDrawn(data: Bytes, most: number): boolean {
  const sides = sidesOf(data);
  return sides !== null && sides[0] * sides[1] <= most;
}
