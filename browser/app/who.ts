/** Pure: who is meant by what somebody wrote, scanned or pasted. */

/**
 * The handle or the id in `text`; "" where it names nobody. A bare name is somebody of `domain`.
 *
 * A code that one scans is an address of a person: `https://node/app/code/@ada`, or of their page.
 */
export function whoIn(text: string, domain: string): string {
  const words = text.trim();
  const handle = /^@?([\p{L}\p{N}_.-]+)@([\p{L}\p{N}.-]+(?::\d+)?)$/u.exec(words);
  if (handle !== null) return `@${handle[1]}@${handle[2]}`;
  const bare = /^@?([\p{L}\p{N}_]+)$/u.exec(words);
  if (bare !== null) return `@${bare[1]}@${domain}`;
  try {
    const url = new URL(words);
    if (!["https:", "http:"].includes(url.protocol)) return "";
    const page = /^(?:\/app\/code)?\/@([^/@]+)(?:@([^/@]+))?\/?$/u.exec(
      decodeURIComponent(url.pathname),
    );
    if (page !== null) return `@${page[1]}@${page[2] ?? url.host}`;
    return url.protocol === "https:" ? url.href : "";
  } catch {
    return "";
  }
}

/**
 * The code in the link of somebody who shows it (`https://node/app/code/@ada#f=CODE`); "" where there is none. What
 * follows behind a dot, such as the fingerprint of a root, is for whoever verifies it.
 */
export function codeIn(text: string): string {
  return /^https?:\/\/[^#]*#f=([a-z2-7]{32})(?:\..*)?$/u.exec(text.trim())?.[1] ?? "";
}
