/** Pure: text as it stood before it was put into an address. */

/** What is encoded badly is taken as it stands: whoever wrote the address, the app begins. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
