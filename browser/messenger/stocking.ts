/** A device's key packages at its home node (spec DEV-6). Its twin is `node/client/stocking.py`. */

import type { Device } from "../device/device.ts";
import { SUITE } from "../device/device_state.ts";
import { base64 } from "../wire/bytes.ts";
import type { ApiClient } from "./api_client.ts";

const POOL = 50;
const LOW_POOL = 20;
/** E2E-2.3. */
const MOST = 100;
const LAST_RESORT_LEFT = 25 * 86_400_000;

/**
 * Publish what is missing, where few are left (DEV-6.1). `now` is in milliseconds; `isNews`: those that there are do not
 * say all that this device knows (DEV-19.1).
 */
export async function publish(
  api: ApiClient,
  device: Device,
  now: number,
  isNews = false,
): Promise<void> {
  const { stock } = await api.ask("GET /key-packages", {});
  const found = stock.find(({ suite }) => suite === SUITE);
  const left = found?.single_use ?? 0;
  const ends = found?.last_resort_expires ?? null;
  const isStale = isNews || ends === null || Date.parse(ends) - now < LAST_RESORT_LEFT;
  const few = left < LOW_POOL ? POOL - left : 0;
  const count = isNews ? Math.min(POOL, MOST - left) : few;
  if (!count && !isStale) return;
  const made = await device.newPackages(count, isStale, Math.floor(now / 1000));
  const packages = made.map(([content, last_resort]) => {
    return { content: base64(content), last_resort };
  });
  await api.ask("POST /key-packages", { body: { packages } });
}
