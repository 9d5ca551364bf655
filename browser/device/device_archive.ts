/** Pure: a device and its account's archive, each happening a step (spec DEV-14). */

import type { Refused } from "../errors.ts";
import { loaded } from "../loaded.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { Archiving, Due, Erasing, NotErasedRow } from "./archiving.ts";
import type { DeviceState } from "./device_state.ts";
import type { ArchivedPage, Restored } from "./restoring.ts";
import { ARCHIVED, type ArchiveRow } from "./rows.ts";
import type { Said } from "./said.ts";

/** Does work when all that was asked before is done; `step` writes what it changes. */
export interface Turns {
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  step<T>(work: () => Promise<T>): Promise<T>;
}

/** What the program may ask of a device about the archive. */
export class DeviceArchive {
  readonly #state: DeviceState;
  readonly #archiving: Archiving;
  readonly #said: Said;
  readonly #turns: Turns;

  constructor(state: DeviceState, archiving: Archiving, said: Said, turns: Turns) {
    this.#state = state;
    this.#archiving = archiving;
    this.#said = said;
    this.#turns = turns;
  }

  /** Whether this device has a key of it. */
  isAble(): Promise<boolean> {
    return this.#turns.inTurn(async () => this.#state.first("archive_key") !== null);
  }

  /** Whether what is said is kept. */
  isOn(): Promise<boolean> {
    return this.#turns.inTurn(() => this.#archiving.isOn());
  }

  /** How far the archive was read. */
  place(): Promise<ArchiveRow> {
    return this.#turns.inTurn(() => this.#archiving.row());
  }

  /** How many records the home node has not. */
  get waiting(): number {
    return this.#state.count("due");
  }

  /** Whether there is something to send, or to remove there. */
  get isDue(): boolean {
    return ["due", "erase"].some((kind) => this.#state.groupsWith(kind).length > 0);
  }

  /** What to remove there now. */
  erasing(): Promise<Erasing> {
    return this.#turns.inTurn(() => this.#archiving.erasing());
  }

  /** It is removed there. */
  erased({ rows }: Erasing): Promise<void> {
    return this.#turns.step(async () => {
      this.#archiving.sent(rows);
      this.#archiving.eraseOn();
    });
  }

  /** Why what is to be removed there is not, and until when. */
  notErased(): Promise<NotErasedRow> {
    return this.#turns.inTurn(() => this.#archiving.notErased());
  }

  /** Nothing is removed there until then. */
  holdErasing(clause: string, until: number): Promise<void> {
    return this.#turns.step(async () => this.#archiving.holdErasing(clause, until));
  }

  /** Keep what is said from now on, or nothing any more. */
  switch(on: boolean): Promise<void> {
    return this.#turns.step(() => this.#archiving.switch(on));
  }

  /** Another device of the account gave us an archive key. */
  adopt(generation: number, key: Bytes): Promise<void> {
    return this.#turns.step(async () => this.#archiving.adopt(generation, key));
  }

  /** What to send now. What cannot be sealed is set aside, and missing there. */
  async due(now: number): Promise<Due> {
    for (;;) {
      const [due, aside] = await this.#turns.inTurn(() => this.#archiving.due(now));
      if (!aside.length) return due;
      await this.#turns.step(() => this.#archiving.miss(aside));
    }
  }

  /** The home node takes nothing before then. */
  hold(error: Refused, until: number): Promise<void> {
    return this.#turns.step(() => this.#archiving.hold(error, until));
  }

  /** The person knows how many are missing. */
  seenMissing(): Promise<void> {
    return this.#turns.step(() => this.#archiving.seenMissing());
  }

  /** The home node has it. When that is lost it goes out again, which changes nothing. */
  sent(due: Due): Promise<void> {
    return this.#turns.step(async () => {
      this.#archiving.sent(due.rows);
      await this.#archiving.goOn();
      this.#state.postpone();
    });
  }

  /** Make history of a page, by what is loaded for it; in the vault when this is done. */
  take(page: ArchivedPage, now: number): Promise<Restored> {
    return this.#turns.step(async () => {
      const { Restoring } = await loaded(import("./restoring.ts"));
      return new Restoring(this.#state, this.#archiving, this.#said).take(page, now);
    });
  }

  /** Who was in the conversations of which this device has the history only. */
  conversations(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.#turns.inTurn(async () => {
      const found = new Map<string, readonly string[]>();
      for (const name of this.#state.names("archived")) {
        found.set(name.slice("archived/".length), (await this.#state.get(name, ARCHIVED)).members);
      }
      return found;
    });
  }
}
