/** What to do with words that were changed when the earlier ones turn out to be posted. */

import { askAsMe } from "../accounts.ts";
import { Problem } from "../api.ts";
import { question, type Way } from "../parts/dialog.tsx";
import { sayWritten } from "./words.ts";
import { Earlier, Unsure, type Written } from "./written.ts";

async function remove(id: string): Promise<void> {
  try {
    await askAsMe("DELETE", "/posts/one", { query: { id } });
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
}

/** Ask the person about `error`, which `written` threw of `body`; another one is thrown on. `sent` once it is. */
export function askAboutEarlier<T extends { readonly id: string }>(
  error: unknown,
  written: Written<T>,
  body: { readonly content: string },
  sent: () => void,
): void {
  const isEarlier = error instanceof Earlier;
  if (!isEarlier && !(error instanceof Unsure)) throw error;
  let isBegun = false;
  const post = async () => {
    // Once: tried again after a lost answer, it is still the same.
    if (!isBegun) written.begin();
    isBegun = true;
    await written.send(body);
  };
  const both: Way = {
    words: sayWritten(isEarlier ? "earlier.both" : "unsure.post"),
    act: async () => {
      await post();
      sent();
    },
  };
  const ways: Way[] = [both];
  if (isEarlier && error.id !== "")
    ways.unshift({
      words: sayWritten("earlier.replace"),
      act: async () => {
        await post();
        await remove(error.id);
        sent();
      },
    });
  const says = (
    <>
      <p>{sayWritten(isEarlier ? "earlier.says" : "unsure.says")}</p>
      <p dir="auto">{body.content}</p>
    </>
  );
  question(sayWritten(isEarlier ? "earlier" : "unsure"), says, ways);
}
