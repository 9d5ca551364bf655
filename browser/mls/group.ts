/**
 * What of MLS a device needs with each message (`index` has it all, and tells how). Proposals, commits and
 * Welcomes are loaded when they are met (`handshakes`): whoever imports `index` has them from the beginning.
 */

export { Client, OwnPackage } from "./private/client.ts";
export type { Entropy } from "./private/entropy.ts";
export type {
  ApplicationMessage,
  Committed,
  Event,
  Joined,
  Member,
  Removed,
} from "./private/events.ts";
export { handshakes } from "./private/handshakes.ts";
export { type Means, noPsk, POLICY } from "./private/means.ts";
export { Session, type Step } from "./private/session.ts";
export type { Staged } from "./private/state.ts";
export type { Judge } from "./public/credentials.ts";
export { parse as parseKeyPackage, validate as validateKeyPackage } from "./public/key_package.ts";
export type { Proposal } from "./public/proposals.ts";
