/** The chats as this tab knows them: what the device told, kept up to date by what it tells. */

import { computed, effect, signal } from "@preact/signals";

import type { Chat, DeviceEvent } from "../../worker/device_client.ts";
import { device, standing } from "../device.ts";

export const chats = signal<readonly Chat[] | null>(null);

/** How many words nobody has seen yet. */
export const unread = computed(() => (chats.value ?? []).reduce((sum, one) => sum + one.unread, 0));

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
}
