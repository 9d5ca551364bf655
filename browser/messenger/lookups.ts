/**
 * Whose keys a device asks for, asked of its home node (spec DEV-16.1, KEY-7.7). Its twin is
 * `node/client/lookups.py`.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import type { Answer, Look } from "../device/looking.ts";
import { LEFT_BEHIND_CLAUSES } from "../device/seat.ts";
import { UNFIT } from "../device/stops.ts";
import { Refused, Unproven, Unreachable, willPass } from "../errors.ts";
import type { Bytes } from "../wire/bytes.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { KeyKeeper } from "./key_keeper.ts";
import { type Clock, isRecent, within } from "./waiting.ts";

/** So long nobody is asked again about the same. */
const REST_SECONDS = 60;
/** So long a round waits for the servers of others. */
const PATIENCE = 3000;
const MOST_AT_ONCE = 8;
const TOO_LONG = "their server takes too long";

/** A group in which nothing goes out until some looks are made, or their time is over. */
interface Hold {
  readonly looks: Set<string>;
  goOn(): void;
}

/** Those of one device. A server that does not answer is in the way of nothing here. */
export class Lookups {
  readonly #api: Pick<ApiClient, "ask">;
  readonly #device: Device;
  readonly #keys: Pick<KeyKeeper, "keep">;
  readonly #clock: Clock;
  readonly #tell: (events: readonly ConversationEvent[]) => void;
  /** By look: when it was asked last. */
  readonly #asked = new Map<string, number>();
  readonly #underWay = new Map<string, Promise<Answer | null>>();
  readonly #holds = new Set<Hold>();
  #lastRound: number | null = null;

  constructor(
    api: Pick<ApiClient, "ask">,
    device: Device,
    keys: Pick<KeyKeeper, "keep">,
    clock: Clock,
    tell: (events: readonly ConversationEvent[]) => void,
  ) {
    this.#api = api;
    this.#device = device;
    this.#keys = keys;
    this.#clock = clock;
    this.#tell = tell;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** Somebody came: with the next round they are asked for. */
  lookSoon(): void {
    this.#lastRound = null;
  }

  /** Whether a round is due. */
  get isDue(): boolean {
    return !this.#isRecent(this.#lastRound);
  }

  #isRecent(at: number | null): boolean {
    return isRecent(at, this.#seconds(), REST_SECONDS);
  }

  /** Time passed: look again at what is in the way. */
  async tend(): Promise<void> {
    const { trust } = this.#device;
    if (trust.hasDoubts) this.#tell(await trust.tend(this.#seconds()));
  }

  /** Ask for those to whom something is owed, and for whom a leaf gives reason to. */
  async round(): Promise<void> {
    const { trust } = this.#device;
    const now = this.#seconds();
    const { isDue } = this;
    if (isDue) this.#lastRound = now;
    const wanted = isDue ? await trust.wanted(now) : [];
    await this.#askFor(await trust.beforeOwed(now), wanted);
  }

  /** Before something is said in a group. */
  async beforeWords(group: string): Promise<void> {
    const looks = await this.#device.trust.beforeWords(group, this.#seconds());
    await this.#askFor(new Map([[group, looks]]));
  }

  /** What is owed to these groups is not sealed meanwhile, whoever sends (DEV-16.1). */
  async #askFor(
    asked: ReadonlyMap<string, readonly Look[]>,
    wanted: readonly Look[] = [],
  ): Promise<void> {
    const holds = [...asked].map(([group, looks]) => {
      return { looks: new Set(looks.map(nameOf)), goOn: this.#device.holdBack(group) };
    });
    for (const hold of holds) this.#holds.add(hold);
    this.#made([]);
    try {
      await this.#ask([...[...asked.values()].flat(), ...wanted]);
    } finally {
      for (const hold of holds) {
        hold.goOn();
        this.#holds.delete(hold);
      }
    }
  }

  #made(looks: readonly Look[]): void {
    for (const hold of this.#holds) {
      for (const look of looks) hold.looks.delete(nameOf(look));
      if (!hold.looks.size) hold.goOn();
    }
  }

