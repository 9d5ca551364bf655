/** One scan: whoever shows a good code is a friend at once (spec GRA-7). */

import { askAsMe, me } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { FriendCode, Relation } from "../api_types.ts";
import { relationTo } from "../people.ts";

export type Scanned = "friends" | "asked" | "own" | "blocked";

/** What came of the code of `who`. */
export async function befriend(
  who: string,
  code: string,
): Promise<{ readonly is: Scanned; readonly name: string }> {
  const { person, state } = await relationTo(who);
  const name = person.display_name || person.handle;
  if (person.id === me.value?.actor) return { is: "own", name };
  if (state === "friend") return { is: "friends", name };
  if (state === "blocked") return { is: "blocked", name };
  const body = { actor: who, code };
  const after = await askAsMe<Relation>("POST", "/friends/requests", { body, key: freshKey() });
  return { is: after.state === "friend" ? "friends" : "asked", name };
}

/** The code to be shown from now on; those before it are void. */
export function freshCode(): Promise<FriendCode> {
  return askAsMe<FriendCode>("POST", "/friends/code", { key: freshKey() });
}
