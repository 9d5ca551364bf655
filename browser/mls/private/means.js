/** Pure: what a device lends the library, and the limits that the RFC leaves to us. */
import { LONGEST_LIFETIME_SECONDS } from "../public/leaf.ts";
import { BOUNDS } from "./secret_tree.ts";
/** There is none. */
export const noPsk = () => null;
export const POLICY = {
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
