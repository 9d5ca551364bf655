/** The app without a line: its files are kept as they were built, each held to its hash. */

/** Name and integrity of every file of this build; the build writes them in. */
declare const PRECACHE: readonly (readonly [name: string, integrity: string])[];
declare const BUILD: string;

const AT = "/app/";
const SHELL = `${AT}index.html`;
const FAMILY = "kith-app-";
const CACHE = FAMILY + BUILD;
const NAMES = new Set(PRECACHE.map(([name]) => AT + name));

/** Keep all files of this build, or none: a file that is not the one that was built is refused. */
export async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(
    PRECACHE.map(async ([name, integrity]) => {
      const before = await caches.match(AT + name, { ignoreVary: true });
      const hashed = /-[A-Z0-9]{8}\.\w+$/u.test(name);
      // What has its hash in its name and is here already need not come again.
      const answer =
        hashed && before !== undefined
          ? before
          : await fetch(AT + name, { integrity, cache: "no-cache", credentials: "omit" });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      await cache.put(AT + name, answer);
    }),
  );
}

/** What other builds kept goes. */
export async function dropOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names
      .filter((name) => name.startsWith(FAMILY) && name !== CACHE)
      .map((name) => caches.delete(name)),
  );
}

/** The node's own settings stand in the shell's policy: it is asked for anew, beside its use. */
export async function renewShell(): Promise<void> {
  const integrity = PRECACHE.find(([name]) => AT + name === SHELL)?.[1];
  if (integrity === undefined) return;
  try {
    const answer = await fetch(SHELL, { integrity, cache: "no-cache", credentials: "omit" });
    if (answer.ok) await (await caches.open(CACHE)).put(SHELL, answer);
  } catch {
    // No line, or another build: that one comes by an update.
  }
}

/** The app's own answer to `request`; null when it is none of its files. */
export function answerOf(request: Request): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return null;
  const screen = request.mode === "navigate" && url.pathname.startsWith(AT);
  const name = screen ? SHELL : url.pathname;
  if (!NAMES.has(name)) return null;
  return (async () => {
    const cache = await caches.open(CACHE);
    return (await cache.match(name, { ignoreVary: true })) ?? fetch(request);
  })();
}
