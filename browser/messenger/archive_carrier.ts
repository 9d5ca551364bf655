/**
 * What a device keeps in the archive is brought to the home node, beside all else and in batches. It never delays
 * talk: what cannot go out now goes out later. Its twin is `node/client/archive_carrier.py`.
 */

import type { Sealed } from "../archive/seals.ts";
import type { Due } from "../device/archiving.ts";
import type { ConversationEvent } from "../device/conversation_events.ts";
import type { DeviceArchive } from "../device/device_archive.ts";
import type { Restored } from "../device/restoring.ts";
import { Forbidden, KithError, Refused, TooMuch, willPass } from "../errors.ts";
import { base64 } from "../wire/bytes.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { ArchivedRecord, ArchiveSummary } from "./api_types.ts";
import type { Clock } from "./waiting.ts";

const BATCH = 100;
const BATCH_LASTS = 5_000;
/** Where nobody says for how long. */
const HELD = 3_600_000;
const LONGEST_HELD = 86_400_000;
/** For the last batch; what does not go out stays due. */
const CLOSE_LASTS = 4_000;
const SWITCHED_OFF = "ARC-7.8";
const NOT_REMOVED = "what was taken back or changed is not removed from the archive yet";

/** Sends one device's records, and reads them back. */
export class ArchiveCarrier {
  readonly #api: Pick<ApiClient, "ask" | "pages">;
  readonly #archive: DeviceArchive;
  readonly #clock: Clock;
  readonly #told: (event: ConversationEvent) => void;
  /** What was held goes out again: whoever shows that it waits may end it. */
  onGoingOn: () => void = () => undefined;
  #hurry = new AbortController();
  #sending: Promise<void> | null = null;
  #heldUntil = 0;
  #lastTold = "";
  #last = false; // the next batch is the last one
  #isClosed = false;

  constructor(
    api: Pick<ApiClient, "ask" | "pages">,
    archive: DeviceArchive,
    clock: Clock,
    told: (event: ConversationEvent) => void,
  ) {
    this.#api = api;
    this.#archive = archive;
    this.#clock = clock;
    this.#told = told;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** Tell what earlier runs left to be known, until it was looked at (DEV-14.6). */
  async look(): Promise<void> {
    const { held, why, missing } = await this.#archive.place();
    if (held && held !== this.#lastTold) {
      this.#lastTold = held;
      this.#told({ is: "ArchiveHeld", conversation: "", clause: held, reason: why });
    }
    if (missing) this.#told({ is: "ArchiveMissing", conversation: "", count: missing });
  }

  /** Something may be due: it goes out in a while, or when a whole batch waits. */
  wake(): void {
    const { waiting } = this.#archive;
    if (waiting >= BATCH) this.#hurry.abort();
    if (!this.#archive.isDue) return;
    this.#sending ??= this.#sendLater().finally(() => {
      this.#sending = null;
    });
  }

