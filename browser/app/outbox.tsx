/**
 * Words that were written without a line: they are kept in this browser and go out once, in their order,
 * as soon as there is one. What the node may have taken already it does not take again (API-6).
 */

import { effect } from "@preact/signals";
import type { ComponentChildren } from "preact";

import { accounts, askAsMe, me } from "./accounts.ts";
import { freshKey, isOther, Problem, SURE_MS, wasDone } from "./api.ts";
import { online, sendLater } from "./installed.ts";
import { question } from "./parts/dialog.tsx";
import { tell } from "./parts/toast.tsx";
import { say } from "./words/index.ts";
import { explain } from "./words/problems.ts";

interface Kept {
  readonly key: string;
  readonly actor: string;
  readonly path: string;
  readonly body: { readonly content: string };
  readonly at: number;
}

const STORE = "kith.outbox";

function read(): readonly Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return Array.isArray(kept) ? (kept as Kept[]) : [];
  } catch {
    return [];
  }
}

const write = (kept: readonly Kept[]): void => localStorage.setItem(STORE, JSON.stringify(kept));
const drop = (key: string): void => write(read().filter((one) => one.key !== key));

/** Let go of all that `actor` wrote and has not sent. */
export const dropAllOf = (actor: string): void =>
  write(read().filter((one) => one.actor !== actor));

/** Whether the node was not there: then the words can wait. */
export const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 0;

/** Keep what was to be said to `path`, under the key by which it was tried. */
export function keepForLater(path: string, body: Kept["body"], key: string): void {
  write([...read(), { key, actor: me.value?.actor ?? "", path, body, at: Date.now() }]);
  tell(say("outbox.kept"));
  void sendLater();
}

/** Send `old` as another thing than what was sent under its key, or not at all: its person says. */
function askAbout(old: Kept, title: string, says?: ComponentChildren): void {
  const body = (
    <>
      {says}
      <p dir="auto">{old.body.content}</p>
    </>
  );
  question(title, body, [
    {
      words: say("outbox.send"),
      act: async () => {
        write(
          read().map((one) =>
            one.key === old.key ? { ...one, key: freshKey(), at: Date.now() } : one,
          ),
        );
        await flush();
      },
    },
    { words: say("delete"), kind: "alarm", act: () => drop(old.key) },
  ]);
}

/** Whether the next one may be tried. */
async function send(one: Kept): Promise<boolean> {
  if (one.actor !== me.value?.actor) return true; // another's words wait until theirs is open again
  try {
    await askAsMe("POST", one.path, { body: one.body, key: one.key });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, clause } = error;
    const isLater = status === 0 || status >= 500 || [401, 429].includes(status);
    if (isLater || clause === "API-6.3") return false; // the latter: another process answers it just now
    if (isOther(error)) {
      const { sayWritten } = await import("./post/words.ts");
      const Says = () => <p>{sayWritten("earlier.kept")}</p>;
      askAbout(one, say("outbox.send"), <Says />);
      return false;
    }
    if (!wasDone(error)) tell(`${say("outbox.refused")} ${explain(error)}`, true);
  }
  drop(one.key);
  return true;
}

/** Send what waits. One tab at a time does it. */
export async function flush(): Promise<void> {
  if (read().length === 0) return;
  await navigator.locks.request(STORE, async () => {
    // Whose account left this browser leaves no words in it.
    write(read().filter((one) => accounts.value.some((known) => known.actor === one.actor)));
    const waiting = read();
    for (const one of waiting) {
      if (Date.now() - one.at > SURE_MS) {
        if (one.actor === me.value?.actor) askAbout(one, say("outbox.old"));
        return;
      }
      if (!(await send(one))) return;
    }
    if (waiting.length > 0 && read().length === 0) tell(say("outbox.sent"));
  });
}

/** Once, at the start: what waits goes now, and whenever there is a line again. */
export function begin(): void {
  effect(() => {
    if (online.value >= 0 && me.value !== null) void flush();
  });
}
