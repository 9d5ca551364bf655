/** Chats: the list by the last word, the search, and beside it (on a phone: before it) the one that is open. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Chat, HistoryItem } from "../../worker/device_client.ts";
import { accounts, me } from "../accounts.ts";
import { chats, unreadOf } from "../chats/chats.ts";
import { Conversation } from "../chats/conversation.tsx";
import { gistOf } from "../chats/gist.ts";
import { keyOf } from "../chats/items.ts";
import { meetFriends, personOf, titleOf } from "../chats/names.ts";
import { Told } from "../chats/told.tsx";
import { saySaid } from "../chats/words.ts";
import { device, standing } from "../device.ts";
import { switchTo } from "../entering.ts";
import { lineOf } from "../groups/happened.ts";
import { sayGroups } from "../groups/words.ts";
import { about } from "../keys/doubt.tsx";
import { HeldNotice, NoKeysNotice } from "../keys/notice.tsx";
import { Avatar } from "../parts/avatar.tsx";
import { Bell } from "../parts/bell.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, useArrival, Waiting } from "../parts/screen.tsx";
import { attempt } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { ago, number, say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

const FOUND = 50;
const wayTo = (id: string): string => `/chats/${encodeURIComponent(id)}`;

/** The last that happened, in a line. */
function lastOf(chat: Chat): string {
  if (chat.draft !== "") return say("chats.draft", { words: chat.draft });
  if (chat.last === null) return say("chats.new");
  if (chat.last.is === "gap") return say("chat.gap");
  if (chat.last.is === "line") {
    const mine = standing.value?.current?.actor;
    return lineOf(chat.last, (actor) => (actor === mine ? "" : about(chat.others, actor).name));
  }
  if (chat.last.kind === "Tombstone") return saySaid("gone");
  return gistOf(chat.last) || saySaid("cannot");
}

function Line({ chat, isOpen }: { readonly chat: Chat; readonly isOpen: boolean }) {
  const [first] = chat.others;
  const person = personOf(first ?? { actor: chat.id, handle: "" });
  return (
    <li>
      <a
        class="line chat-line"
        href={at(wayTo(chat.id))}
        aria-current={isOpen ? "page" : undefined}
      >
        {chat.group === null ? (
          <Avatar person={person} size={48} />
        ) : (
          <span class="group-face" aria-hidden="true">
            <Icon name="people" />
          </span>
        )}
        <span class="person-words">
          <bdi class="person-name">{titleOf(chat)}</bdi>
          <span class="person-handle" dir="auto">
            {lastOf(chat)}
          </span>
        </span>
        <span class="chat-when">
          {chat.at > 0 && <time dateTime={new Date(chat.at).toISOString()}>{ago(chat.at)}</time>}
          {unreadOf(chat) > 0 && (
            <span class="unread">
              {number(unreadOf(chat))}
              <span class="sr"> {say("chats.unread")}</span>
            </span>
          )}
        </span>
      </a>
    </li>
  );
}

