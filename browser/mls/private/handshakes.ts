/**
 * Handshakes and Welcomes, which few messages are: a part of its own, so that an open device is small.
 */

import { loaded } from "../../loaded.ts";

/** Throws `Unreachable` where the node has to be asked for it and does not answer. */
export const handshakes = () => loaded(import("./handshake_part.ts"));
