/** The history of one chat as this tab knows it, page by page, kept up to date by what the device tells. */

import { signal } from "@preact/signals";

import type { HistoryItem } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { keyOf, placed } from "./items.ts";

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
      if (event.is === "missed") void this.#renew().catch(() => undefined); // the status says why
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

  /** Read back until that item is here, or to the beginning. */
  async reach(key: string): Promise<void> {
    const isHere = () => this.items.value.some((item) => keyOf(item) === key);
    while (!isHere() && !this.isAtStart.value) await this.earlier();
  }

  /** From the newest on: how far back one had read may lie behind what was missed. */
  async #renew(): Promise<void> {
    this.#before = null;
    await this.earlier();
  }

  close(): void {
    this.#stop();
  }
}
