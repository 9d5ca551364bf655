/** The answers to what tabs ask about files: what does it is loaded when it is asked for the first time. */

import { loaded } from "../loaded.ts";
import type { DeviceEvent, Message, Named } from "./device_client.ts";
import type { FileQuestions, Outgoing } from "./file_questions.ts";
import type { Answers } from "./link.ts";
import type { OpenDevice } from "./open_device.ts";

export class FileAnswers implements Pick<Answers, keyof FileQuestions> {
  readonly #opened: () => OpenDevice;
  readonly #tell: (event: DeviceEvent) => void;
  readonly #stops = new Map<string, AbortController>();

  constructor(opened: () => OpenDevice, tell: (event: DeviceEvent) => void) {
    this.#opened = opened;
    this.#tell = tell;
  }

  async attach(
    chat: string,
    text: string,
    files: readonly Outgoing[],
    id: string,
    to: Named | string | null = null,
  ): Promise<Message> {
    // Behind what was asked stands its key: who answers nothing may have left `to` out.
    const answers = typeof to === "object" ? to : null;
    const what = { chat, text, files, id, answers };
    return this.#stoppable(id, async (stop) => {
      const { attach } = await loaded(import("./files.ts"));
      return attach(this.#opened(), what, this.#carried(id), stop);
    });
  }

  async openFile(
    chat: string,
    message: Named,
    place: number,
    isPoster: boolean,
    key: string,
  ): Promise<Blob> {
    const what = { chat, message, place, isPoster };
    return this.#stoppable(key, async (stop) => {
      const { openFile } = await loaded(import("./opened_files.ts"));
      return openFile(this.#opened(), what, this.#carried(key), stop);
    });
  }

  async stopFiles(id: string): Promise<void> {
    this.#stops.get(id)?.abort();
  }

  async #stoppable<T>(id: string, deed: (stop: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    try {
      return await deed(stop.signal);
    } finally {
      this.#stops.delete(id);
    }
  }

  #carried(id: string) {
    return (done: number, size: number) => this.#tell({ is: "carried", id, done, size });
  }
}
