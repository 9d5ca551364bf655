/** What a page of a test asks of the library, inside a worker of its browser. */

import { Judge, type Shelf } from "./replay.ts";
import { measure } from "./speed.ts";
import { type Line, replay } from "./transcripts.ts";
import { type Deed, perform } from "./vaults.ts";

interface Asked {
  readonly shelf?: Shelf;
  readonly lines?: readonly Line[];
  readonly suite?: number;
  readonly members?: number;
  readonly vault?: Deed;
}

async function answer({ shelf, lines, suite = 1, members = 2, vault }: Asked): Promise<unknown> {
  if (vault !== undefined) return perform(vault);
  if (lines !== undefined) return replay(lines, true);
  if (shelf === undefined) return measure(suite, members);
  const judge = new Judge(shelf);
  return [...(await judge.twins()), ...(await judge.cases())];
}

addEventListener("message", async ({ data }: MessageEvent<Asked>) => {
  try {
    postMessage({ value: await answer(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
