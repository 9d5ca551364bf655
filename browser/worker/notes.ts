/**
 * What the worker keeps in the vault beside the device: drafts, what was seen, why words were refused, and
 * what could not be read. All of it in memory, too.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Problem } from "./device_client.ts";
import type { SharedVault } from "./shared_vault.ts";

/** Words of ours that will not arrive. `isGone`: they were said anew, and are not shown any more. */
export interface RefusedNote {
  readonly because: Problem;
  readonly isGone: boolean;
  /** With whom the group was: it may be forgotten (DEV-4.6). */
  readonly members: readonly string[];
}

/** Something that could not be read. */
export interface GapNote {
  readonly group: string;
  readonly at: number;
  readonly number: number;
  readonly because: Problem;
  readonly askedAgain: boolean;
}

/** Something that was told, and stands until it was seen. `group` is "" where it is of none. */
export interface NewsNote {
  readonly group: string;
  readonly at: number;
  readonly event: ConversationEvent;
}

/** Nobody fills the vault with what cannot be read: of older ones it is only known that there were. */
const MOST = 100;

export class Notes {
  readonly drafts: Map<string, string>;
  /** By chat: up to which number its items were seen. */
  readonly seen: Map<string, number>;
  /** By chat: up to which number our words have arrived. */
  readonly arrived: Map<string, number>;
  /** By group and id of the words. */
  readonly refused: Map<string, RefusedNote>;
  readonly gaps: Map<string, GapNote>;
  readonly news: Map<string, NewsNote>;
  readonly #vault: SharedVault;

  private constructor(
    vault: SharedVault,
    drafts: Map<string, string>,
    seen: Map<string, number>,
    arrived: Map<string, number>,
    refused: Map<string, RefusedNote>,
    gaps: Map<string, GapNote>,
    news: Map<string, NewsNote>,
  ) {
    this.#vault = vault;
    this.drafts = drafts;
    this.seen = seen;
    this.arrived = arrived;
    this.refused = refused;
    this.gaps = gaps;
    this.news = news;
  }

  static async open(vault: SharedVault): Promise<Notes> {
    return new Notes(
      vault,
      await vault.own("draft"),
      await vault.own("seen"),
      await vault.own("arrived"),
      await vault.own("refused"),
      await vault.own("gap"),
      await vault.own("news"),
    );
  }

  async draft(chat: string, text: string): Promise<void> {
    if (text === (this.drafts.get(chat) ?? "")) return;
    await this.#vault.keep("draft", chat, text || null);
    if (text) this.drafts.set(chat, text);
    else this.drafts.delete(chat);
  }

  see(chat: string, number: number): Promise<void> {
    return this.#raise("seen", this.seen, chat, number);
  }

  arrive(chat: string, number: number): Promise<void> {
    return this.#raise("arrived", this.arrived, chat, number);
  }

  async #raise(kind: string, known: Map<string, number>, chat: string, to: number): Promise<void> {
    if (to <= (known.get(chat) ?? -1)) return;
    await this.#vault.keep(kind, chat, to);
    known.set(chat, to);
  }

  async refuse(group: string, id: string, note: RefusedNote): Promise<void> {
    const name = `${group}/${id}`;
    await this.#vault.keep("refused", name, note);
    this.refused.set(name, note);
  }

  /** A place in the order of a group's items for what has no row of its own. */
  async gap(
    group: string,
    at: number,
    because: Problem,
    askedAgain: boolean,
    place: number,
  ): Promise<GapNote> {
    const number = place || this.#vault.counter * 65_536;
    const note: GapNote = { group, at, number, because, askedAgain };
    await this.#add("gap", this.gaps, `${group}/${number}`, note);
    return note;
  }

  /** Let it stand until it was seen; what is told again stands there once. */
  async tell(at: number, event: ConversationEvent): Promise<void> {
    const said = JSON.stringify(event);
    for (const [name, known] of this.news) {
      if (JSON.stringify(known.event) === said) await this.putAway(name);
    }
    const note = { group: event.conversation, at, event };
    await this.#add("news", this.news, String(this.#vault.counter), note);
  }

  async putAway(news: string): Promise<void> {
    await this.#vault.keep("news", news, null);
    this.news.delete(news);
  }

  async #add<Note>(kind: string, known: Map<string, Note>, name: string, note: Note) {
    await this.#vault.keep(kind, name, note);
    known.set(name, note);
    const [oldest] = known.keys();
    if (known.size > MOST && oldest !== undefined) {
      await this.#vault.keep(kind, oldest, null);
      known.delete(oldest);
    }
  }
}
