/** Pure: what is looked for in what was said; loaded by the first search. */

/** Whether a text has all of these words, whatever their case and accents are. */
export function matcher(words: string): (text: string) => boolean {
  const wanted = folded(words).split(/\s+/).filter(Boolean);
  return (text) => {
    const given = folded(text);
    return wanted.length > 0 && wanted.every((word) => given.includes(word));
  };
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
