/** What is loaded with the first handshake or Welcome that is made or met. */

export { makeCommit } from "./commit.ts";
export { proposeSelf } from "./external.ts";
export { firstEpoch } from "./founding.ts";
export { join } from "./joining.ts";
export { checkIndividual, newcomersOf } from "./proposal_list.ts";
export {
  checkProposable,
  checkRoom,
  handshake,
  nextOrder,
  proposalReference,
} from "./receive_handshake.ts";
export { choose, welcomeFor } from "./staging.ts";
