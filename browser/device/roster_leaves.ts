/** Under whose keys the devices of a group stand, as all its members see it (spec E2E-8.9). */

import { Forbidden, Refused } from "../errors.ts";
import { CERTIFICATE_EXTENSION, checkLeaf } from "../keys/public/certificate.ts";
import { type Client, parseKeyPackage } from "../mls/group.ts";
import { find } from "../mls/public/extensions.ts";
import type { LeafNode } from "../mls/public/leaf.ts";
import type { Tree } from "../mls/public/tree.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { SUITE } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import { type Made, type NewLeaf, type Roster, rankIn, rootIn } from "./roster.ts";

type Leaf = Pick<LeafNode, "credential" | "extensions" | "signatureKey">;

const KNOWN = new WeakMap<Bytes, { readonly of: string; readonly root: string }>();

/**
 * The root under which a leaf is certified, in hex; empty where it is under none. Whether that has ended is not
 * asked: clocks differ, and all have to judge alike.
 */
export async function rootOf(leaf: Leaf): Promise<string> {
  const data = find(leaf.extensions, CERTIFICATE_EXTENSION);
  if (data === null) return "";
  const actor = actorOf(leaf);
  const of = `${hex(leaf.signatureKey)} ${actor}`;
  const known = KNOWN.get(data);
  if (known?.of === of) return known.root;
  const root = await chainOf(data, actor, leaf.signatureKey);
  KNOWN.set(data, { of, root });
  return root;
}

async function chainOf(data: Bytes, actor: string, signatureKey: Bytes): Promise<string> {
  try {
    const found = await checkLeaf(data, actor, { suite: SUITE, signatureKey });
    return hex(found.delegation.root);
  } catch (error) {
    if (error instanceof Refused) return "";
    throw error;
  }
}

/** The same of the leaves that this device makes. */
export function ownRoot({ credential, extensions, signature }: Client): Promise<string> {
  return rootOf({ credential, extensions, signatureKey: signature.public });
}

/**
 * The one root of the devices of each; some may have none, and are not added then. Throws `Forbidden` (E2E-8.9)
 * for several.
 */
export async function rootsOf(
  packages: Readonly<Record<string, readonly Bytes[]>>,
): Promise<Record<string, string>> {
  const roots: Record<string, string> = {};
  for (const [actor, given] of Object.entries(packages)) {
    for (const data of given) {
      const root = await rootOf(parseKeyPackage(data).leaf);
      if (root && root !== (roots[actor] ?? root)) {
        throw new Forbidden("E2E-8.9", `the devices of ${actor} are under several keys`);
      }
      if (root) roots[actor] = root;
    }
  }
  return roots;
}

/** What a commit of the leaf `by` did. Without its path its new leaf is not known. */
export async function made(
  before: Tree,
  after: Tree,
  by: number,
  added: readonly number[],
  isOutside = false,
  isPathKnown = true,
): Promise<Made> {
  const keyOf = (leaf: Leaf) => `${hex(leaf.signatureKey)} ${actorOf(leaf)}`;
  const stood = new Set(Array.from(before.members(), ([, leaf]) => keyOf(leaf)));
  const leaves = Array.from(after.members(), ([, leaf]) => leaf);
  const own = before.leaf(by) ?? after.leaf(by);
  const ownAfter = isPathKnown ? after.leaf(by) : own;
  const fresh: NewLeaf[] = [];
  for (const index of added) {
    const leaf = after.leaf(index);
    if (leaf === null) continue;
    const [actor, root] = [actorOf(leaf), await rootOf(leaf)];
    fresh.push({ actor, root, again: stood.has(keyOf(leaf)) });
  }
  return {
    by: own === null ? "" : actorOf(own),
    added: fresh,
    present: [...new Set(leaves.map(actorOf))],
    isOutside,
    roots: [own ? await rootOf(own) : "", ownAfter ? await rootOf(ownAfter) : ""],
    devices: leaves.length,
  };
}

/** Whether a device may be added to the group of these people, by its name and keys. */
export async function isOf(leaf: Leaf, shape: Roster): Promise<boolean> {
  const actor = actorOf(leaf);
  const root = rootIn(shape, actor);
  return rankIn(shape, actor) > 0 && (!root || (await rootOf(leaf)) === root);
}
