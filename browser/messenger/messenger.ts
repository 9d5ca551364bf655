/**
 * Sealed conversations through the home node: what the device owes is carried, what waits is read. Its twin is
 * `node/client/messenger.py`; what to do is the device's to say (`device/exchange.ts`), here it is done.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import { SUITE } from "../device/device_state.ts";
import type { Carried, Outcome, Wait } from "../device/exchange.ts";
import type { MessageRow } from "../device/rows.ts";
import { LEFT_BEHIND_CLAUSES } from "../device/seat.ts";
import type { Answered, Words } from "../device/words.ts";
import { KithError, Refused, Unreachable, willPass } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { MailboxItem } from "./api_types.ts";
import { ArchiveCarrier } from "./archive_carrier.ts";
import { carry } from "./carrier.ts";
import { Following } from "./following.ts";
import { GoingOn } from "./going_on.ts";
import { KeyKeeper } from "./key_keeper.ts";
import { Lookups } from "./lookups.ts";
import { Seating } from "./seating.ts";
import { lostRace, passed, type Sent } from "./sent.ts";
import { publish } from "./stocking.ts";
import { type Clock, restAfter, Signal, Turns, within } from "./waiting.ts";

/** An acknowledgement waits so long for more to acknowledge, a complaint too. */
const BURST = 250;
/** Whose keys are to be asked for may be others. */
const MOVED: ReadonlySet<string> = new Set(["ConversationJoined", "MembersChanged"]);

/** What the messenger tells of: what happened, and that how far words are may be another than before. */
export interface Hears {
  told(event: ConversationEvent): void;
  moved(): void;
}

/** One device's conversations. Calls may come at once: they take turns. */
export class Messenger {
  readonly device: Device;
  readonly archive: ArchiveCarrier;
  readonly keys: KeyKeeper;
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #following: Following;
  readonly #hears: Hears;
  readonly #lookups: Lookups;
  readonly #seating: Seating;
  readonly #goingOn: GoingOn;
  readonly #reading = new Turns();
  readonly #sending = new Turns();
  readonly #telling = new Turns();
  readonly #work = new Signal();
  readonly #closing = new AbortController();
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
    const tell = (events: readonly ConversationEvent[]) => this.#tell(events);
    this.archive = new ArchiveCarrier(api, device.archive, clock, told);
    // By another list others may be missing.
    const seen = (events: readonly ConversationEvent[]) => {
      this.#tell(events);
      this.#work.set();
    };
    this.keys = new KeyKeeper(api, device, id, () => this.#seconds(), seen);
    this.#lookups = new Lookups(api, device, this.keys, clock, tell);
    this.#seating = new Seating(api, device, clock, tell);
    this.#following = new Following(device, this.claim.bind(this), () => this.keys.keep(), clock);
    this.#goingOn = new GoingOn(device, this.claim.bind(this), this.#start.bind(this));
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

  /** See to the account's keys, publish key packages where few are left, and send what an earlier run still owed. Throws
   * `Conflict` (ACC-4.4) when another copy of this vault is the device. */
  async prepare(): Promise<void> {
    await this.#seating.take();
    await this.keys.keep();
    await this.archive.look();
    await publish(this.#api, this.device, this.#clock.now(), await this.device.rosters.learn());
    await this.#sendAndTell();
  }

  /** A device of our account has key packages now (E2E-2.11). */
  ready(device: string): void {
    this.#following.ready(device);
    this.#work.set();
  }

  // -- saying, and who takes part ---------------------------------------------------------------

  /** The conversation with `actor`; a new one when there is none, told to others before words are said in it. Throws
   * `Forbidden` for who is no friend, `Missing` (E2E-5.6) when they have no device. */
  async withActor(actor: string): Promise<string> {
    const [known] = await this.device.between(actor);
    if (known !== undefined) return known;
    await this.#seating.take();
    return this.#start(actor, await this.claim(actor));
  }

  /** Go on with the device that `actor` has now: a new conversation, unless they began one. What no device of theirs
   * could read is said there: how many words that are (DEV-10.4). */
  async goOn(actor: string): Promise<number> {
    await this.#seating.take();
    const count = await this.#goingOn.byWord(actor);
    await this.#sendAndTell();
    return count;
  }

  async #start(actor: string, packages: readonly Bytes[]): Promise<string> {
    const group = await this.device.start({ [actor]: packages }, this.#seconds());
    await this.settle();
    return group;
  }

  /** Send what is owed. Throws the first refusal for good. */
  async settle(): Promise<void> {
    const [refused, ...others] = (await this.#send()).refused;
    this.#tell(others.map(([event]) => event));
    this.#hears.moved();
    if (refused === undefined) return;
    await this.device.untold.heard(refused[0]);
    throw refused[1];
  }

  /** One key package of each device of an actor that may be spoken to (DEV-16.6), or of those named. */
  async claim(
    actor: string,
    devices: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<readonly Bytes[]> {
    await this.#lookups.beforeAdding(actor);
    const given = { body: { actor, suite: SUITE, devices }, ...(signal && { signal }) };
    const { packages } = await this.#api.ask("POST /key-packages/claim", given);
    return this.#lookups.sift(
      actor,
      packages.map(({ content }) => bytesOf(content)),
      !devices.length,
    );
  }

  /** Say `text`, as an answer. */
  say(group: string, text: string, id: string, to: Answered | null = null): Promise<MessageRow> {
    return this.inWords(group, (words, micros) => words.say(group, text, micros, id, true, to));
  }

  /** Say something, or change what was said: in the vault when this resolves, then it goes out as soon as it can. */
  async inWords<T>(group: string, work: (words: Words, micros: number) => Promise<T>): Promise<T> {
    // They are sealed when others were asked, whatever is sent meanwhile.
    const goOn = this.device.holdBack(group);
    const said = await work(this.device.words, this.#micros()).catch((error: unknown) => {
      goOn();
      void this.tryNow();
      throw error;
    });
    // Who refuses it is met when they go out.
    const asked = this.#lookups.beforeWords(group).catch(passed).finally(goOn);
    void asked.then(() => this.tryNow());
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
    await this.#sendNow().catch(() => this.#work.set());
  }

  // -- sending ----------------------------------------------------------------------------------

  /** Beside whoever listens, until it is closed: what can go out goes out, as soon as it can. */
  async keepSending(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; ; ) {
      await this.#waitForWork(signal);
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

  /** Or for time to pass, where it may change what is in the way (DEV-9.6, DEV-17). */
  async #waitForWork(signal: AbortSignal): Promise<void> {
    const { behind, trust } = this.device;
    const now = this.#seconds();
    const rests = [
      await trust.rest(now),
      await behind.rest(now),
      this.#following.rest(),
      await this.device.missedRest(now),
    ];
    await within(this.#clock, 1000 * Math.min(...rests), (late) =>
      this.#work.wait(AbortSignal.any([signal, late])),
    );
  }

  async #sendAndTell(): Promise<Wait> {
    try {
      await this.#seating.take();
      // An hour in vain is found out though nothing comes.
      if (await this.device.behind.isDue(this.#seconds())) await this.#readMailbox();
      await this.#lookups.round();
    } catch (error) {
      passed(error);
    }
    const wait = await this.#sendNow();
    await this.#following.round().catch(passed); // no words wait for a claim
    if (!(await this.device.hasWork())) return wait;
    const last = await this.#sendNow();
    await this.device.trust.followed(); // whom the round added may be there now
    return last;
  }

  async #sendNow(): Promise<Wait> {
    const { wait, isIdle } = await this.#telling.take(async () => {
      const sent = await this.#send();
      this.#tell(sent.refused.map(([event]) => event));
      return sent;
    });
    if (!isIdle) this.#hears.moved();
    return wait;
  }

