/** This browser's device, which a worker holds for all tabs: the line to it, and where it stands. */

import { signal } from "@preact/signals";

import type { DeviceClient, DeviceEvent, DeviceStatus } from "../worker/device_client.ts";
import { connectDevice, keepWorker } from "../worker/tab.ts";
import { script } from "./trusted.ts";

export const device: DeviceClient = connectDevice();

/** null until the worker has said it. */
export const standing = signal<DeviceStatus | null>(null);

/** Where the shell says that the worker's script is. */
function workerAddress(): string {
  const named = document.querySelector<HTMLMetaElement>('meta[name="kith-worker"]');
  return named?.content ?? "";
}

/** Start this tab's worker, which waits for its turn, and hear how things stand. */
export async function begin(): Promise<void> {
  keepWorker(() => new Worker(script(workerAddress()), { type: "module", name: "kith device" }));
  device.listen((event: DeviceEvent) => {
    if (event.is === "status") standing.value = event.status;
    if (event.is === "missed") void renew();
  });
  await renew();
}

async function renew(): Promise<void> {
  standing.value = await device.status();
}
