/**
 * Sealed conversations through the home node: what the device owes is carried, what waits is read. Its twin is
 * `node/client/messenger.py`; what to do is the device's to say (`device/exchange.ts`), here it is done.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import type { Carried, Create, Outcome, Send, TellGone, Wait } from "../device/exchange.ts";
import type { MessageRow } from "../device/rows.ts";
import { LEFT_BEHIND_CLAUSES } from "../device/seat.ts";
import { Conflict, KithError, Refused, Unreachable, willPass } from "../errors.ts";
import { type Bytes, base64, EMPTY, unbase64 } from "../wire/bytes.ts";
import type { ApiClient } from "./api_client.ts";
import type { MailboxItem } from "./api_types.ts";
import { ArchiveCarrier } from "./archive_carrier.ts";
import { KeyKeeper } from "./key_keeper.ts";
import { lostRace, type Sent } from "./sent.ts";
import { type Clock, restAfter, Signal, Turns } from "./waiting.ts";

const SUITE = 1;
const POOL = 50;
const LOW_POOL = 20;
const LAST_RESORT_LEFT = 25 * 86_400_000;
/** An acknowledgement waits so long for more to acknowledge, a complaint too. */
const BURST = 250;
/** So often another one is taken: a node put back from a copy is found out. */
const SEAT_LASTS = 600_000;

/** What the messenger tells of: what happened in conversations, and that something of a group may be new. */
export interface Hears {
  told(event: ConversationEvent): void;
  /** What is in the way of words, or how far they are, may be another than before. */
  moved(): void;
}

/** One device's conversations. Calls may come at once: they take turns. */
export class Messenger {
  readonly device: Device;
  readonly archive: ArchiveCarrier;
  readonly keys: KeyKeeper;
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #hears: Hears;
  // One reads the mailbox at a time, or a page would come after what is behind it.
  readonly #reading = new Turns();
  readonly #sending = new Turns();
  readonly #seating = new Turns();
  readonly #work = new Signal();
  readonly #closing = new AbortController();
  #seatEnds = 0;
  #finishing: Promise<void> | null = null;
  #isUnfinished = false;
  #acknowledged = 0;

  /** `id` is what the home node calls the device. */
  constructor(api: ApiClient, device: Device, clock: Clock, hears: Hears, id: string) {
    this.device = device;
    this.#api = api;
    this.#clock = clock;
    this.#hears = hears;
    const told = (event: ConversationEvent) => hears.told(event);
    this.archive = new ArchiveCarrier(api, device.archive, clock, told);
    this.keys = new KeyKeeper(api, device.keys, id, () => this.#seconds(), told);
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  #micros(): number {
    return this.#clock.now() * 1000;
  }

  #tell(events: readonly ConversationEvent[]): void {
    for (const event of events) this.#hears.told(event);
  }

