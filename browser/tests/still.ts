/** Devices whose clock stands still and whose vault is in clear, for tests of what they do round for round. */

import assert from "node:assert/strict";

import { Device } from "../device/device.ts";
import type { Changes, Rows } from "../device/rows.ts";
import type { Bytes } from "../wire/bytes.ts";
import { Seeded } from "./seeded.ts";

export const NOW = 1_800_000_000;
export const ALICE = "https://a.example/alice";
export const BOB = "https://b.example/bob";

/** It stands still until a test moves it; a pause ends when it is cut, or at once where `isLate`. */
export class StillClock {
  seconds = NOW;
  isLate = false;

  now(): number {
    return this.seconds * 1000;
  }

  readonly pauses: number[] = [];

  async pause(milliseconds: number, cut?: AbortSignal): Promise<void> {
    this.pauses.push(milliseconds);
    if (this.isLate || cut?.aborted) return;
    await new Promise((resolve) => cut?.addEventListener("abort", resolve));
  }
}

/** A vault in clear, in memory. */
export class ClearRows implements Rows {
  counter = 0;
  readonly rows = new Map<string, Bytes>();

  names(): readonly string[] {
    return [...this.rows.keys()].sort();
  }

  async read(name: string): Promise<Bytes | null> {
    return this.rows.get(name) ?? null;
  }

  async step(changes: Changes): Promise<void> {
    this.counter += 1;
    for (const [name, value] of changes) {
      if (value === null) this.rows.delete(name);
      else this.rows.set(name, value);
    }
  }
}

export function opened(actor: string): Promise<Device> {
  return Device.open(new ClearRows(), new Seeded(actor), actor);
}

export async function packageOf(actor: string): Promise<Bytes> {
  const [[found] = []] = await (await opened(actor)).newPackages(1, false, NOW);
  assert(found !== undefined);
  return found;
}

export const quietly = () => undefined;
