/**
 * What a tab's worker runs: it waits for its turn to hold the device, then answers all tabs. Where whoever
 * holds it is silent, as a page is that the browser suspended, it takes the device over (spec E2E-6.18).
 */

import { BROWSER_CLOCK } from "../messenger/waiting.ts";
import { BROWSER_CHANCE } from "../vault/chance.ts";
import type { DeviceEvent } from "./device_client.ts";
import { DeviceWorker } from "./device_worker.ts";
import { answerTabs, CHANNEL, LOCK, type Note, OVER } from "./link.ts";
import type { Ground } from "./watcher.ts";

// A holder that derives a key is silent for seconds, and is not to be replaced for that.
const ASKED_EVERY = 5_000;
const MOST_UNANSWERED = 3;

type Base = Omit<Ground, "isTakenOver">;

const BASE: Base = {
  origin: globalThis.location?.origin ?? "",
  entropy: BROWSER_CHANCE,
  clock: BROWSER_CLOCK,
};

/** Hold the device from our turn on, until this worker ends or another one takes the device over. */
export async function holdDevice(base: Base = BASE): Promise<void> {
  const waiting = new AbortController();
  const held = (isTakenOver: boolean) => async () => {
    waiting.abort();
    const channel = new BroadcastChannel(CHANNEL);
    const tell = (event: DeviceEvent, term: number) => {
      channel.postMessage({ is: "told", term, event } satisfies Note);
    };
    const device = await DeviceWorker.make({ ...base, isTakenOver }, tell);
    // It is heard from at once: a node that answers slowly is no reason to be replaced.
    answerTabs(
      channel,
      device.term,
      [device, device.keyAnswers, device.fileAnswers],
      device.begin(),
    );
    return new Promise<never>(() => undefined);
  };
  const turn = new AbortController();
  const inTurn = navigator.locks.request(LOCK, { signal: turn.signal }, held(false));
  const bySilence = silence(base, waiting.signal).then((isSilent) => {
    if (!isSilent) return inTurn;
    turn.abort();
    return navigator.locks.request(LOCK, { steal: true }, held(true));
  });
  await Promise.all([
    inTurn.catch((error) => turn.signal.aborted || over(error)),
    bySilence.catch(over),
  ]);
}

/** True when whoever holds the device answers no more; false when `cut` says that nobody waits for it. */
async function silence({ clock }: Base, cut: AbortSignal): Promise<boolean> {
  const channel = new BroadcastChannel(CHANNEL);
  let unanswered = 0;
  channel.addEventListener("message", ({ data }: MessageEvent<Note>) => {
    if ("term" in data) unanswered = 0;
  });
  while (!cut.aborted && unanswered < MOST_UNANSWERED) {
    unanswered++;
    channel.postMessage({ is: "hello" } satisfies Note);
    await clock.pause(ASKED_EVERY, cut);
  }
  channel.close();
  return !cut.aborted;
}

/** Another worker has the device: nothing that this one still thinks is to be done. */
function over(error: unknown): void {
  if (!(error instanceof DOMException) || error.name !== "AbortError") throw error;
  globalThis.postMessage(OVER);
  globalThis.close();
}
