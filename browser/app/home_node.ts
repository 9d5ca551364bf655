/** The node that this app comes from, as anyone may know it. */

import { signal } from "@preact/signals";

import { ask } from "./api.ts";
import type { NodeView } from "./api_types.ts";

/** null until it was heard. */
export const homeNode = signal<NodeView | null>(null);

/** Ask for it, unless it is known. */
export async function meetNode(): Promise<NodeView> {
  homeNode.value ??= await ask<NodeView>("GET", "/node");
  return homeNode.value;
}
