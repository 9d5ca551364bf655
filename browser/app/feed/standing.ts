/**
 * Where one stands in a feed: the post one looks at, by its id, so that one comes back to it whatever came
 * above it meanwhile; and the topmost one that one has seen, above which all is new.
 */

import type { Post } from "../api_types.ts";
import type { List } from "../lists.ts";

/** Below the last post. */
const END = "";

export interface Standing {
  looked: string | null;
  top: string | null;
}

const standings = new WeakMap<List<Post>, Standing>();

/** Where one left this feed. */
export function standingIn(list: List<Post>): Standing {
  const known = standings.get(list) ?? { looked: null, top: null };
  standings.set(list, known);
  return known;
}

/** One looks at the post at `index`; who is at the top has seen what is there. */
export function stand(standing: Standing, items: readonly Post[], index: number): void {
  if (items.length === 0) return;
  standing.looked = items[index]?.id ?? END;
  if (index === 0 || standing.top === null) standing.top = items[0]?.id ?? null;
}

/** Where that post is now; `index` when it is gone. */
export function indexOf(standing: Standing, items: readonly Post[], index: number): number {
  if (standing.looked === null) return 0;
  if (standing.looked === END) return items.length;
  const found = items.findIndex(({ id }) => id === standing.looked);
  return found === -1 ? Math.min(index, items.length) : found;
}

/** How many posts above `index` one has not seen yet. */
export function newAbove(standing: Standing, items: readonly Post[], index: number): number {
  const seen = items.findIndex(({ id }) => id === standing.top);
  return Math.max(0, Math.min(seen, index));
}
