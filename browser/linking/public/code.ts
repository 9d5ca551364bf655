/** Pure: the code of a link, which is typed, and the link with the commitment (spec LNK-2). */

import { Malformed } from "../../errors.ts";
import { type Bytes, base64, EMPTY, unbase64 } from "../../wire/bytes.ts";

const LENGTH = 8;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's: no I, L, O nor U
const ALIKE: Readonly<Record<string, string>> = { I: "1", L: "1", O: "0" };
const CODE = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);
const LINK = new RegExp(
  "^((?:https://(?:[a-z0-9.-]+|\\[[0-9a-f:.]+\\])|http://(?:localhost|127\\.0\\.0\\.1|\\[::1\\]))" +
    `(?::[0-9]{1,5})?)/link#1\\.([${ALPHABET}]{${LENGTH}})\\.` +
    // The last letter of 32 bytes has two bits that say nothing: they are zero.
    "([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$",
);

/** What a person typed or scanned. By a code alone nobody knows a server nor a commitment. */
export interface Found {
  readonly code: string;
  readonly origin: string;
  readonly commit: Bytes;
}

export function isLink(found: Found): boolean {
  return found.commit.length > 0;
}

/** The code in two halves, to be read out. */
export function spoken(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/** The code that somebody typed. Throws `Malformed` (LNK-2.2). */
export function readCode(text: string): string {
  const typed = text.replace(/[ \t\r\n-]+/g, "");
  // Some letters of other scripts are these in upper case.
  const upper = /^[0-9A-Za-z]*$/.test(typed) ? typed.toUpperCase() : "";
  const code = upper.replace(/[ILO]/g, (letter) => ALIKE[letter] ?? "");
  if (!CODE.test(code)) {
    const reason = `a code has ${LENGTH} letters and digits, none of them a U`;
    throw new Malformed("LNK-2.2", reason);
  }
  return code;
}

/** What a QR code says. Behind the # nothing is ever sent to a server (LNK-2.3). */
export function linkOf(origin: string, code: string, commit: Bytes): string {
  const written = base64(commit).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return `${origin}/link#1.${code}.${written}`;
}

/** The link that somebody scanned or pasted. Throws `Malformed` (LNK-2.4). */
export function readLink(text: string): Found {
  const [, origin, code, commit] = LINK.exec(text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "")) ?? [];
  if (origin === undefined || code === undefined || commit === undefined) {
    const reason = "that is not the whole link of a device: scan it, or copy all of it";
    throw new Malformed("LNK-2.4", reason);
  }
  return { code, origin, commit: unbase64(commit.replace(/-/g, "+").replace(/_/g, "/")) };
}

/** Either. Throws `Malformed` (LNK-2.2, LNK-2.4). */
export function readCodeOrLink(text: string): Found {
  if (text.includes("/")) return readLink(text);
  return { code: readCode(text), origin: "", commit: EMPTY };
}
