/** How the part of a film that is shown changes when one of its ends, or the cover, is moved. */

import type { Part } from "../../film/plan.ts";

export const LEAST_MS = 1000; // a shorter part the node refuses (VID-6.7)
export const STEP_MS = 100;

/** In milliseconds, of a film of this length. */
export function endOf(part: Part, whole: number): number {
  return part.end ?? whole;
}

function withCover(part: Part, whole: number): Part {
  if (part.cover === null) return part;
  return { ...part, cover: Math.min(Math.max(part.cover, part.start), endOf(part, whole)) };
}

export function movedStart(part: Part, to: number, whole: number): Part {
  const most = Math.max(0, endOf(part, whole) - LEAST_MS);
  return withCover({ ...part, start: Math.round(Math.min(Math.max(0, to), most)) }, whole);
}

export function movedEnd(part: Part, to: number, whole: number): Part {
  const least = Math.min(whole, part.start + LEAST_MS);
  const end = Math.round(Math.max(least, to));
  // What a slider cannot come nearer to is its end, however exactly the node counts.
  return withCover({ ...part, end: end > whole - STEP_MS ? null : end }, whole);
}

export function movedCover(part: Part, to: number, whole: number): Part {
  return withCover({ ...part, cover: Math.round(to) }, whole);
}

/** `1:05.3`: as exactly as an end is moved. */
export function clock(milliseconds: number): string {
  const tenths = Math.round(milliseconds / 100);
  const minutes = Math.floor(tenths / 600);
  const seconds = Math.floor((tenths % 600) / 10);
  return `${minutes}:${String(seconds).padStart(2, "0")}.${tenths % 10}`;
}
