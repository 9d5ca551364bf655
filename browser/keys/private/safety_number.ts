/** Pure: 60 digits by which two people see that nobody stands between them (spec KEY-6). */

import { Malformed } from "../../errors.ts";
import { type Bytes, concat, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";

const LABEL = tls.opaque(utf8("Kith number 1"));
const DIGITS = 60;
const GROUPS = [0, 1, 2, 3, 4, 5]; // of each side
const GROUP_BYTES = 5;

/** One account, as its number is made of it. */
export interface Account {
  readonly actor: string;
  readonly root: Bytes;
}

async function side({ actor, root }: Account): Promise<string> {
  const named = concat(LABEL, tls.opaque(utf8(actor)), root);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-512", named));
  const group = (at: number) =>
    digest
      .slice(at * GROUP_BYTES, (at + 1) * GROUP_BYTES)
      .reduce((number, byte) => number * 256 + byte, 0) % 100_000;
  return GROUPS.map((at) => String(group(at)).padStart(5, "0")).join("");
}

/** The 60 digits of two accounts: the same on both sides. */
export async function safetyNumber(one: Account, other: Account): Promise<string> {
  return (await Promise.all([side(one), side(other)])).sort().join("");
}

/** The digits in groups of five, to be read aloud. */
export function grouped(number: string): string {
  return (number.match(/.{1,5}/g) ?? []).join(" ");
}

/** The digits that somebody read out or scanned. Throws `Malformed` (KEY-6.2). */
export function readNumber(text: string): string {
  const digits = text.replace(/\s+/g, "");
  if (digits.length !== DIGITS || /[^0-9]/.test(digits)) {
    throw new Malformed("KEY-6.2", `a safety number has ${DIGITS} digits`);
  }
  return digits;
}
