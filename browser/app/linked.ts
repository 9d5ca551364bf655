/** Pure: plain words with their web addresses, and the address of a post in them. */

export type Part = string | { readonly href: string };

// Not what cannot be seen, nor what turns signs around: one goes where one reads that one goes.
const ADDRESS = /https?:\/\/[^\s<>"'\p{Cc}\p{Cf}]+/gu;
const TRAILING = ".,;:!?)]}'\"…";

/** Without what ends a sentence behind it. A step for each sign: others' words may be nothing but dots. */
function withoutTrailing(text: string): string {
  let end = text.length;
  while (TRAILING.includes(text.charAt(end - 1)) && end > 0) end -= 1;
  return text.slice(0, end);
}

/** The words, with what is an address told apart. */
export function linked(text: string): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const href = withoutTrailing(found);
    if (!URL.canParse(href)) continue;
    if (index > at) parts.push(text.slice(at, index));
    parts.push({ href });
    at = index + href.length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

/** The id of the first post whose link stands in `text`; "" when none does. */
export function postIn(text: string): string {
  for (const part of linked(text)) {
    if (typeof part === "string") continue;
    const url = new URL(part.href);
    if (url.pathname === "/app/watch") return url.searchParams.get("id") ?? "";
  }
  return "";
}
