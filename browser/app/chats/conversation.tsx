/** One chat: its history, what is in the way, and what one is writing. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import type { Chat, Message } from "../../worker/device_client.ts";
import { device, standing } from "../device.ts";
import { Doubt } from "../keys/doubt.tsx";
import { NOT_SPOKEN_TO } from "../keys/doubts.ts";
import { Avatar, nameOf, pageOf } from "../parts/avatar.tsx";
import { useDeed } from "../parts/deed.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { useArrival } from "../parts/screen.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { attempt } from "../parts/toast.tsx";
import { leftOf } from "../parts/typed.ts";
import { back } from "../router.ts";
import { inRow, say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { History } from "./history.ts";
import { keyOf } from "./items.ts";
import { whyHeld } from "./kept.ts";
import { dayOf, HistoryLine } from "./message.tsx";
import { personOf } from "./names.ts";
import { Told } from "./told.tsx";

const KEEP_AFTER_MS = 400;

function Composer({ chat }: { readonly chat: Chat }) {
  const text = useSignal(chat.draft);
  const fault = useSignal("");
  const { busy, begin } = useDeed();
  // The same words are said once, however often the button is pressed.
  const id = useRef(crypto.randomUUID());
  const keeping = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const keep = () => void device.saveDraft(chat.id, text.peek()).catch(() => undefined);
  useEffect(
    () => () => {
      if (keeping.current === undefined) return;
      clearTimeout(keeping.current);
      keep();
    },
    [],
  );
  async function send(): Promise<void> {
    const sent = text.value;
    const words = sent.trim();
    if (words === "") return;
    fault.value = "";
    clearTimeout(keeping.current);
    keeping.current = undefined;
    try {
      await device.send(chat.id, words, id.current);
      id.current = crypto.randomUUID();
      text.value = leftOf(text.value, sent);
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
        void begin(send);
      }}
    >
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <div class="composer-row">
        <textarea
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
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              void begin(send);
            }
          }}
        />
        <button
          type="submit"
          class="round main"
          aria-label={say("send")}
          disabled={text.value.trim() === ""}
          aria-busy={busy.value}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** What is said above the words one writes: why they wait, or why there is nothing to write. */
function Notice({ chat }: { readonly chat: Chat }) {
  const phase = standing.value?.phase;
  if (phase === "frozen" || phase === "loggedOut") {
    return <p class="chat-notice">{say(`chat.${phase}`)}</p>;
  }
  if (chat.trouble?.clause === NOT_SPOKEN_TO) return <Doubt chat={chat} trouble={chat.trouble} />;
  if (chat.needsNewDevice || chat.isUnanswered) {
    return (
      <div class="chat-notice">
        <p>{say(chat.isUnanswered ? "chat.unanswered" : "chat.noDevice")}</p>
        {chat.others.length === 1 && (
          <Button kind="quiet" onClick={() => attempt(() => device.goOn(chat.id))}>
            {say(chat.isUnanswered ? "chat.beginAnew" : "chat.goOn")}
          </Button>
        )}
      </div>
    );
  }
  if (chat.trouble !== null) return <p class="chat-notice">{whyHeld(chat.trouble)}</p>;
  if (standing.value?.isOnline === false) return <p class="chat-notice">{say("chat.offline")}</p>;
  return chat.isOpen ? null : <p class="chat-notice">{say("chat.closed")}</p>;
}

export function Conversation({ chat }: { readonly chat: Chat }) {
  const people = chat.others.map(personOf);
  const title = inRow(people.map(nameOf));
  const heading = useArrival(title);
  const history = useMemo(() => new History(chat.id), [chat.id]);
  const fault = useSignal("");
  const box = useRef<HTMLDivElement>(null);
  const mine = standing.value?.current?.actor;
  const load = async () => {
    try {
      await history.earlier();
    } catch (error) {
      fault.value = explain(error);
    }
  };
  useEffect(() => {
    void load();
    return () => history.close();
  }, [history]);
  const items = history.items.value;
  const newest = items.at(-1);
  useEffect(() => {
    // Who reads the newest words goes on reading them as they come.
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [newest && keyOf(newest)]);
  useSignalEffect(() => {
    const last = history.items.value.at(-1);
    if (last !== undefined && !document.hidden) {
      void device.markRead(chat.id, last.number).catch(() => undefined);
    }
  });
  const again = (message: Message) =>
    attempt(() => device.retry(chat.id, message.id, crypto.randomUUID()));
  const [first] = people;
  return (
    <section class="conversation" aria-label={title}>
      <header class="chat-head">
        <button
          type="button"
          class="round chat-back"
          aria-label={say("back")}
          onClick={() => back("/chats")}
        >
          <Icon name="back" />
        </button>
        {first !== undefined && (
          <a class="chat-face" href={pageOf(first.handle)} aria-label={say("chat.page")}>
            <Avatar person={first} size={40} />
          </a>
        )}
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
      </header>
      <Scrolling class="history" label={say("chat.messages")} box={box}>
        {!history.isAtStart.value && items.length > 0 && (
          <div class="centred">
            <Button kind="quiet" onClick={load}>
              {say("chat.earlier")}
            </Button>
          </div>
        )}
        {history.isAtStart.value && (
          <p class="chat-start">
            <Icon name="lock" />
            <span>{say("chat.sealed")}</span>
          </p>
        )}
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
        <ol class="lines" aria-live="polite" aria-relevant="additions">
          {items.map((item, index) => {
            const day = dayOf(item, items[index - 1]);
            return [
              day !== "" && (
                <li key={`day ${keyOf(item)}`} class="day">
                  {day}
                </li>
              ),
              <HistoryLine
                key={keyOf(item)}
                item={item}
                others={chat.others}
                isMine={item.is === "message" && item.actor === mine}
                onRetry={again}
              />,
            ];
          })}
        </ol>
      </Scrolling>
      <Told chat={chat} />
      <Notice chat={chat} />
      {chat.isOpen && <Composer key={chat.id} chat={chat} />}
    </section>
  );
}