  async #sendLater(): Promise<void> {
    await this.#clock.pause(BATCH_LASTS, this.#hurry.signal);
    this.#hurry = new AbortController();
    await this.#try();
  }

  async #try(): Promise<void> {
    try {
      await this.send();
    } catch (error) {
      if (!(error instanceof KithError)) throw error; // what is to be known of it was told
    }
  }

  /** Send all that is due. Throws what is in the way; what it holds up stays due. */
  async send(): Promise<void> {
    const kept = await this.#erase();
    await this.#put();
    if (kept !== null) throw kept;
  }

  async #put(): Promise<void> {
    const { held_until } = await this.#archive.place();
    if (this.#clock.now() < Math.max(this.#heldUntil, held_until * 1000)) return;
    for (;;) {
      const due = await this.#archive.due(this.#seconds());
      if (!due.rows.length) return;
      const records = due.records.map(({ name, generation: g, day, body }) => {
        return { name: base64(name), g, day, body: base64(body) };
      });
      try {
        await this.#api.ask("PUT /archive", { body: { records }, harmless: true });
      } catch (error) {
        if (error instanceof Refused && !this.#isClosed) await this.#refused(error);
        throw error;
      }
      if (this.#isClosed) return; // it goes out again, which changes nothing
      await this.#taken(due);
      if (this.#last) return;
    }
  }

  /**
   * What was taken back goes before anything comes, also where there is no room. Where that is refused it is asked
   * for again later, by whichever run, and what is new goes on meanwhile.
   */
  async #erase(): Promise<Refused | null> {
    const { until } = await this.#archive.notErased();
    const left = until * 1000 - this.#clock.now();
    if (0 < left && left <= LONGEST_HELD) return null;
    while (!this.#isClosed) {
      const gone = await this.#archive.erasing();
      if (!gone.rows.length) return null;
      const names = gone.names.map(base64);
      try {
        await this.#api.ask("POST /archive/delete", { body: { names }, harmless: true });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (!this.#isClosed) await this.#keptThere(error);
        return error;
      }
      if (this.#isClosed) return null;
      await this.#archive.erased(gone);
    }
    return null;
  }

  async #keptThere(error: Refused): Promise<void> {
    if (isSwitchedOff(error)) return this.#refused(error);
    const told = (await this.#archive.notErased()).clause;
    const until = Math.floor((this.#clock.now() + waitOf(error)) / 1000);
    await this.#archive.holdErasing(error.clause, until);
    if (error.clause === told) return;
    const reason = `${NOT_REMOVED}: ${error.reason}`;
    this.#told({ is: "ArchiveHeld", conversation: "", clause: error.clause, reason });
  }

  /** The home node has it; what was held is so no more. */
  async #taken(due: Due): Promise<void> {
    const { held } = await this.#archive.place();
    await this.#archive.sent(due);
    this.#lastTold = "";
    if (held) this.onGoingOn();
  }

  /** Talk goes on; that the archive does not is said once. */
  async #refused(error: Refused): Promise<void> {
    this.#heldUntil = this.#clock.now() + waitOf(error);
    if (isSwitchedOff(error)) {
      await this.#archive.switch(false);
    } else {
      // Only what waiting helps keeps the next run from trying.
      const until = Math.floor(this.#heldUntil / 1000);
      await this.#archive.hold(error, willPass(error) ? until : 0);
    }
    if (error.clause === this.#lastTold) return;
    this.#lastTold = error.clause;
    const { clause, reason } = error;
    this.#told({ is: "ArchiveHeld", conversation: "", clause, reason });
  }

  /** Let one more batch out, within seconds: what does not go out stays due. */
  async close(): Promise<void> {
    this.#last = true;
    this.#hurry.abort();
    if (this.#sending === null && !this.#archive.isDue) return;
    const enough = new AbortController();
    const limit = this.#clock.pause(CLOSE_LASTS, enough.signal);
    await Promise.race([this.#sending ?? this.#try(), limit]);
    enough.abort();
    this.#isClosed = true;
  }

  /** Begin or end it, here and at the home node; off, all that is kept there is removed. */
  async switch(on: boolean): Promise<ArchiveSummary> {
    if (on) await this.#archive.switch(on); // a device that cannot asks nobody for it
    const shown = await this.#api.ask("PUT /archive/switch", { body: { on }, harmless: true });
    await this.#archive.switch(on);
    this.#heldUntil = 0;
    return shown;
  }

  /** Make history of all that is kept: the newest first, then on where it was read to. */
  async fetch(progress: (came: Restored) => void): Promise<Restored> {
    await this.#try();
    const { done, since } = await this.#archive.place();
    const came: Restored = { new: 0, known: 0, locked: 0, over: 0, broken: 0 };
    const query = done ? { limit: "100", since: String(since) } : { limit: "100" };
    for await (const page of this.#api.pages("GET /archive", { query })) {
      const records = page.items.map((one) => [one.pos, sealedOf(one)] as const);
      const { incarnation } = page;
      const taken = { records, backwards: !done, incarnation };
      const found = await this.#archive.take(taken, this.#seconds());
      for (const kind of KINDS) came[kind] += found[kind];
      progress(came);
    }
    return came;
  }
}

const KINDS = ["new", "known", "locked", "over", "broken"] as const;

/** Whether the account has no archive any more. */
function isSwitchedOff(error: Refused): boolean {
  return error instanceof Forbidden && error.clause === SWITCHED_OFF;
}

/** How long until the home node is asked again. */
function waitOf(error: Refused): number {
  const after = error instanceof TooMuch ? error.retryAfterSeconds : null;
  return Math.min(after ? after * 1000 : HELD, LONGEST_HELD);
}

function sealedOf({ name, g, day, body }: ArchivedRecord): Sealed {
  return { name: bytesOf(name), generation: g, day, body: bytesOf(body) };
}
