/** What the chats of a device are made of, and who says what is said in them. */

import type { MessageRow } from "../device/rows.ts";
import type { Answered, Words } from "../device/words.ts";
import type { DeviceEvent } from "./device_client.ts";
import type { SharedVault } from "./shared_vault.ts";
import type { Sources } from "./views.ts";

/** What does the sending; null where this device cannot speak any more. */
export interface Speaker {
  withActor(actor: string): Promise<string>;
  say(group: string, text: string, id: string, to: Answered | null): Promise<MessageRow>;
  inWords<T>(group: string, work: (words: Words, micros: number) => Promise<T>): Promise<T>;
  goOn(actor: string): Promise<number>;
  leave(group: string): Promise<void>;
  tryNow(): Promise<void>;
}

/** What the views are made of. */
export interface Parts extends Sources {
  readonly vault: SharedVault;
  readonly tell: (event: DeviceEvent) => void;
  /** Throws what ended it, where this device cannot speak any more. */
  readonly speaker: () => Speaker;
  /** An actor's id, by handle or id. */
  readonly find: (who: string) => Promise<string>;
  readonly now: () => number;
}
