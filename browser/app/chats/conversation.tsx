/** One chat: its history, what is in the way, and what one is writing. */

import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import "./sheet.ts";

import type { Chat, Message, Quoted } from "../../worker/device_client.ts";
import { device, standing } from "../device.ts";
import { ended } from "../groups/happened.ts";
import { sayGroups } from "../groups/words.ts";
import { Doubt } from "../keys/doubt.tsx";
import { NOT_SPOKEN_TO } from "../keys/doubts.ts";
import { Avatar, pageOf } from "../parts/avatar.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { useArrival } from "../parts/screen.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { attempt } from "../parts/toast.tsx";
import { at, back, place } from "../router.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { Composer, type Purpose } from "./composer.tsx";
import { useEnd } from "./end.ts";
import { History } from "./history.ts";
import { keyOf } from "./items.ts";
import { whyHeld } from "./kept.ts";
import { dayOf, HistoryLine } from "./message.tsx";
import { personOf, titleOf, wayToGroup } from "./names.ts";
import { Told } from "./told.tsx";
import { saySaid } from "./words.ts";

/** What is said above the words one writes: why they wait, or why there is nothing to write. */
function Notice({ chat }: { readonly chat: Chat }) {
  const phase = standing.value?.phase;
  if (phase === "frozen" || phase === "loggedOut") {
    return <p class="chat-notice">{say(`chat.${phase}`)}</p>;
  }
  if (chat.group?.ended != null) return <p class="chat-notice">{ended(chat)}</p>;
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

/** The menu of a message, which is loaded when it is first asked for. */
interface Opened {
  readonly message: Message;
  readonly Menu: typeof import("./menu.tsx").Menu;
}

export function Conversation({ chat }: { readonly chat: Chat }) {
  const people = chat.others.map(personOf);
  const title = titleOf(chat);
  const heading = useArrival(title);
  const history = useMemo(() => new History(chat.id), [chat.id]);
  const fault = useSignal("");
  const box = useRef<HTMLDivElement>(null);
  const mine = standing.value?.current?.actor ?? "";
  const purpose = useSignal<Purpose | null>(null);
  const menu = useSignal<Opened | null>(null);
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
  // What a search has found, or what is answered: one comes for it.
  const wanted = place.value.query.get("at") ?? "";
  useEffect(() => {
    if (wanted !== "") void goTo(wanted);
  }, [wanted]);
  const items = history.items.value;
  const { hasFresh, toEnd } = useEnd(box, items.at(-1), mine);
  useSignalEffect(() => {
    const last = history.items.value.at(-1);
    if (last !== undefined && !document.hidden) {
      void device.markRead(chat.id, last.number).catch(() => undefined);
    }
  });
  const again = (message: Message) =>
    attempt(() => device.retry(chat.id, message.id, crypto.randomUUID()));
  const about = (is: Purpose["is"]) => (message: Message) => {
    if (chat.isOpen) purpose.value = { is, message };
  };
  const openMenu = (message: Message) =>
    attempt(async () => {
      const { Menu } = await import("./menu.tsx");
      menu.value = { message, Menu };
    });
  const goTo = (key: string) =>
    attempt(async () => {
      await history.reach(key);
      const line = box.current?.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!(line instanceof HTMLElement)) return;
      line.scrollIntoView({ block: "center" });
      line.focus();
    });
  const quotedAt = (quoted: Quoted) => goTo(keyOf({ is: "message", ...quoted }));
  const [first] = people;
  const open = menu.value;
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
        {chat.group !== null ? (
          <a
            class="chat-face round"
            href={at(wayToGroup(chat.id))}
            aria-label={sayGroups("screen")}
          >
            <Icon name="people" />
          </a>
        ) : (
          first !== undefined && (
            <a class="chat-face" href={pageOf(first.handle)} aria-label={say("chat.page")}>
              <Avatar person={first} size={40} />
            </a>
          )
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
                mine={mine}
                showsSender={chat.group !== null || chat.others.length > 1}
                onRetry={again}
                onMenu={openMenu}
                onReply={about("reply")}
                onQuoted={quotedAt}
              />,
            ];
          })}
        </ol>
      </Scrolling>
      <div class="chat-fresh" role="status">
        {hasFresh.value && (
          <button type="button" class="button main small" onClick={toEnd}>
            {saySaid("fresh")}
          </button>
        )}
      </div>
      <Told chat={chat} />
      <Notice chat={chat} />
      {chat.isOpen && <Composer key={chat.id} chat={chat} purpose={purpose} mine={mine} />}
      {open !== null && (
        <open.Menu
          message={open.message}
          isMine={open.message.actor === mine}
          isOpen={chat.isOpen}
          mine={mine}
          onReply={() => about("reply")(open.message)}
          onEdit={() => about("edit")(open.message)}
          onClose={() => {
            menu.value = null;
          }}
        />
      )}
    </section>
  );
}
