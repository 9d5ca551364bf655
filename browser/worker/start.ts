/** What a tab's worker runs: it waits for its turn to hold the device, then answers all tabs. */

import { BROWSER_CLOCK } from "../messenger/waiting.ts";
import { BROWSER_CHANCE } from "../vault/chance.ts";
import { DeviceWorker } from "./device_worker.ts";
import { answerTabs, CHANNEL, LOCK } from "./link.ts";
import type { Ground } from "./watcher.ts";

const GROUND: Ground = {
  origin: globalThis.location?.origin ?? "",
  entropy: BROWSER_CHANCE,
  clock: BROWSER_CLOCK,
};

/** Hold the device from our turn on, until this worker ends. */
export async function holdDevice(ground: Ground = GROUND): Promise<never> {
  return navigator.locks.request(LOCK, async () => {
    const channel = new BroadcastChannel(CHANNEL);
    const tell = (event: unknown) => channel.postMessage({ is: "told", event });
    const device = await DeviceWorker.start(ground, tell);
    answerTabs(channel, crypto.randomUUID(), device);
    return new Promise<never>(() => undefined);
  });
}
