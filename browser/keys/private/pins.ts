/**
 * Pure: what a device knows of another's keys, and what it does with what it sees (spec KEY-5).
 *
 * Each line of the table in the specification is one line of `LISTS` or of `LEAVES` here: the first
 * that fits says what is done.
 */

import { equal, hex } from "../../wire/bytes.ts";
import type { Certified } from "../public/certificate.ts";
import { encodeDevice, hasKey, type SuiteKey } from "../public/device_list.ts";
import { compareNumbers, endOf, type Published } from "../public/published.ts";

const FETCH_SECONDS = 60; // for which a leaf may be ahead of the list
export const GRACE_SECONDS = 86_400; // in which a list that ended is as good as before

/** What is done. `stop`: read on, seal nothing there but a Remove, say why and what to do. */
export type Deed =
  | "go on"
  | "take" // the list becomes the pinned one
  | "push" // keep our own list, and show it to who had the older one
  | "fetch" // ask for the published list, and look again
  | "unverifiable" // works, and is told
  | "tell" // works, and it is told why it will not for long
  | "stop";

/**
 * The newest keys of an account that this device took. `forked`: others with equal numbers were seen,
 * until higher ones come; `verified`: by a person, or a code that they scanned; `anew`: keys of another
 * root are published now.
 */
export interface Pin {
  readonly keys: Published;
  readonly verified: boolean;
  readonly forked: boolean;
  readonly anew: boolean;
}

/** Keys that were fetched or shown, checked as a chain, beside what is pinned. */
export interface SeenList {
  readonly pin: Pin | null;
  readonly keys: Published;
}

/**
 * A leaf in a group, beside what is pinned of its actor.
 *
 * `certified` is its chain, null without one. `published` is whether the actor shows a root, null as
 * long as that is not known. `waited`: seconds since the leaf was first seen. `isNew`: it was added
 * now. `now`: seconds since 1970.
 */
export interface SeenLeaf {
  readonly pin: Pin | null;
  readonly key: SuiteKey;
  readonly certified: Certified | null;
  readonly published: boolean | null;
  readonly waited: number;
  readonly isNew: boolean;
  readonly now: number;
}

/**
 * One line of the table: what is seen, whether that is so, and what is done. What is said of it is the program's
 * own (DEV-16.11).
 */
export interface Line<Seen> {
  readonly seen: string;
  readonly fits: (seen: Seen) => boolean;
  readonly deed: Deed;
}

function line<Seen>(seen: string, fits: (seen: Seen) => boolean, deed: Deed): Line<Seen> {
  return { seen, fits, deed };
}

/** Two that ought to be one: a delegation of equal `d`, or a list of equal (d, n). */
function isFork({ pin, keys }: SeenList): boolean {
  if (pin === null) return false;
  const ours = pin.keys;
  const sameDelegation = equal(ours.signedDelegation.hash(), keys.signedDelegation.hash());
  const sameList = equal(ours.signedList.hash(), keys.signedList.hash());
  return (
    (ours.delegation.d === keys.delegation.d && !sameDelegation) ||
    (compareNumbers(ours.devices, keys.devices) === 0 && !sameList)
  );
}

function compared({ pin, keys }: SeenList): number {
  return pin === null ? 1 : compareNumbers(keys.devices, pin.keys.devices);
}

export const LISTS: readonly Line<SeenList>[] = [
  line(
    "other root",
    ({ pin, keys }) => pin !== null && !equal(keys.delegation.root, pin.keys.delegation.root),
    "stop",
  ),
  line("first", ({ pin }) => pin === null, "take"),
  line("equal numbers, other bytes", isFork, "stop"),
  line("higher, pinned root", (seen) => compared(seen) > 0, "take"),
  line("lower", (seen) => compared(seen) < 0, "push"),
  line("the same", () => true, "go on"),
];

export function isListed({ pin, key }: SeenLeaf): boolean {
  return pin !== null && hasKey(pin.keys.devices, key);
}

function isOfOtherRoot({ pin, certified }: SeenLeaf): boolean {
  if (pin === null || certified === null) return false;
  return !equal(certified.delegation.root, pin.keys.delegation.root);
}

function isOtherRoot(seen: SeenLeaf): boolean {
  return seen.pin?.anew === true || (isOfOtherRoot(seen) && !isListed(seen));
}

function isOtherDelegation(seen: SeenLeaf): boolean {
  const { pin, certified } = seen;
  if (pin === null || certified === null || isOfOtherRoot(seen)) return false;
  const { delegation, signedDelegation } = pin.keys;
  const same = equal(certified.delegationHash, signedDelegation.hash());
  return certified.delegation.d === delegation.d && !same;
}

/** Its certificate is of a higher number than the pinned list. */
export function isAhead({ pin, certified }: SeenLeaf): boolean {
  if (pin === null || certified === null) return false;
  return compareNumbers(certified.certificate, pin.keys.devices) > 0;
}

function hasEnded({ pin, now }: SeenLeaf): boolean {
  return pin !== null && now > endOf(pin.keys) + GRACE_SECONDS;
}

export const LEAVES: readonly Line<SeenLeaf>[] = [
  line("other root", isOtherRoot, "stop"),
  line("equal delegation, other bytes", isOtherDelegation, "stop"),
  line("equal numbers, other bytes", ({ pin }) => pin?.forked === true, "stop"),
  line(
    "uncertified, and nobody knows whether it has to be",
    ({ pin, certified, published }) => pin === null && certified === null && published === null,
    "fetch",
  ),
  line(
    "never certified",
    ({ pin, certified, published }) => pin === null && certified === null && !published,
    "unverifiable",
  ),
  line(
    "uncertified, of an actor that publishes a root",
    ({ pin, certified }) => pin === null && certified === null,
    "stop",
  ),
  line(
    "first certified, not fetched",
    ({ pin, published }) => pin === null && published === null,
    "fetch",
  ),
  line("first certified, and the actor publishes no such root", ({ pin }) => pin === null, "stop"),
  line("expired, and a new leaf", (seen) => hasEnded(seen) && seen.isNew, "stop"),
  line("expired", (seen) => hasEnded(seen) && isListed(seen), "tell"),
  line("in the pinned list", isListed, "go on"),
  line(
    "certificate above the pin",
    (seen) => isAhead(seen) && seen.waited <= FETCH_SECONDS,
    "fetch",
  ),
  line("not in the pinned list, or uncertified after certified", () => true, "stop"),
];

export const UNLISTED = LEAVES.at(-1) as Line<SeenLeaf>;

function firstOf<Seen>(lines: readonly Line<Seen>[], seen: Seen): Line<Seen> {
  return lines.find(({ fits }) => fits(seen)) as Line<Seen>; // the last one fits all
}

/** The line that fits keys which were fetched or shown. */
export function judgeList(seen: SeenList): Line<SeenList> {
  return firstOf(LISTS, seen);
}

/** The line that fits a leaf. */
export function judgeLeaf(seen: SeenLeaf): Line<SeenLeaf> {
  return firstOf(LEAVES, seen);
}

/** How many devices came and how many went, whole entries compared (KEY-5.3). */
export function changed(before: Published, after: Published): { came: number; went: number } {
  const entries = ({ devices }: Published) => devices.devices.map((one) => hex(encodeDevice(one)));
  const [old, now] = [entries(before), entries(after)];
  const without = (some: readonly string[], others: readonly string[]) =>
    some.filter((one) => !others.includes(one)).length;
  return { came: without(now, old), went: without(old, now) };
}