/** Whose words they are and where, and the way to them. */
function Found({ items }: { readonly items: readonly HistoryItem[] }) {
  const own = standing.value?.current?.actor;
  if (items.length === 0) return <Empty title={say("chats.nothing")} />;
  return (
    <ul class="lines">
      {items.map((item) => {
        if (item.is !== "message") return null;
        const chat = chats.value?.find(({ id }) => id === item.chat);
        const others = chat?.others ?? [];
        const [first = { actor: item.chat, handle: "" }] = others;
        const author = others.find(({ actor }) => actor === item.actor);
        const names = chat === undefined ? first.actor : titleOf(chat);
        const isOwn = item.actor === own;
        const who = isOwn ? saySaid("you") : about(others, item.actor).name;
        const to = `${wayTo(item.chat)}?at=${encodeURIComponent(keyOf(item))}`;
        return (
          <li key={`${item.chat} ${keyOf(item)}`}>
            <a class="line chat-line" href={at(to)}>
              <Avatar person={personOf(author ?? first)} size={48} />
              <span class="person-words">
                <span class="person-name">
                  {(isOwn || others.length > 1) && (
                    <>
                      <bdi>{who}</bdi> ·{" "}
                    </>
                  )}
                  <bdi>{names}</bdi>
                </span>
                <span class="found-words" dir="auto">
                  {gistOf(item)}
                </span>
              </span>
              <time class="chat-when" dateTime={new Date(item.at).toISOString()}>
                {ago(item.at)}
              </time>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function List({ open }: { readonly open: string }) {
  const words = useSignal("");
  const found = useSignal<readonly HistoryItem[] | null>(null);
  const fault = useSignal("");
  const heading = useArrival(say("nav.chats"));
  async function search(text: string): Promise<void> {
    words.value = text;
    fault.value = "";
    if (text.trim() === "") {
      found.value = null;
      return;
    }
    try {
      const page = await device.search(text, null, FOUND, null);
      if (words.value === text) found.value = page.items;
    } catch (error) {
      fault.value = explain(error);
    }
  }
  const list = chats.value;
  return (
    <section class="chat-list" aria-label={say("nav.chats")}>
      <header class="screen-head">
        {standing.value?.phase === "loggedOut" && (
          <a class="round" href={at("/")} aria-label={say("back")}>
            <Icon name="back" />
          </a>
        )}
        <h1 {...(open === "" ? { ref: heading } : {})} tabIndex={-1}>
          {say("nav.chats")}
        </h1>
        <a class="round" href={at("/chats/new")} aria-label={sayGroups("new")}>
          <Icon name="edit" />
        </a>
        <Bell />
      </header>
      {/* biome-ignore lint/a11y/useSemanticElements: older readers do not know <search> */}
      <div role="search" class="chat-search">
        <Icon name="search" />
        <input
          type="search"
          aria-label={say("chats.search")}
          placeholder={say("chats.search")}
          value={words.value}
          onInput={(event) => void search(event.currentTarget.value)}
        />
      </div>
      <NoKeysNotice />
      <HeldNotice />
      <Told chat={null} />
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      {found.value !== null ? (
        <Found items={found.value} />
      ) : list === null ? (
        <Waiting />
      ) : list.length === 0 ? (
        <Empty title={say("chats.none")}>
          <p>{say("chats.none.says")}</p>
          <a class="button main" href={at("/people")}>
            {say("nav.people")}
          </a>
        </Empty>
      ) : (
        <ul class="lines">
          {list.map((chat) => (
            <Line key={chat.id} chat={chat} isOpen={chat.id === open} />
          ))}
        </ul>
      )}
      {found.value === null && list !== null && <Before />}
    </section>
  );
}

/** What this browser kept when one logged out: it is read, and one writes here. */
function Before() {
  const own = me.value?.actor;
  const kept = accounts.value.filter((one) => one.actor === own && !one.isLoggedIn);
  return (
    <>
      {kept.map((one) => (
        <Button key={one.id} kind="quiet" size="wide" onClick={() => attempt(() => switchTo(one))}>
          {saySaid("kept.before")}
        </Button>
      ))}
    </>
  );
}

/** The chat with `id`, which may be new and so stand in no list yet. */
function useChat(id: string, handle: string) {
  const begun = useSignal<Chat | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    // It was found by the handle, and only its address is another: who writes there already goes on writing.
    if (id !== "" && begun.peek()?.id === id) return;
    begun.value = null;
    fault.value = "";
    if (id === "" && handle === "") return;
    device.chatWith(handle === "" ? id : handle).then(
      (chat) => {
        begun.value = chat;
        if (handle !== "") go(wayTo(chat.id), true);
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
  }, [id, handle]);
  const listed = chats.value?.find((chat) => chat.id === id);
  return { chat: listed ?? begun.value, fault: fault.value };
}

export function ChatsScreen({ parts }: { readonly parts: Readonly<Record<string, string>> }) {
  const id = parts.id ?? "";
  const handle = parts.handle ?? "";
  const account = standing.value?.current;
  useEffect(() => {
    void meetFriends(account?.actor ?? "").catch(() => undefined);
  }, [account?.id]);
  const { chat, fault } = useChat(id, handle);
  const isOne = id !== "" || handle !== "";
  return (
    <div class={isOne ? "chats has-chat" : "chats"}>
      <List open={id} />
      {isOne ? (
        chat === null ? (
          <div class="conversation">{fault === "" ? <Waiting /> : <Fault>{fault}</Fault>}</div>
        ) : (
          <Conversation key={chat.id} chat={chat} />
        )
      ) : (
        <div class="conversation none">
          <Empty title={say("chats.choose")} />
        </div>
      )}
    </div>
  );
}