  /**
   * The packages of those devices of `actor` that may be added; of the others it is told, of what cannot be used
   * where a person meant to add them.
   *
   * Throws `Forbidden` (KEY-5.2) when none is left.
   */
  async sift(actor: string, packages: readonly Bytes[], isMeant = true): Promise<readonly Bytes[]> {
    const { trust } = this.#device;
    await this.#ask(await trust.aheadOf(actor, packages, this.#seconds()));
    const { kept, told } = await trust.sift(actor, packages, this.#seconds());
    if (packages.length && !kept.length) throw await trust.refusal(actor, told);
    this.#tell(told.filter(({ seen }) => isMeant || seen !== UNFIT));
    return kept;
  }

  /** Before the devices of somebody are added. */
  async beforeAdding(actor: string): Promise<void> {
    await this.#ask(await this.#device.trust.beforeAdding(actor, this.#seconds()));
  }

  /** Several servers at once, for a few seconds in all: none of them keeps words waiting. */
  async #ask(looks: readonly Look[]): Promise<void> {
    for (const [name, at] of this.#asked) if (!this.#isRecent(at)) this.#asked.delete(name);
    const byServer = new Map<string, Look[]>();
    for (const look of looks) {
      // Our own node; and a change of our keys is not cut off.
      if (look.actor === this.#device.actor) {
        await this.#askOne(look, new AbortController().signal);
        this.#made([look]);
      } else byServer.set(serverOf(look), [...(byServer.get(serverOf(look)) ?? []), look]);
    }
    if (!byServer.size) return;
    const lines = [...byServer.values()];
    await within(this.#clock, PATIENCE, async (late) => {
      const work = async () => {
        for (let line = lines.shift(); line; line = lines.shift()) await this.#askAll(line, late);
      };
      await Promise.all(Array.from({ length: MOST_AT_ONCE }, work));
    });
  }

  /** Ask for the actors of one server, until it does not answer. */
  async #askAll(line: readonly Look[], late: AbortSignal): Promise<void> {
    for (const look of line) {
      if (late.aborted || (await this.#askOne(look, late)) instanceof Unreachable) break;
      this.#made([look]);
    }
    this.#made(line);
  }

  async #askOne(look: Look, late: AbortSignal): Promise<Answer | null> {
    const name = nameOf(look);
    const underWay = this.#underWay.get(name);
    if (underWay !== undefined) {
      // Somebody else asks: what is said meanwhile waits for it too. But for our own keys, whose look has no end of
      // patience and may itself wait for who asks here.
      const isOwn = look.actor === this.#device.actor;
      return isOwn ? null : Promise.race([underWay, over(late)]);
    }
    if (this.#isRecent(this.#asked.get(name) ?? null)) return null;
    this.#asked.set(name, this.#seconds());
    const answer = this.#answer(look, late).finally(() => {
      this.#underWay.delete(name);
      this.#made([look]); // before others hear of it: what they say goes out at once
    });
    this.#underWay.set(
      name,
      answer.catch(() => null),
    );
    return answer;
  }

  /** What came of it, taken in. */
  async #answer(look: Look, late: AbortSignal): Promise<Answer | null> {
    const outcome = await this.#carry(look, late);
    const isOurs = outcome instanceof Unreachable && !outcome.beyond; // our own node is away
    if (outcome !== null && !isOurs) {
      this.#tell(await this.#device.trust.answered(look.actor, outcome, this.#seconds()));
    }
    return outcome;
  }

  /** What came of it; null where it is our own account's keys that were read. */
  async #carry({ actor, least }: Look, signal: AbortSignal): Promise<Answer | null> {
    try {
      if (actor === this.#device.actor) {
        await this.#keys.keep();
        return null;
      }
      const found = await this.#api.ask("GET /keys", { query: { actor, least }, signal });
      return {
        is: "Shown",
        delegation: bytesOf(found.delegation),
        list: bytesOf(found.list),
      };
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      if (signal.aborted) return new Unreachable(TOO_LONG, true);
      const isSeat = error instanceof Refused && LEFT_BEHIND_CLAUSES.has(error.clause);
      // Keys of theirs that are not proven are an answer; that our token is not good is none.
      const isToken = error instanceof Unproven && !error.clause.startsWith("KEY-");
      if (isSeat || (isToken && !willPass(error))) throw error;
      return error;
    }
  }
}

/** Null, when it is too late. */
function over(late: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    late.addEventListener("abort", () => resolve(null), { once: true });
  });
}

function nameOf({ actor, least }: Look): string {
  return `${actor} ${least}`;
}

function serverOf({ actor }: Look): string {
  try {
    return new URL(actor).origin;
  } catch {
    return actor; // a leaf may say anything; the home node refuses to ask there
  }
}
