/** The answers to what tabs ask about files: what does it is loaded when it is asked for the first time. */

import { loaded } from "../loaded.ts";
import type { DeviceEvent, Message, Named } from "./device_client.ts";
import type { FileQuestions, Outgoing } from "./file_questions.ts";
import type { Answers } from "./link.ts";
import type { OpenDevice } from "./open_device.ts";

const load = () => loaded(import("./files.ts"));

export class FileAnswers implements Pick<Answers, keyof FileQuestions> {
  readonly #opened: () => OpenDevice;
  readonly #tell: (event: DeviceEvent) => void;

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
    const { attach } = await load();
    // Behind what was asked stands its key: who answers nothing may have left `to` out.
    const answers = typeof to === "object" ? to : null;
    return attach(this.#opened(), { chat, text, files, id, answers }, this.#carried(id));
  }

  async openFile(
    chat: string,
    message: Named,
    place: number,
    isPoster: boolean,
    key: string,
  ): Promise<Blob> {
    const { openFile } = await load();
    return openFile(this.#opened(), { chat, message, place, isPoster }, this.#carried(key));
  }

  #carried(id: string) {
    return (done: number, size: number) => this.#tell({ is: "carried", id, done, size });
  }
}
