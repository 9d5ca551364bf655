/** What fails beside all else, where nobody waits for it. */

import { KithError } from "../errors.ts";

/** What the store or the node fails in is told by what is asked or done next; any other fault is one of ours. */
export function report(error: unknown): void {
  if (!(error instanceof KithError)) globalThis.reportError?.(error);
}
