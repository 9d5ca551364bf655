/** The ways on for a browser that has no keys of its account: by another device, by the words, by the password. */

import { useSignal } from "@preact/signals";

import type { KeysView } from "../../worker/key_questions.ts";
import { device } from "../device.ts";
import { Field, Form, TextArea, Toggle } from "../parts/form.tsx";
import { tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { useAsked } from "../settings/asked.ts";
import { type KeysKey, sayKeys } from "./words.ts";

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly current: boolean;
}

/** Where the words, or the text of their code, are handed in: neither looked at, learnt nor kept by the browser. */
export function PaperField({ value }: { readonly value: { value: string } }) {
  return (
    <TextArea
      label={sayKeys("paper")}
      hint={sayKeys("paper.hint")}
      name="paper"
      rows={4}
      plain
      autocomplete="off"
      required
      value={value.value}
      onValue={(text) => {
        value.value = text;
      }}
    />
  );
}

/** What was used stands in the field no more; what was mistyped stays there to be put right. */
export async function used<T>(paper: { value: string }, use: (text: string) => Promise<T>) {
  const done = await use(paper.value);
  paper.value = "";
  return done;
}

/** Every other device is taken off the list, but for those that one still has. */
function UseWords({ view, onDone }: WaysProps) {
  const paper = useSignal("");
  const kept = useSignal<readonly string[]>([]);
  const devices = useAsked<{ readonly items: readonly Listed[] }>("/devices");
  const others = (devices.answer.value?.items ?? []).filter(({ id, current }) => {
    return !current && view.listed.includes(id);
  });
  async function send(): Promise<void> {
    await used(paper, (text) => device.recover(text, kept.value));
    tell(sayKeys("none.used"));
    onDone();
  }
  return (
    <section class="card" aria-labelledby="use">
      <h2 id="use">{sayKeys("none.use")}</h2>
      <p>{sayKeys("none.use.says")}</p>
      <Form send={sayKeys("none.use.do")} onSend={send}>
        <PaperField value={paper} />
        {others.map(({ id, name }) => (
          <Toggle
            key={id}
            label={sayKeys("none.keep", { name })}
            on={kept.value.includes(id)}
            onChange={(on) => {
              kept.value = on ? [...kept.value, id] : kept.value.filter((one) => one !== id);
            }}
          />
        ))}
      </Form>
    </section>
  );
}

interface ByPasswordProps {
  readonly title: KeysKey;
  readonly says: KeysKey;
  readonly does: KeysKey;
  /** Something is lost by it: one says so first. */
  readonly isLoss: boolean;
  readonly onDone: () => void;
}

/** What the password alone can do. */
export function ByPassword({ title, says, does, isLoss, onDone }: ByPasswordProps) {
  const password = useSignal("");
  const isSure = useSignal(!isLoss);
  async function send(): Promise<void> {
    await device.startOver(password.value);
    tell(sayKeys("reset.done"));
    onDone();
  }
  return (
    <section class="card" aria-labelledby={title}>
      <h2 id={title}>{sayKeys(title)}</h2>
      <p>{sayKeys(says)}</p>
      <Form
        send={sayKeys(does)}
        onSend={send}
        kind={isLoss ? "alarm" : "main"}
        disabled={!isSure.value}
      >
        <Field
          label={sayKeys("password")}
          name="password"
          type="password"
          required
          autocomplete="current-password"
          value={password.value}
          onValue={(text) => {
            password.value = text;
          }}
        />
        {isLoss && (
          <Toggle
            label={sayKeys("reset.sure")}
            on={isSure.value}
            onChange={(on) => {
              isSure.value = on;
            }}
          />
        )}
      </Form>
    </section>
  );
}

interface WaysProps {
  readonly view: KeysView;
  readonly onDone: () => void;
}

export function WithoutKeys({ view, onDone }: WaysProps) {
  if (view.isPublished === false) {
    return (
      <ByPassword
        title="begin.title"
        says="begin.says"
        does="begin.do"
        isLoss={false}
        onDone={onDone}
      />
    );
  }
  const isOff = view.stand === "unlisted";
  return (
    <>
      <section class="card" aria-labelledby="without">
        <h2 id="without">{sayKeys(isOff ? "unlisted.title" : "none.title")}</h2>
        <p>{sayKeys(isOff ? "unlisted.says" : "none.says")}</p>
        <a class="button quiet" href={at("/")}>
          {sayKeys("none.later")}
        </a>
      </section>
      <section class="card" aria-labelledby="by-device">
        <h2 id="by-device">{sayKeys("none.link")}</h2>
        <p>{sayKeys("none.link.says")}</p>
        <a class="button main" href={at("/link?new")}>
          {sayKeys("link.new")}
        </a>
      </section>
      <UseWords view={view} onDone={onDone} />
      <ByPassword title="reset" says="reset.says" does="reset.do" isLoss onDone={onDone} />
    </>
  );
}
