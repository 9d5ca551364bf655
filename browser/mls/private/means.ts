/** Pure: what a device lends the library, and the limits that the RFC leaves to us. */

import type { Judge } from "../public/credentials.ts";
import { LONGEST_LIFETIME_SECONDS } from "../public/leaf.ts";
import type { Entropy } from "./entropy.ts";
import type { FindPsk } from "./psk.ts";
import { BOUNDS, type Bounds } from "./secret_tree.ts";

/** There is none. */
export const noPsk: FindPsk = () => null;

/**
 * The limits that RFC 9420 leaves to the application, and our choice of them.
 *
 * `pastEpochs` and `pastSeconds` bound how long the messages of an older epoch still open;
 * `resumptionEpochs` how many resumption PSKs are kept (§8.6); `messagesPerEpoch` what one ratchet
 * may seal (§15.2: far below any bound, for each key seals one message). `knownCommits` is how many
 * ended epochs are remembered by their commit, so that a fork is seen. `applicants` lets newcomers
 * propose themselves: not by default, for who knows the group's id and epoch, such as a relay,
 * could. `public` sends handshakes as PublicMessage.
 */
export interface Policy {
  readonly longestLifetimeSeconds: number;
  readonly bounds: Bounds;
  readonly pastEpochs: number;
  readonly pastSeconds: number;
  readonly resumptionEpochs: number;
  readonly pendingProposals: number;
  readonly messagesPerEpoch: number;
  readonly knownCommits: number;
  readonly applicants: boolean;
  readonly public: boolean;
}

export const POLICY: Policy = {
  longestLifetimeSeconds: LONGEST_LIFETIME_SECONDS,
  bounds: BOUNDS,
  pastEpochs: 2,
  pastSeconds: 86400,
  resumptionEpochs: 4,
  pendingProposals: 256,
  messagesPerEpoch: 2 ** 20,
  knownCommits: 8,
  applicants: false,
  public: false,
};

/** `judge` has no default: somebody has to say whom to believe (MLS-5.3.1). */
export interface Means {
  readonly entropy: Entropy;
  readonly judge: Judge;
  readonly psks: FindPsk;
  readonly policy: Policy;
}
