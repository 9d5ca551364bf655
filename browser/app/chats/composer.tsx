/** Where one writes: new words, an answer, or other words for what one said. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Chat, Message } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { about } from "../keys/doubt.tsx";
import { useDeed } from "../parts/deed.ts";
import { Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { leftOf } from "../parts/typed.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { gistOf } from "./gist.ts";
import { saySaid } from "./words.ts";

const KEEP_AFTER_MS = 400;
const FilePanel = later(async () => (await import("../files/panel.tsx")).FilePanel);

/** What the words that one writes are about; null: nothing that was said. */
export interface Purpose {
  readonly is: "reply" | "edit";
  readonly message: Message;
}

interface Props {
  readonly chat: Chat;
  readonly purpose: Signal<Purpose | null>;
  readonly mine: string;
}

/** What one answers, or changes; and the way out of it. */
function About({ chat, purpose, mine }: Props) {
  if (purpose.value === null) return null;
  const { is, message } = purpose.value;
  const { name } = about(chat.others, message.actor);
  const answering =
    message.actor === mine ? saySaid("answering.own") : saySaid("answering", { name });
  return (
    <div class="composer-about">
      <p>
        <strong>{is === "edit" ? saySaid("changing") : answering}</strong>
        <span dir="auto">{gistOf(message)}</span>
      </p>
      <button
        type="button"
        class="round"
        aria-label={saySaid("stop")}
        onClick={() => {
          purpose.value = null;
        }}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

export function Composer({ chat, purpose, mine }: Props) {
  const text = useSignal(chat.draft);
  const fault = useSignal("");
  const { busy, begin } = useDeed();
  const isAttaching = useSignal(false);
  // The same words are said once, however often the button is pressed.
  const id = useRef(crypto.randomUUID());
  const field = useRef<HTMLTextAreaElement>(null);
  const before = useRef<Purpose | null>(null);
  // What one had begun to write comes back when one has changed other words.
  const begun = useRef("");
  const keeping = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isDraft = () => purpose.peek()?.is !== "edit";
  const keep = () => {
    if (isDraft()) void device.saveDraft(chat.id, text.peek()).catch(() => undefined);
  };
  useEffect(
    () => () => {
      if (keeping.current === undefined) return;
      clearTimeout(keeping.current);
      keep();
    },
    [],
  );
  const now = purpose.value;
  useEffect(() => {
    const wasEdit = before.current?.is === "edit";
    if (now?.is === "edit") {
      if (!wasEdit) {
        begun.current = text.peek();
        void device.saveDraft(chat.id, begun.current).catch(() => undefined);
      }
      text.value = now.message.text;
    } else if (wasEdit) text.value = begun.current;
    before.current = now;
    if (now !== null) field.current?.focus();
  }, [now]);
  async function send(): Promise<void> {
    const sent = text.value;
    const words = sent.trim();
    if (words === "") return;
    fault.value = "";
    clearTimeout(keeping.current);
    keeping.current = undefined;
    const about = purpose.peek();
    try {
      if (about?.is === "edit") {
        await device.edit(chat.id, about.message.id, words);
        purpose.value = null;
        return;
      }
      const { id: answered = "", actor = "" } = about?.message ?? {};
      const to = about === null ? null : { id: answered, actor };
      await device.send(chat.id, words, id.current, to);
      id.current = crypto.randomUUID();
      text.value = leftOf(text.value, sent);
      purpose.value = null;
      if (text.value !== "") keep();
    } catch (error) {
      fault.value = explain(error);
    }
  }
  return (
    <form
      class="composer chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        // Words that go with files are sent with them.
        if (!isAttaching.value) void begin(send);
      }}
    >
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <About chat={chat} purpose={purpose} mine={mine} />
      {isAttaching.value && (
        <FilePanel
          chat={chat.id}
          words={() => text.peek()}
          answers={() => {
            const about = purpose.peek();
            if (about?.is !== "reply") return null;
            return { id: about.message.id, actor: about.message.actor };
          }}
          onSent={(sent, isAll) => {
            text.value = leftOf(text.value, sent);
            if (text.value !== "") keep();
            purpose.value = null;
            isAttaching.value = !isAll;
            field.current?.focus();
          }}
          onClose={() => {
            isAttaching.value = false;
            field.current?.focus();
          }}
        />
      )}
      <div class="composer-row">
        <button
          type="button"
          class="round"
          aria-label={saySaid("attach")}
          aria-expanded={isAttaching.value}
          // The panel has the way out: what is chosen, or on its way, goes by its own button.
          disabled={now?.is === "edit" || isAttaching.value}
          onClick={() => {
            isAttaching.value = true;
          }}
        >
          <Icon name="plus" />
        </button>
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={say("chat.write")}
          placeholder={say("chat.write")}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
            clearTimeout(keeping.current);
            keeping.current = setTimeout(keep, KEEP_AFTER_MS);
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape" && purpose.value !== null) {
              event.preventDefault();
              purpose.value = null;
            }
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              if (!isAttaching.value) void begin(send);
            }
          }}
        />
        <button
          type="submit"
          class="round main"
          aria-label={say("send")}
          disabled={text.value.trim() === "" || isAttaching.value}
          aria-busy={busy.value}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
