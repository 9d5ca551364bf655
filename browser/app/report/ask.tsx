/** Telling the administrators of somebody, or of a post of theirs: what is sent to whom, and why. */

import { type Signal, signal } from "@preact/signals";

import { askAsMe, me } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { Person, Post, ReportMade } from "../api_types.ts";
import { nameOf } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { TextArea, Toggle } from "../parts/form.tsx";
import { tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { sayReport } from "./words.ts";

const LONGEST = 3000; // INB-10.1

const serverOf = (handle: string): string => handle.split("@").at(-1) ?? "";

interface AboutProps {
  readonly person: Person;
  readonly isPost: boolean;
  readonly text: Signal<string>;
  readonly forward: Signal<boolean>;
}

function About({ person, isPost, text, forward }: AboutProps) {
  const [ours, theirs] = [serverOf(me.value?.address ?? ""), serverOf(person.handle)];
  const name = nameOf(person);
  return (
    <>
      <p>{sayReport(isPost ? "says.post" : "says.person", { name, server: ours })}</p>
      <TextArea
        label={sayReport("text")}
        name="text"
        rows={4}
        maxLength={LONGEST}
        value={text.value}
        onValue={(words) => {
          text.value = words;
        }}
      />
      {theirs !== "" && theirs !== ours && (
        <Toggle
          label={sayReport("forward", { server: theirs })}
          hint={sayReport("forward.says", { ours })}
          on={forward.value}
          onChange={(on) => {
            forward.value = on;
          }}
        />
      )}
    </>
  );
}

/** Ask what is wrong with somebody, or with a post of theirs, and say it to those who run the node. */
export function askReport(person: Person, post?: Post): void {
  const text = signal("");
  const forward = signal(false);
  const isPost = post !== undefined;
  const about = <About person={person} isPost={isPost} text={text} forward={forward} />;
  const send = async () => {
    const made = await askAsMe<ReportMade>("POST", "/reports", {
      body: { about: post?.id ?? person.id, text: text.value, forward: forward.value },
      key: freshKey(),
    });
    const told = [sayReport(made.added ? "added" : "sent")];
    if (made.unsent) {
      told.push(sayReport(`unsent.${made.unsent}`));
    }
    if (made.withheld) {
      told.push(sayReport("withheld"));
    }
    tell(told.join(" "));
  };
  question(sayReport("title", { name: nameOf(person) }), about, [
    { words: say("report"), kind: "main", act: send },
  ]);
}
