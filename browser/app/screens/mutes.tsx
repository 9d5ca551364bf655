/** Whom and what one mutes: people, threads and words, until when, and the way back. */

import { useSignal } from "@preact/signals";

import type { Mute } from "../api_types.ts";
import { mute, Span, unmute } from "../mutes/ask.tsx";
import { sayMutes } from "../mutes/words.ts";
import { nameOf } from "../parts/avatar.tsx";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { Empty, Screen, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { useAsked } from "../settings/asked.ts";
import { sayHere } from "../settings/words.ts";
import { ago } from "../words/index.ts";
import { explain } from "../words/problems.ts";

const LONGEST_WORD = 100; // INB-11.1

function What({ one }: { readonly one: Mute }) {
  if (one.person != null) {
    return (
      <a href={at(`/people/${encodeURIComponent(one.person.handle)}`)}>
        <bdi>{nameOf(one.person)}</bdi>
      </a>
    );
  }
  if (one.kind === "word") return <bdi>{one.ref}</bdi>;
  return <a href={at(`/watch?id=${encodeURIComponent(one.ref)}`)}>{sayMutes("one_thread")}</a>;
}

export function MutesScreen() {
  const asked = useAsked<{ readonly items: readonly Mute[] }>("/mutes");
  const word = useSignal("");
  const span = useSignal("");
  const items = asked.answer.value?.items;
  return (
    <Screen title={sayHere("mutes")} under="/settings">
      <section class="card">
        <p>{sayMutes("word.says")}</p>
        <Form
          send={sayMutes("word.mute")}
          disabled={word.value.trim() === ""}
          onSend={async () => {
            await mute("word", word.value, span.value);
            word.value = "";
            await asked.again();
          }}
        >
          <Field
            label={sayMutes("word")}
            name="word"
            plain
            required
            maxLength={LONGEST_WORD}
            value={word.value}
            onValue={(text) => {
              word.value = text;
            }}
          />
          <Span chosen={span} />
        </Form>
      </section>
      <section class="card" aria-label={sayHere("mutes")}>
        {asked.fault.value !== null && <Fault>{explain(asked.fault.value)}</Fault>}
        {items === undefined && asked.fault.value === null && <Waiting />}
        {items?.length === 0 && <Empty title={sayMutes("none")} />}
        <ul class="lines">
          {items?.map((one) => (
            <li key={`${one.kind} ${one.ref}`} class="line">
              <span class="person-words grow">
                <span class="person-name">
                  <What one={one} />
                </span>
                <span class="person-handle">
                  {one.until == null
                    ? sayMutes("span.good")
                    : sayMutes("until", { when: ago(one.until) })}
                </span>
              </span>
              <Button
                kind="quiet"
                onClick={() =>
                  attempt(async () => {
                    await unmute(one);
                    await asked.again();
                  })
                }
              >
                {sayMutes("unmute")}
              </Button>
            </li>
          ))}
        </ul>
      </section>
    </Screen>
  );
}
