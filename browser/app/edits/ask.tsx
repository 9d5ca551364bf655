/** Changing what a post of one's own says, and reading what a post said before (spec INB-13). */

import { type Signal, signal } from "@preact/signals";

import { plain } from "../../device/plain_text.ts";
import { askAsMe } from "../accounts.ts";
import type { Post, PostVersion } from "../api_types.ts";
import type { List } from "../lists.ts";
import { question } from "../parts/dialog.tsx";
import { Field, TextArea } from "../parts/form.tsx";
import { RichText } from "../parts/rich.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { tell } from "../parts/toast.tsx";
import { ago, say } from "../words/index.ts";
import { sayEdits } from "./words.ts";

const LONGEST = 10_000; // INB-4.2
const LONGEST_WARNING = 500;

interface WordsProps {
  readonly text: Signal<string>;
  readonly warning: Signal<string> | null;
}

function Words({ text, warning }: WordsProps) {
  return (
    <>
      <TextArea
        label={sayEdits("text")}
        hint={sayEdits("says")}
        name="text"
        rows={6}
        maxLength={LONGEST}
        value={text.value}
        onValue={(words) => {
          text.value = words;
        }}
      />
      {warning !== null && (
        <Field
          label={sayEdits("warning")}
          name="warning"
          maxLength={LONGEST_WARNING}
          value={warning.value}
          onValue={(words) => {
            warning.value = words;
          }}
        />
      )}
    </>
  );
}

/** Ask what a post or comment of one's own says from now on. */
export function askEdit(post: Post, list: List<Post>): void {
  const before = plain(post.content);
  const text = signal(before);
  // A comment has none.
  const warning = post.in_reply_to === "" ? signal(post.summary) : null;
  const save = async () => {
    const isSame = text.value === before; // what was not touched keeps its links and its looks
    const warned = warning !== null && warning.value !== post.summary;
    const body = {
      ...(isSame ? {} : { content: text.value }),
      ...(warned ? { summary: warning.value, sensitive: warning.value !== "" } : {}),
    };
    list.replace(await askAsMe<Post>("PATCH", "/posts/one", { query: { id: post.id }, body }));
    tell(sayEdits("done"));
  };
  question(say("feed.edit"), <Words text={text} warning={warning} />, [
    { words: say("save"), kind: "main", act: save },
  ]);
}

function Versions({ versions }: { readonly versions: readonly PostVersion[] }) {
  return (
    <Scrolling class="versions" label={say("feed.before")}>
      {versions.length === 1 && <p>{sayEdits("none")}</p>}
      <ol class="lines">
        {versions.map((one, index) => (
          <li key={one.said}>
            <p class="hint">
              <time dateTime={one.said}>{index === 0 ? sayEdits("now") : ago(one.said)}</time>
            </p>
            {one.summary !== "" && <p dir="auto">{one.summary}</p>}
            <RichText html={one.content} lang={one.lang} />
          </li>
        ))}
      </ol>
    </Scrolling>
  );
}

/** Show all that is known of what a post said. */
export async function showVersions(post: Post): Promise<void> {
  const { items } = await askAsMe<{ items: PostVersion[] }>("GET", "/posts/edits", {
    query: { of: post.id },
  });
  question(say("feed.before"), <Versions versions={items} />, []);
}
