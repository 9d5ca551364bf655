/** Addresses of pictures and videos: only those at the own node, whoever they are of. */

import { homeNode } from "./home_node.ts";

/**
 * `address` as an element may load it: "" for what is at another server, which is not to learn who
 * looks (the policy of the page would stop it too, and would have something to report).
 */
export function mediaAddress(address: string): string {
  if (address === "" || !URL.canParse(address, location.origin)) return "";
  const url = new URL(address, location.origin);
  // Not the origin: on a trial at localhost the node's says https, and is not.
  if (url.host === location.host) return url.pathname + url.search;
  // Who draws it draws it anew once the node has said where its media are.
  return url.origin === homeNode.value?.media_origin ? url.href : "";
}
