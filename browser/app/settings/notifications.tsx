/** Whether the node may call this browser, and for what (Web Push). */

import { useSignal } from "@preact/signals";

import { Button, Toggle } from "../parts/form.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { ability, KINDS, type Kind, kindsHere, tryIt, turnOff, turnOn } from "../push.ts";
import { type HereKey, sayHere } from "./words.ts";

const WORDS: Readonly<Record<Kind, HereKey>> = {
  messages: "push.messages",
  friends: "push.friends",
  comments: "push.comments",
  likes: "push.likes",
  follows: "push.follows",
  other: "push.other",
};

async function tried(): Promise<void> {
  await attempt(async () => {
    const reason = await tryIt();
    tell(reason === "" ? sayHere("push.tried") : sayHere("push.failed", { reason }), reason !== "");
  });
}

export function Notifications() {
  const kinds = useSignal(kindsHere());
  const able = useSignal(ability());
  async function change(next: readonly Kind[] | null): Promise<void> {
    await attempt(async () => {
      if (next === null) await turnOff();
      else if (!(await turnOn(next))) tell(sayHere("push.denied"), true);
    });
    kinds.value = kindsHere();
    able.value = ability();
  }
  const on = kinds.value;
  return (
    <section class="card" aria-labelledby="notifications">
      <h2 id="notifications">{sayHere("push")}</h2>
      {able.value === "able" ? (
        <Toggle
          label={sayHere("push.on")}
          hint={sayHere("push.on.hint")}
          on={on !== null}
          onChange={(wanted) => change(wanted ? KINDS.filter((kind) => kind !== "likes") : null)}
        />
      ) : (
        <p>{sayHere(`push.${able.value}`)}</p>
      )}
      {on !== null && (
        <>
          {KINDS.map((kind) => (
            <Toggle
              key={kind}
              label={sayHere(WORDS[kind])}
              on={on.includes(kind)}
              onChange={(wanted) =>
                change(KINDS.filter((one) => (one === kind ? wanted : on.includes(one))))
              }
            />
          ))}
          <Button kind="quiet" onClick={tried}>
            {sayHere("push.try")}
          </Button>
        </>
      )}
    </section>
  );
}
