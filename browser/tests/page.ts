/** What a page of a test asks of the library, inside a worker of its browser. */

import { Judge, type Shelf } from "./replay.ts";
import { measure } from "./speed.ts";

interface Asked {
  readonly shelf?: Shelf;
  readonly suite?: number;
  readonly members?: number;
}

async function answer({ shelf, suite = 1, members = 2 }: Asked): Promise<unknown> {
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
