/** All that the node keeps of oneself and tells, in one file: for another node, or for a drawer. */

import { askAsMe, pageAsMe } from "../accounts.ts";

const LISTS = {
  posts: "/posts",
  friends: "/friends",
  following: "/follows?direction=following",
  followers: "/follows?direction=followers",
  blocks: "/blocks",
  notices: "/notices",
} as const;

async function all(path: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const [plain, query] = path.split("?");
  let page = await pageAsMe<unknown>(plain ?? path, {
    query: { limit: "100", ...Object.fromEntries(new URLSearchParams(query)) },
  });
  found.push(...page.items);
  while (page.next !== "") {
    page = await pageAsMe<unknown>(page.next);
    found.push(...page.items);
  }
  return found;
}

/** The file, by the name it is to be saved under. Sealed messages are on the device, not in it. */
export async function exported(name: string): Promise<File> {
  const account = await askAsMe<unknown>("GET", "/account");
  const lists: Record<string, readonly unknown[]> = {};
  for (const [list, path] of Object.entries(LISTS)) lists[list] = await all(path);
  const whole = { made: new Date().toISOString(), account, ...lists };
  const day = whole.made.slice(0, 10);
  return new File([JSON.stringify(whole, null, 1)], `kith-${name}-${day}.json`, {
    type: "application/json",
  });
}

/** Have the browser save `file`. */
export function save(file: File): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