  /**
   * See to the account's keys, publish key packages where few are left, and send what an earlier run still owed.
   * Throws `Conflict` (ACC-4.4) when another copy of this vault is the device.
   */
  async prepare(): Promise<void> {
    await this.#takeSeat();
    await this.keys.keep();
    await this.archive.look();
    const { stock } = await this.#api.ask("GET /key-packages", {});
    const found = stock.find(({ suite }) => suite === SUITE);
    const left = found?.single_use ?? 0;
    const ends = found?.last_resort_expires ?? null;
    const isStale = ends === null || Date.parse(ends) - this.#clock.now() < LAST_RESORT_LEFT;
    const count = left < LOW_POOL ? POOL - left : 0;
    if (count || isStale) {
      const made = await this.device.newPackages(count, isStale, this.#seconds());
      const packages = made.map(([content, last_resort]) => {
        return { content: base64(content), last_resort };
      });
      await this.#api.ask("POST /key-packages", { body: { packages } });
    }
    await this.#sendAndTell();
  }

  /** Before anything is sent, and now and then: that this vault is the device (DEV-8.1). */
  #takeSeat(): Promise<void> {
    return this.#seating.take(async () => {
      await this.device.checkSeat();
      // A clock that was set back does not make the seat last longer.
      const isOver = () => {
        const left = this.#seatEnds - this.#clock.now();
        return left <= 0 || left > SEAT_LASTS;
      };
      while (isOver()) {
        const asked = await this.device.askSeat();
        const body = { have: asked.have, nonce: base64(asked.nonce) };
        const { seat } = await this.#askForSeat(body);
        await this.device.takeSeat(seat);
        this.#api.seat = seat;
        if (!asked.again) this.#seatEnds = this.#clock.now() + SEAT_LASTS;
      }
    });
  }

  async #askForSeat(body: { have: number; nonce: string }): Promise<{ readonly seat: number }> {
    try {
      return await this.#api.ask("POST /device/seat", { body, harmless: true });
    } catch (error) {
      if (error instanceof Conflict) await this.#freeze(error);
      throw error;
    }
  }

  async #freeze(error: Refused): Promise<void> {
    if (!(await this.device.frozen())) this.#tell(await this.device.freeze(error));
  }

  // -- saying, and who takes part ---------------------------------------------------------------

  /**
   * The conversation with `actor`; a new one when there is none, told to others before words are said in it.
   *
   * Throws `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device.
   */
  async withActor(actor: string): Promise<string> {
    const [known] = await this.device.between(actor);
    return known ?? this.#begin(actor);
  }

  /**
   * Go on with the device that `actor` has now: a new conversation, unless they began one. What no
   * device of theirs could read is said there: how many words that are (DEV-10.4).
   */
  async goOn(actor: string): Promise<number> {
    const known = await this.device.between(actor);
    const [first] = known;
    const group = (await this.#isUsable(first)) && first ? first : await this.#begin(actor);
    const count = await this.device.goOn(known, group);
    await this.#sendAndTell();
    return count;
  }

  async #isUsable(group: string | undefined): Promise<boolean> {
    if (group === undefined || (await this.device.isAbsent(group))) return false;
    return !(await this.device.isUnanswered(group));
  }

  async #begin(actor: string): Promise<string> {
    await this.#takeSeat();
    const { packages } = await this.#api.ask("POST /key-packages/claim", {
      body: { actor, suite: SUITE },
    });
    const found = { [actor]: packages.map(({ content }) => unbase64(content)) };
    const group = await this.device.start(found, this.#seconds());
    const [refused] = (await this.#send()).refused;
    if (refused !== undefined) throw refused[1];
    return group;
  }

  /** Say `text`: in the vault when this resolves, then it goes out as soon as it can. */
  async say(group: string, text: string, id: string): Promise<MessageRow> {
    const said = await this.device.say(group, text, this.#micros(), id);
    void this.tryNow();
    return said;
  }

  /** Ask the others to take this device out of a conversation. */
  async leave(group: string): Promise<void> {
    this.#tell(await this.device.leave(group, this.#seconds()));
    void this.tryNow();
  }

  /** Send now what can go out. */
  async tryNow(): Promise<void> {
    // What throws here, throws again in `keepSending`, where somebody listens.
    await this.#sendAndTell().catch(() => this.#work.set());
  }

  // -- sending ----------------------------------------------------------------------------------

  /** Beside whoever listens, until it is closed: what can go out goes out, as soon as it can. */
  async keepSending(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; ; ) {
      await this.#work.wait(signal);
      // What was missed in a burst is asked for at once, not one by one.
      await this.#clock.pause(BURST, signal);
      if (signal.aborted) return;
      this.#work.clear();
      const { reason } = await this.#sendAndTell();
      if (reason === null) {
        failures = 0;
        continue;
      }
      this.#work.set();
      await this.#clock.pause(restAfter(failures), signal);
      failures += 1;
    }
  }

  async #sendAndTell(): Promise<Wait> {
    const { refused, wait } = await this.#send();
    this.#tell(refused.map(([event]) => event));
    this.#hears.moved();
    return wait;
  }

  /** Do what the device says is to be done, until it says to wait. */
  async #send(): Promise<Sent> {
    const sent = await this.#sending.take(async () => {
      await this.device.retry();
      try {
        await this.#takeSeat();
      } catch (error) {
        if (!willPass(error)) throw error;
        return { refused: [], wait: { is: "Wait", reason: error } } as const;
      }
      return this.#sendAll();
    });
    if (sent.wait.reason !== null) this.#work.set();
    this.#finishLater();
    return sent;
  }

  async #sendAll(): Promise<Sent> {
    const refused: (readonly [ConversationEvent, Refused])[] = [];
    for (;;) {
      const asked = await this.device.next(this.#seconds());
      if (asked.is === "Wait") return { refused, wait: asked };
      if (asked.is === "Tell") {
        refused.push(...asked.events.map((event) => [event, asked.error] as const));
        continue;
      }
      const outcome = await this.#carry(asked);
      const events = await this.device.tell(asked, outcome, this.#seconds());
      if (outcome instanceof Refused) {
        refused.push(...events.map((event) => [event, outcome] as const));
      } else {
        this.#tell(events);
      }
    }
  }

  async #carry(asked: Carried): Promise<Outcome> {
    try {
      switch (asked.is) {
        case "Fetch":
          await this.#readMailbox();
          return { is: "Accepted" };
        case "Create":
          return await this.#create(asked);
        case "Send":
          return await this.#post(asked);
        case "TellGone":
          return await this.#tellGone(asked);
      }
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      if (error instanceof Refused && LEFT_BEHIND_CLAUSES.has(error.clause)) {
        await this.#freeze(error);
        throw error;
      }
      return lostRace(asked, error) ?? error;
    }
  }

  async #create({ group_id, members, epoch, url: known }: Create): Promise<Outcome> {
    const body = { group_id: base64(group_id), members, epoch, url: known };
    const { ref, url } = await this.#api.ask("POST /conversations", { body });
    return { is: "Created", ref, url };
  }

  async #tellGone({ ref, actors, seq }: TellGone): Promise<Outcome> {
    await this.#api.ask("POST /conversations/{ref}/gone", {
      path: { ref },
      body: { actors, seq },
      harmless: true,
    });
    return { is: "Accepted" };
  }

  async #post({ ref, content, welcomes, removed }: Send): Promise<Outcome> {
    const body = {
      content: base64(content),
      welcomes: welcomes.map(({ content, to }) => ({ content: base64(content), to })),
      removed: removed.map((actor) => ({ actor })),
    };
    const { item } = await this.#api.ask("POST /conversations/{ref}/messages", {
      path: { ref },
      body,
      harmless: true,
    });
    return { is: "Accepted", term: item?.term ?? 0 };
  }

  // -- reading ----------------------------------------------------------------------------------

  /** Take in all that waits in the mailbox. */
  async pull(): Promise<void> {
    await this.#readMailbox();
    if (await this.device.hasWork()) await this.#sendAndTell();
  }

  async #readMailbox(): Promise<void> {
    await this.#reading.take(async () => {
      for await (const page of this.#api.pages("GET /mailbox", {})) {
        await this.#receive(page.items, page.incarnation);
      }
      this.#tell(await this.device.lookBehind(this.#seconds()));
    });
    this.#finishLater();
  }

  /** Take in what the event stream brought at once; what is too large for it is pulled. */
  async take(items: readonly MailboxItem[]): Promise<void> {
    if (items.some(({ content }) => content === null)) return this.pull();
    await this.#reading.take(async () => {
      await this.#receive(items);
      if (this.device.mayBeBehind) this.#tell(await this.device.lookBehind(this.#seconds()));
    });
    this.#finishLater();
    if (await this.device.hasWork()) this.#work.set();
  }

  async #receive(items: readonly MailboxItem[], incarnation = ""): Promise<void> {
    const at = this.#micros();
    const found = items.map(({ seq, conversation, url, content }) => {
      return { seq, ref: conversation, url, content: bytesOf(content), at };
    });
    this.#tell(await this.device.receive(found, this.#seconds(), incarnation));
    this.#acknowledged = Math.min(this.#acknowledged, await this.device.cursor());
  }

  /** Beside all else, and for a burst at once: acknowledge, and write what was postponed. */
  #finishLater(): void {
    this.#isUnfinished = true;
    this.archive.wake();
    this.#finishing ??= this.#finish().finally(() => {
      this.#finishing = null;
      if (this.#isUnfinished && !this.#closing.signal.aborted) this.#finishLater();
    });
  }

  async #finish(): Promise<void> {
    this.#isUnfinished = false;
    try {
      while (this.device.waits || this.#acknowledged < (await this.device.cursor())) {
        await this.#clock.pause(BURST, this.#closing.signal);
        await this.device.settle();
        const seq = await this.device.cursor();
        if (this.#acknowledged < seq) {
          await this.#api.ask("POST /mailbox/ack", { body: { seq }, harmless: true });
          this.#acknowledged = seq;
        }
        this.#hears.moved();
      }
    } catch (error) {
      // The next acknowledgement covers this one; what the vault fails in is told by the next step.
      if (!(error instanceof KithError)) throw error;
    }
  }

  /** Let the last acknowledgement out. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#finishing;
    await this.archive.close();
    await this.device.settle();
  }
}

function bytesOf(content: string | null): Bytes {
  return content === null ? EMPTY : unbase64(content);
}
