/** The chats as this tab knows them: what the device told, kept up to date by what it tells. */

import { computed, effect, signal } from "@preact/signals";

import type { Chat, DeviceEvent, News } from "../../worker/device_client.ts";
import { device, standing } from "../device.ts";

export const chats = signal<readonly Chat[] | null>(null);

/** What the device told, and nobody has put away. */
export const news = signal<readonly News[]>([]);

/** What is told in this chat; "": where all chats are. */
export const newsOf = (chat: string): readonly News[] =>
  news.value.filter((one) => one.chat === chat);

/** How much nobody has seen yet, of this chat. */
export const unreadOf = (chat: Chat): number => chat.unread + newsOf(chat.id).length;

export const unread = computed(
  () => (chats.value ?? []).reduce((sum, one) => sum + one.unread, 0) + news.value.length,
);

const byTime = (list: readonly Chat[]) => [...list].sort((a, b) => b.at - a.at);

/** What is told of somebody's devices is said in passing; the words for it are loaded then. */
const OF_DEVICES: ReadonlySet<string> = new Set(["DeviceDoubted", "DoubtSettled", "KeysChanged"]);

function sayInPassing(event: DeviceEvent): void {
  if (event.is !== "told" || !OF_DEVICES.has(event.event.is)) return;
  const others = (chats.peek() ?? []).flatMap((chat) => chat.others);
  const own = standing.peek()?.current?.actor ?? "";
  void import("../keys/doubt.tsx").then(
    ({ tellOf }) => tellOf(event, others, own),
    () => undefined, // what is in the way stands in the chat as well
  );
}

function hear(event: DeviceEvent): void {
  sayInPassing(event);
  if (event.is === "missed") renew(whose.peek());
  if (event.is === "news") renewNews(whose.peek());
  if (event.is !== "chat" || chats.value === null) return;
  const others = chats.value.filter(({ id }) => id !== event.chat.id);
  chats.value = byTime([event.chat, ...others]);
}

const whose = computed(() => {
  const { phase = "absent", current = null } = standing.value ?? {};
  return ["open", "frozen", "loggedOut"].includes(phase) ? (current?.id ?? "") : "";
});

/** From now on the chats of whoever is open are known. */
export function begin(): void {
  device.listen(hear);
  effect(() => {
    const id = whose.value;
    chats.value = null;
    news.value = [];
    renew(id);
  });
}

function renew(id: string): void {
  if (id === "") return;
  device.chats().then(
    (list) => {
      if (whose.peek() === id) chats.value = byTime(list);
    },
    () => undefined, // the status says what is wrong with the device
  );
  renewNews(id);
}

function renewNews(id: string): void {
  device.news().then(
    (list) => {
      if (whose.peek() === id) news.value = list;
    },
    () => undefined, // as above
  );
}
