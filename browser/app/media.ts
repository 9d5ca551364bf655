/** Addresses of pictures and videos: only those at the own node, whoever they are of. */

import { homeNode } from "./home_node.ts";

/** Where the node itself is reached: on a trial at localhost its origin says https, and is not. */
function isOwn(url: URL, origin: string): boolean {
  return url.origin === origin || url.host === location.host;
}

/**
 * `address` as an element may load it: "" for what is at another server, which is not to learn who
 * looks (the policy of the page would stop it too, and would have something to report).
 */
export function mediaAddress(address: string): string {
  if (address === "") return "";
  let url: URL;
  try {
    url = new URL(address, location.origin);
  } catch {
    return "";
  }
  if (isOwn(url, location.origin)) return url.pathname + url.search;
  // Who draws it draws it anew once the node has said where its media are.
  return url.origin === homeNode.value?.media_origin ? url.href : "";
}
