/** What is seldom needed is a part of its own, loaded when it is asked for. */

import { Unreachable } from "./errors.ts";

/** Throws `Unreachable` where the node has to be asked for it and does not answer. */
export const loaded = <Part>(part: Promise<Part>): Promise<Part> =>
  part.catch(() => {
    throw new Unreachable("a part of the app cannot be loaded: try again when your node answers");
  });
