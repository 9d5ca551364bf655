/** Muting somebody, or the thread of a post: for how long, and back. */

import { type Signal, signal } from "@preact/signals";

import { askAsMe } from "../accounts.ts";
import type { Mute, Person, Post } from "../api_types.ts";
import type { List } from "../lists.ts";
import { nameOf } from "../parts/avatar.tsx";
import { question, type Way } from "../parts/dialog.tsx";
import { Select } from "../parts/form.tsx";
import { tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { ready, sayMutes } from "./words.ts";

const DAY = 86_400;

export const mutesOfMine = (): Promise<{ readonly items: readonly Mute[] }> =>
  askAsMe("GET", "/mutes");

/** Take a mute back, as the list names it. */
export async function unmute({ kind, ref }: Pick<Mute, "kind" | "ref">): Promise<void> {
  await askAsMe("DELETE", "/mutes", { query: { kind, of: ref } });
}

export function Span({ chosen }: { readonly chosen: Signal<string> }) {
  return (
    <Select
      label={sayMutes("span")}
      value={chosen.value}
      onValue={(seconds) => {
        chosen.value = seconds;
      }}
      options={[
        ["", sayMutes("span.good")],
        [String(DAY), sayMutes("span.day")],
        [String(7 * DAY), sayMutes("span.week")],
        [String(30 * DAY), sayMutes("span.month")],
      ]}
    />
  );
}

export async function mute(kind: Mute["kind"], of: string, span: string): Promise<void> {
  const seconds = span === "" ? null : Number(span);
  await askAsMe("PUT", "/mutes", { body: { kind, of, seconds } });
}

/** Ask whom or what one does not want to hear of; of whom is muted, whether that ends. */
export async function askMute(person: Person, post?: Post, list?: List<Post>): Promise<void> {
  const [{ items }] = await Promise.all([mutesOfMine(), ready()]);
  const known = items.find(({ kind, ref }) => kind === "person" && ref === person.id);
  const span = signal("");
  const done = () => tell(sayMutes("done"));
  const whole = async () => {
    await mute("person", person.id, span.value);
    for (const one of list?.items.value ?? []) {
      if (one.author.id === person.id) list?.remove(one.id);
    }
    done();
  };
  const thread = async () => {
    await mute("thread", post?.id ?? "", span.value);
    done();
  };
  const back = async () => {
    await unmute({ kind: "person", ref: person.id });
    tell(sayMutes("undone"));
  };
  const ways: Way[] = [
    known === undefined
      ? { words: say("mute"), kind: "main", act: whole }
      : { words: sayMutes("unmute"), kind: "main", act: back },
  ];
  if (post !== undefined) ways.push({ words: sayMutes("thread"), kind: "quiet", act: thread });
  const says = (
    <>
      <p>{sayMutes("says", { name: nameOf(person) })}</p>
      {post !== undefined && <p>{sayMutes("thread.says")}</p>}
      <Span chosen={span} />
    </>
  );
  question(sayMutes("title", { name: nameOf(person) }), says, ways);
}
