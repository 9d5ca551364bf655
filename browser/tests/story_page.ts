/** The page of a tab in a story: it asks the device, and remembers what it was told. */

import { KithError, Refused } from "../errors.ts";
import type { DeviceEvent, Message } from "../worker/device_client.ts";
import type { Name } from "../worker/link.ts";
import { connectDevice, keepWorker } from "../worker/tab.ts";

/** What a story waits for: all that is given has to hold. */
export interface Wanted {
  readonly phase?: string;
  readonly isOnline?: boolean;
  readonly text?: string;
  readonly state?: string;
  readonly told?: string;
  readonly gap?: boolean;
  readonly trouble?: string;
  readonly node?: string;
}

export class Tab {
  readonly #device = connectDevice();
  readonly #heard: DeviceEvent[] = [];
  readonly #checks = new Set<() => void>();

  constructor() {
    this.#device.listen((event) => {
      this.#heard.push(event);
      for (const check of this.#checks) check();
    });
  }

  /** What came of a question; a refusal is an answer too. */
  async ask(name: Name, given: readonly unknown[]): Promise<unknown> {
    const ask = this.#device[name] as (...given: readonly unknown[]) => Promise<unknown>;
    try {
      return { value: await ask(...given) };
    } catch (error) {
      if (!(error instanceof KithError)) throw error;
      const clause = error instanceof Refused ? error.clause : "";
      const seen = error instanceof Refused ? (error.params.seen ?? "") : "";
      return { is: error.name, clause, seen, words: error.message };
    }
  }

  heard(): readonly DeviceEvent[] {
    return this.#heard;
  }

  /** Resolves once it is so, by what was told or what stands already. */
  async until(wanted: Wanted): Promise<void> {
    const status = await this.#device.status();
    if (isStatus(wanted, status)) return;
    if (wanted.text !== undefined && status.phase === "open") {
      const { items } = await this.#device.search(wanted.text, null, 100, null);
      if (items.some((item) => item.is === "message" && isMessage(wanted, item))) return;
    }
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!this.#heard.some((event) => isSo(wanted, event))) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  /** Forget what was heard: what is waited for has to come anew. */
  forget(): void {
    this.#heard.length = 0;
  }
}

type Told = Extract<DeviceEvent, { is: "status" }>["status"];

function isStatus({ phase, isOnline, trouble }: Wanted, status: Told): boolean {
  if (phase === undefined && isOnline === undefined && trouble === undefined) return false;
  const isPhase = phase === undefined || phase === status.phase;
  const isNet = isOnline === undefined || isOnline === status.isOnline;
  return isPhase && isNet && (trouble === undefined || status.trouble?.is === trouble);
}

function isMessage({ text, state }: Wanted, item: Message): boolean {
  return item.text === text && (state === undefined || item.state?.is === state);
}

function isSo(wanted: Wanted, event: DeviceEvent): boolean {
  if (event.is === "status") return isStatus(wanted, event.status);
  if (event.is === "told") return event.event.is === wanted.told;
  if (event.is === "node") return event.kind === wanted.node;
  if (event.is !== "item") return false;
  const { item } = event;
  if (item.is === "gap") return wanted.gap === true;
  if (item.is === "line") return false;
  return wanted.text !== undefined && isMessage(wanted, item);
}

const { search } = new URL(import.meta.url);
Object.assign(globalThis, { tab: new Tab(), begun: 0 });
keepWorker(() => {
  const worker = new Worker(`/story/worker.js${search}`, { type: "module" });
  const { begun } = globalThis as unknown as { begun: number };
  Object.assign(globalThis, { worker, begun: begun + 1 });
  return worker;
});
