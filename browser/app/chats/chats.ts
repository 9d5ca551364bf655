/** The chats as this tab knows them: what the device told, kept up to date by what it tells. */

import { computed, effect, signal } from "@preact/signals";

import type { Chat, DeviceEvent, HistoryItem } from "../../worker/device_client.ts";
import { device, standing } from "../device.ts";
import { placed } from "./items.ts";

export const chats = signal<readonly Chat[] | null>(null);

/** How many words nobody has seen yet. */
export const unread = computed(() => (chats.value ?? []).reduce((sum, one) => sum + one.unread, 0));

const byTime = (list: readonly Chat[]) => [...list].sort((a, b) => b.at - a.at);

function hear(event: DeviceEvent): void {
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
    if (id === "") return;
    device.chats().then(
      (list) => {
        if (whose.peek() === id) chats.value = byTime(list);
      },
      () => undefined, // the status says what is wrong with the device
    );
  });
}

const PAGE = 40;

/** The words of one chat: the newest, and as many earlier ones as were asked for. */
export class History {
  /** The oldest first, as they are read. */
  readonly items = signal<readonly HistoryItem[]>([]);
  readonly isAtStart = signal(false);
  readonly #chat: string;
  #before: number | null = null;
  #stop: () => void;

  constructor(chat: string) {
    this.#chat = chat;
    this.#stop = device.listen((event) => {
      if (event.is === "item" && event.item.chat === chat) this.put(event.item);
    });
  }

  put(item: HistoryItem): void {
    this.items.value = placed(this.items.value, item);
  }

  async earlier(): Promise<void> {
    const page = await device.history(this.#chat, PAGE, this.#before);
    for (const item of page.items) this.put(item);
    this.#before = page.before;
    this.isAtStart.value = page.before === null;
  }

  close(): void {
    this.#stop();
  }
}
