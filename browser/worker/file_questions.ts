/** What a tab asks of the device about files of chats (spec ATT-5.3). Types only. */

import type { Message, Named } from "./device_client.ts";

/** A file of a message, as it is shown; what opens it stays with the device. */
export interface FileView {
  /** What it is shown as: `Image`, `Video`, `Audio`, or a `Document`, which is only saved. */
  readonly shownAs: string;
  readonly mediaType: string;
  readonly name: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly milliseconds: number;
  readonly hasPoster: boolean;
}

/** A file that is to be sent, with what it says of itself taken out already (ATT-1.5). */
export interface Outgoing {
  readonly data: Blob;
  readonly name: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly milliseconds: number;
  /** A small JPEG of it, if there is one. */
  readonly poster: Blob | null;
}

export interface FileQuestions {
  /**
   * Send files, and say `text` with them once the node has all of them; `id` as for `send`. `carried` events with that
   * `id` say how far it is. Throws as `send`, `TooMuch` over a limit or quota, `Unreachable`; then nothing was said.
   */
  attach(
    chat: string,
    text: string,
    files: readonly Outgoing[],
    id: string,
    answers?: Named | null,
  ): Message;

  /**
   * A file of a message, opened, or the small picture of it; `key` is told with `carried` events. Throws `Malformed`
   * (ATT-1.4) for one that was changed, `Missing` where it is not kept any more, `Unreachable`.
   */
  openFile(chat: string, message: Named, place: number, isPoster: boolean, key: string): Blob;
}
