/** What an open device stands on, and who is told of what becomes of it. */

import { Conflict } from "../errors.ts";
import type { Clock } from "../messenger/waiting.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import type { DeviceEvent } from "./device_client.ts";

/** What a worker stands on. */
export interface Ground {
  readonly origin: string;
  readonly entropy: Entropy;
  readonly clock: Clock;
  /** Whoever held the device before may still be there, asleep: what they held is taken from them. */
  readonly isTakenOver: boolean;
}

/** Who is told of what happens. */
export interface Watcher {
  tell(event: DeviceEvent): void;
  /** Whether the stream stands. */
  stands(isOnline: boolean): void;
  /** Something is in the way of reading or sending at all; null: not any more. */
  trouble(error: Error | null): void;
  /** It is over: this device was logged out, frozen, or its store is lost. */
  ended(error: Error): void;
}

/** Whether an error says that another copy of the vault is the device. */
export function isFrozenBy(error: Error): boolean {
  return error instanceof Conflict && error.clause.startsWith("ACC-4.");
}
