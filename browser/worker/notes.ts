/**
 * What the worker keeps in the vault beside the device: drafts, what was seen, why words were refused, and
 * what could not be read. All of it in memory, too.
 */

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

/** Nobody fills the vault with what cannot be read: of older ones it is only known that there were. */
const MOST_GAPS = 100;

export class Notes {
  readonly drafts: Map<string, string>;
  /** By chat: up to which number its items were seen. */
  readonly seen: Map<string, number>;
  /** By chat: up to which number our words have arrived. */
  readonly arrived: Map<string, number>;
  /** By group and id of the words. */
  readonly refused: Map<string, RefusedNote>;
  readonly gaps: Map<string, GapNote>;
  readonly #vault: SharedVault;

  private constructor(
    vault: SharedVault,
    drafts: Map<string, string>,
    seen: Map<string, number>,
    arrived: Map<string, number>,
    refused: Map<string, RefusedNote>,
    gaps: Map<string, GapNote>,
  ) {
    this.#vault = vault;
    this.drafts = drafts;
    this.seen = seen;
    this.arrived = arrived;
    this.refused = refused;
    this.gaps = gaps;
  }

  static async open(vault: SharedVault): Promise<Notes> {
    return new Notes(
      vault,
      await vault.own("draft"),
      await vault.own("seen"),
      await vault.own("arrived"),
      await vault.own("refused"),
      await vault.own("gap"),
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
  async gap(group: string, at: number, because: Problem, askedAgain: boolean): Promise<GapNote> {
    const number = this.#vault.counter * 65_536;
    const note: GapNote = { group, at, number, because, askedAgain };
    const name = `${group}/${number}`;
    await this.#vault.keep("gap", name, note);
    this.gaps.set(name, note);
    const [oldest] = this.gaps.keys();
    if (this.gaps.size > MOST_GAPS && oldest !== undefined) {
      await this.#vault.keep("gap", oldest, null);
      this.gaps.delete(oldest);
    }
    return note;
  }
}
