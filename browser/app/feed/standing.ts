/**
 * Where one stands in a feed: the post one looks at, by its id, so that one comes back to it whatever came
 * above it meanwhile; and the topmost one that one has seen, above which all is new.
 */

import type { Post } from "../api_types.ts";
import type { List } from "../lists.ts";

export interface Standing {
  /** The post one looks at and what stood below it, none at the end; null before one has looked. */
  below: readonly Post[] | null;
  top: string | null;
}

const standings = new WeakMap<List<Post>, Standing>();

/** Where one left this feed. */
export function standingIn(list: List<Post>): Standing {
  const known = standings.get(list) ?? { below: null, top: null };
  standings.set(list, known);
  return known;
}

/** One looks at the post at `index`; who is at the top has seen what is there. */
export function stand(standing: Standing, items: readonly Post[], index: number): void {
  if (items.length === 0) return;
  standing.below = items.slice(index);
  if (index === 0 || standing.top === null) standing.top = items[0]?.id ?? null;
}

/** Where that post is now; where it is gone, the next one below it that is there. */
export function indexOf(standing: Standing, items: readonly Post[]): number {
  if (standing.below === null) return 0;
  const below = new Set(standing.below.map(({ id }) => id));
  const found = items.findIndex(({ id }) => below.has(id));
  return found === -1 ? items.length : found;
}

/** One goes to the top, whatever is there. */
export function leave(standing: Standing): void {
  standing.below = null;
  standing.top = null;
}

/** How many posts above `index` one has not seen yet. */
export function newAbove(standing: Standing, items: readonly Post[], index: number): number {
  const seen = items.findIndex(({ id }) => id === standing.top);
  return Math.max(0, Math.min(seen, index));
}
