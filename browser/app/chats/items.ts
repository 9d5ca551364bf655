/** Pure: what stands in a chat, each in its place. */

import type { Gap, GroupLine, HistoryItem } from "../../worker/device_client.ts";

/** What tells an item from all others of its chat. An id is its sender's: another may say the same one. */
export const keyOf = (
  item: { readonly is: "message"; readonly actor: string; readonly id: string } | Gap | GroupLine,
): string => `${item.is} ${item.is === "message" ? item.actor : ""} ${item.id}`;

/** `items`, the oldest first, with `item` in its place, or in the place of what it was before. */
export function placed(items: readonly HistoryItem[], item: HistoryItem): readonly HistoryItem[] {
  const key = keyOf(item);
  const others = items.filter((one) => keyOf(one) !== key);
  return [...others, item].sort((a, b) => a.number - b.number);
}
