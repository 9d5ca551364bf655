/**
 * Whether our words have arrived at the others' servers: our node says which servers have not yet taken what
 * we said (spec API-11.1). It is asked after something was said, less and less often.
 */

import { KithError } from "../errors.ts";
import type { ApiClient } from "../messenger/api_client.ts";
import { type Clock, restAfter } from "../messenger/waiting.ts";

const TRIES = 60;

/** Words of a chat up to `number` are at our node; `hosts` are the servers that they are for. */
export interface Unreached {
  readonly chat: string;
  readonly number: number;
  readonly hosts: readonly string[];
}

/** Who knows what was said. */
export interface Sayings {
  unreached(): Promise<readonly Unreached[]>;
  reached(chat: string, number: number): Promise<void>;
}

export class Arrivals {
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #cut: AbortSignal;
  readonly #sayings: Sayings;
  #asking: Promise<void> | null = null;
  /** Whether there may be more than when it was looked last. */
  #isStale = false;

  constructor(api: ApiClient, clock: Clock, cut: AbortSignal, sayings: Sayings) {
    this.#api = api;
    this.#clock = clock;
    this.#cut = cut;
    this.#sayings = sayings;
  }

  /** Our node may have words of ours for others. */
  look(): void {
    this.#isStale = true;
    this.#asking ??= this.#ask()
      .catch((error: unknown) => {
        // What the store fails in is told by what is asked or done next.
        if (!(error instanceof KithError)) throw error;
      })
      .finally(() => {
        this.#asking = null;
        if (this.#isStale && !this.#cut.aborted) this.look();
      });
  }

  async #ask(): Promise<void> {
    for (let tries = 1; tries < TRIES && !this.#cut.aborted; tries++) {
      await this.#clock.pause(restAfter(tries), this.#cut);
      this.#isStale = false;
      const left = await this.#sayings.unreached();
      if (!left.length || this.#cut.aborted) return;
      const waits = await this.#waiting();
      for (const { chat, number, hosts } of left) {
        if (waits !== null && !hosts.some((host) => waits.has(host))) {
          await this.#sayings.reached(chat, number);
        }
      }
    }
  }

  /** The servers that something waits for; null when our node does not say. */
  async #waiting(): Promise<ReadonlySet<string> | null> {
    try {
      const { items } = await this.#api.ask("GET /deliveries", { signal: this.#cut });
      return new Set(items.map(({ host }) => host));
    } catch (error) {
      if (error instanceof KithError) return null;
      throw error;
    }
  }
}

/** The servers of these people, but for the one of `own`. */
export function hostsOf(own: string, actors: readonly string[]): readonly string[] {
  const hosts = new Set(actors.map(hostOf));
  hosts.delete(hostOf(own));
  return [...hosts];
}

function hostOf(actor: string): string {
  return URL.canParse(actor) ? new URL(actor).host : "";
}
