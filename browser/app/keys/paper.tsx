/** The recovery words: shown to be written down, and three of them asked back. */

import { useSignal } from "@preact/signals";

import type { Paper } from "../../worker/key_questions.ts";
import { QrCode } from "../codes/qr.tsx";
import { device } from "../device.ts";
import { Button, Fault, Field, Form } from "../parts/form.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { sayKeys } from "./words.ts";

const ASKED_BACK = 3;
/** So many letters tell every word from every other. */
const LETTERS = 4;

/** Three places, wherever chance says, in their order. */
function places(count: number): readonly number[] {
  const left = Array.from({ length: count }, (_, at) => at);
  const taken: number[] = [];
  for (const drawn of crypto.getRandomValues(new Uint32Array(ASKED_BACK))) {
    taken.push(...left.splice(drawn % left.length, 1));
  }
  return taken.sort((a, b) => a - b);
}

function Words({ paper, onWrote }: { readonly paper: Paper; readonly onWrote: () => void }) {
  return (
    <>
      <p>{sayKeys("recovery.alone")}</p>
      <ol class="paper-words" dir="ltr" lang="en" aria-label={sayKeys("recovery.list")}>
        {paper.words.map((word, at) => (
          <li key={at}>{word}</li>
        ))}
      </ol>
      <Button onClick={onWrote}>{sayKeys("recovery.wrote")}</Button>
      <details>
        <summary>{sayKeys("recovery.qr")}</summary>
        <QrCode text={paper.code} label={sayKeys("recovery.qr")} />
      </details>
    </>
  );
}

interface CheckProps {
  readonly paper: Paper;
  readonly onDone: () => void;
  readonly onAgain: () => void;
}

function Check({ paper, onDone, onAgain }: CheckProps) {
  const asked = useSignal(places(paper.words.length));
  const typed = useSignal<Readonly<Record<number, string>>>({});
  const fault = useSignal("");
  async function send(): Promise<void> {
    fault.value = "";
    const letters = (word: string) => word.trim().toLowerCase().slice(0, LETTERS);
    const wrong = asked.value.find((place) => {
      return letters(typed.value[place] ?? "") !== letters(paper.words[place] ?? "");
    });
    if (wrong !== undefined) {
      fault.value = sayKeys("recovery.wrong", { place: wrong + 1 });
      return;
    }
    await device.writtenDown();
    tell(sayKeys("recovery.done"));
    onDone();
  }
  return (
    <>
      <h3>{sayKeys("recovery.check")}</h3>
      <Form send={sayKeys("recovery.wrote")} onSend={send}>
        {asked.value.map((place) => (
          <Field
            key={place}
            label={sayKeys("recovery.word", { place: place + 1 })}
            name={`word-${place + 1}`}
            plain
            required
            autocomplete="off"
            value={typed.value[place] ?? ""}
            onValue={(text) => {
              typed.value = { ...typed.value, [place]: text };
            }}
          />
        ))}
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
      </Form>
      <Button kind="quiet" onClick={onAgain}>
        {sayKeys("recovery.again")}
      </Button>
    </>
  );
}

/** What is not on paper yet. */
export function WriteDown({ onDone }: { readonly onDone: () => void }) {
  const paper = useSignal<Paper | null>(null);
  const isAsked = useSignal(false);
  async function show(): Promise<void> {
    await attempt(async () => {
      paper.value = await device.recovery();
    });
  }
  const shown = paper.value;
  return (
    <section class="card" aria-labelledby="paper">
      <h2 id="paper">{sayKeys("recovery")}</h2>
      {shown === null ? (
        <>
          <p>{sayKeys("recovery.why")}</p>
          <p>{sayKeys("recovery.first")}</p>
          <div class="ways">
            <a class="button main" href={at("/link")}>
              {sayKeys("recovery.link")}
            </a>
            <Button kind="quiet" onClick={show}>
              {sayKeys("recovery.show")}
            </Button>
          </div>
        </>
      ) : isAsked.value ? (
        <Check
          paper={shown}
          onDone={onDone}
          onAgain={() => {
            isAsked.value = false;
          }}
        />
      ) : (
        <Words
          paper={shown}
          onWrote={() => {
            isAsked.value = true;
          }}
        />
      )}
    </section>
  );
}