  /** Whether what came of sending may still have to be told. */
  get isSending(): boolean {
    return this.#telling.isTaken;
  }

  /** Do what the device says is to be done, until it says to wait. */
  async #send(): Promise<Sent> {
    const sent = await this.#sending.take(async () => {
      await this.device.retry();
      try {
        await this.#seating.take();
      } catch (error) {
        if (!willPass(error)) throw error;
        const wait = { is: "Wait", reason: error } as const;
        return { refused: [], wait, isIdle: false };
      }
      await this.#lookups.tend();
      await this.device.askMissed(this.#seconds());
      return this.#sendAll();
    });
    if (sent.wait.reason !== null) this.#work.set();
    this.#finishLater();
    return sent;
  }

  async #sendAll(): Promise<Sent> {
    const refused: (readonly [ConversationEvent, Refused])[] = [];
    for (let isIdle = true; ; isIdle = false) {
      const asked = await this.device.next(this.#seconds());
      if (asked.is === "Wait") return { refused, wait: asked, isIdle };
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
      if (asked.is !== "Fetch") return await carry(this.#api, asked);
      await this.#readMailbox();
      return { is: "Accepted" };
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      // The vault is frozen by then (`Seating`).
      if (error instanceof Refused && LEFT_BEHIND_CLAUSES.has(error.clause)) throw error;
      return lostRace(asked, error) ?? error;
    }
  }

  // -- reading ----------------------------------------------------------------------------------

  /** Take in all that waits in the mailbox. */
  async pull(): Promise<void> {
    await this.#readMailbox();
    if (await this.#isDue()) await this.#sendAndTell();
  }

  /** Whether there is something to do now, of whichever kind. */
  async #isDue(): Promise<boolean> {
    const follows = await this.device.trust.isFollowed();
    return !follows || this.#lookups.isDue || this.device.hasWork();
  }

  async #readMailbox(): Promise<void> {
    await this.#reading.take(async () => {
      // One at a time, or a page would come after what is behind it.
      for await (const page of this.#api.pages("GET /mailbox", {})) {
        await this.#receive(page.items, page.incarnation);
      }
      this.#tell(await this.device.behind.look(this.#seconds()));
    });
    this.#finishLater();
  }

  /** Take in what the event stream brought at once; what is too large for it is pulled. */
  async take(items: readonly MailboxItem[]): Promise<void> {
    if (items.some(({ content }) => content === null)) return this.pull();
    await this.#reading.take(async () => {
      await this.#receive(items);
      const { behind } = this.device;
      if (behind.mayBe) this.#tell(await behind.look(this.#seconds()));
    });
    this.#finishLater();
    if (await this.#isDue()) this.#work.set();
  }

  async #receive(items: readonly MailboxItem[], incarnation = ""): Promise<void> {
    const at = this.#micros();
    const found = items.map(({ seq, conversation, url, content }) => {
      return { seq, ref: conversation, url, content: bytesOf(content), at };
    });
    const told = await this.device.receive(found, this.#seconds(), incarnation);
    if (told.some(({ is }) => MOVED.has(is))) this.#lookups.lookSoon();
    this.#tell(told);
    this.#acknowledged = Math.min(this.#acknowledged, await this.device.cursor());
  }

  /** Beside all else, and for a burst at once: acknowledge, and write what was postponed. */
  #finishLater(): void {
    if (this.#closing.signal.aborted) return; // what was read now comes again (DEV-2.5)
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
