/** Whom a post will not reach, said before it is made: their servers cannot show it (INB-4.9). */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe } from "../accounts.ts";
import type { Person } from "../api_types.ts";
import { nameOf } from "../parts/avatar.tsx";
import { list, say } from "../words/index.ts";

const NAMED = 3;

interface Props {
  readonly audience: "friends" | "followers" | "public";
}

export function Unreached({ audience }: Props) {
  const people = useSignal<readonly Person[]>([]);
  useEffect(() => {
    let isWanted = true;
    people.value = [];
    // Without an answer it is not said: the post can be made all the same.
    askAsMe<{ unreached: readonly Person[] }>("GET", "/posts/audience", {
      query: { audience },
    }).then(
      ({ unreached }) => {
        if (isWanted) people.value = unreached;
      },
      () => undefined,
    );
    return () => {
      isWanted = false;
    };
  }, [audience]);
  const count = people.value.length;
  const names = people.value.slice(0, NAMED).map((one) => `\u2068${nameOf(one)}\u2069`);
  if (count > NAMED) names.push(say("post.unreached.more", { count: count - NAMED }));
  return (
    <p class="hint" role="status">
      {count > 0 && say("post.unreached", { count, names: list(names) })}
    </p>
  );
}
