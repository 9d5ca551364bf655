/**
 * Pure: the words of HTML, a line per paragraph: what a person sees of a message that came as HTML
 * only. Nothing here is ever given to a page as HTML.
 */

/**
 * A comment, a tag with its name, or a character reference. What begins as a tag and has no end goes to the
 * end of the text: each sign is read once.
 */
const MARKUP =
  /<!--[\s\S]*?(?:-->|$)|<(?:[!?]|\/?([a-zA-Z][^\s/>]*))[^>]*(>|$)|&(#?[0-9a-zA-Z]+);/g;

/** The references that programs write; any other stays as it stands. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);

function referred(reference: string): string | undefined {
  if (!reference.startsWith("#")) return NAMED.get(reference);
  const isHex = /^#[xX]/.test(reference);
  const number = Number.parseInt(reference.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  const isCharacter = number > 0 && number <= 0x10ffff && !(number >= 0xd800 && number < 0xe000);
  return isCharacter ? String.fromCodePoint(number) : "\ufffd";
}

/** HTML as plain text. */
export function plain(html: string): string {
  let hasWords = false;
  let last = 0;
  let words = "";
  const say = (more: string) => {
    hasWords ||= more !== "";
    words += more;
  };
  for (const found of html.matchAll(MARKUP)) {
    const [whole, tag, end, reference] = found;
    say(html.slice(last, found.index));
    last = found.index + whole.length;
    if (end === "") {
      say(whole);
      continue;
    }
    if (reference !== undefined) say(referred(reference) ?? whole);
    const isBreak = /^(?:br|p)$/i.test(tag ?? "") && !whole.startsWith("</");
    if (isBreak && hasWords) words += "\n";
  }
  return (words + html.slice(last)).trim();
}
