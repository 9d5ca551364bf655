/** Takes what another app shared with this one (the manifest's share target), once. */

import { decoded } from "./decoded.ts";

const SHARED = "kith-shared";
const SHARE = "/app/share";

export interface Shared {
  readonly words: string;
  readonly files: readonly File[];
}

/** Let go of what waits. */
export async function dropShared(): Promise<void> {
  if ("caches" in globalThis) await caches.delete(SHARED);
}

/** null when nothing waits. */
export async function takeShared(): Promise<Shared | null> {
  if (!("caches" in globalThis) || !(await caches.has(SHARED))) return null;
  const cache = await caches.open(SHARED);
  const words = await (await cache.match(`${SHARE}/words`))?.text();
  const files: File[] = [];
  for (const request of await cache.keys()) {
    const found = request.url.includes("/file/") ? await cache.match(request) : undefined;
    if (found === undefined) continue;
    const name = decoded(found.headers.get("X-Name") ?? "");
    const body = await found.blob();
    files.push(new File([body], name || "file", { type: body.type }));
  }
  await caches.delete(SHARED);
  return { words: words ?? "", files };
}
