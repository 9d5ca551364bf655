/** Pure: what stands in a field while its words are sent. */

/** What is left in a field that holds `now`, once `sent` has gone out of it: what was typed meanwhile. */
export function leftOf(now: string, sent: string): string {
  return now.startsWith(sent) ? now.slice(sent.length).trimStart() : now;
}
