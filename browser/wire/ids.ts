/** Pure: ids of actors and conversations, http(s) URLs (spec FED-1), and of devices: UUIDs. */

import { Missing } from "../errors.ts";
import { type Bytes, hex, unhex } from "./bytes.ts";

const LONGEST_ID = 2048;
const URL_WITHOUT_USER = /^https?:\/\/[^/?#\\\s@]+([/?#][^\s\\]*)?$/i;

function origin(id: string): string | null {
  if (id.length > LONGEST_ID || !URL_WITHOUT_USER.test(id)) return null;
  return URL.canParse(id) ? new URL(id).origin : null;
}

/** Whether both ids are http(s) URLs of one origin; false when either has none (FED-1.3). */
export function sameOrigin(one: string, other: string): boolean {
  const known = origin(one);
  return known !== null && known === origin(other);
}

/** The id of a listed device, as the home node writes it. */
export function uuidOf(id: Bytes): string {
  return hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})/u, "$1-$2-$3-$4-");
}

/** What the list calls the device that the home node calls `device`. Throws `Missing` (DEV-12.6). */
export function idOf(device: string): Bytes {
  const digits = device.replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/iu.test(digits)) {
    throw new Missing("DEV-12.6", `'${device}' is not the id of a device`);
  }
  return unhex(digits.toLowerCase());
}

/** A UUID of version 4 from 16 bytes of chance. */
export function uuid4(chance: Bytes): Bytes {
  const id = chance.slice();
  id[6] = ((id[6] ?? 0) & 0x0f) | 0x40;
  id[8] = ((id[8] ?? 0) & 0x3f) | 0x80;
  return id;
}
