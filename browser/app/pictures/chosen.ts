/** The pictures that a new post is to have: chosen, being made, and what they show in words. */

import { computed, type Signal, signal } from "@preact/signals";

import { explain } from "../words/problems.ts";
import { dropPicture, makePicture } from "./making.ts";

export const MOST = 10;
export const LONGEST = 1500;

export interface Chosen {
  readonly key: number;
  readonly file: File;
  readonly preview: string;
  readonly description: Signal<string>;
  /** From 0 to 1, of its bytes. */
  readonly sent: Signal<number>;
  /** The node's id of it; "" while it is not made. */
  readonly id: Signal<string>;
  readonly fault: Signal<string>;
  readonly stop: AbortController;
}

let count = 0;

export class ChosenPictures {
  readonly items = signal<readonly Chosen[]>([]);
  readonly areReady = computed(() => this.items.value.every(({ id }) => id.value !== ""));

  /** Take these; false when there were too many of them. */
  add(files: readonly File[]): boolean {
    const room = MOST - this.items.value.length;
    for (const file of files.slice(0, room)) this.take(file);
    return files.length <= room;
  }

  private take(file: File): void {
    const one: Chosen = {
      key: count++,
      file,
      preview: URL.createObjectURL(file),
      description: signal(""),
      sent: signal(0),
      id: signal(""),
      fault: signal(""),
      stop: new AbortController(),
    };
    this.items.value = [...this.items.value, one];
    void this.make(one);
  }

  async make(one: Chosen): Promise<void> {
    one.fault.value = "";
    const { signal } = one.stop;
    const sent = (part: number) => {
      one.sent.value = part;
    };
    try {
      one.id.value = (await makePicture(one.file, { signal, sent })).id;
      if (signal.aborted) dropPicture(one.id.value);
    } catch (error) {
      if (!signal.aborted) one.fault.value = explain(error);
    }
  }

  remove(one: Chosen): void {
    this.items.value = this.items.value.filter((other) => other !== one);
    one.stop.abort();
    URL.revokeObjectURL(one.preview);
    if (one.id.value !== "") dropPicture(one.id.value);
  }

  /** As the node is told of them. */
  get named(): readonly { readonly id: string; readonly description: string }[] {
    return this.items.value.map(({ id, description }) => ({
      id: id.value,
      description: description.value.trim(),
    }));
  }

  /** They are on a post now. */
  posted(): void {
    for (const { preview } of this.items.value) URL.revokeObjectURL(preview);
    this.items.value = [];
  }
}
