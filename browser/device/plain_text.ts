/**
 * Pure: the words of HTML, a line per paragraph: what a person sees of a message that came as HTML
 * only. Nothing here is ever given to a page as HTML.
 */

/**
 * A comment; what goes with all that is in it (E2E-7.1); a tag with its name; or a character reference. What begins
 * as a tag and has no end goes to the end of the text: each sign is read once.
 */
const MARKUP =
  /<!--[\s\S]*?(?:-->|$)|<(script|style|template|iframe|object|svg|math|textarea)(?![^ \t\n\r\f/>])(?:[^>"']|"[^"]*(?:"|$)|'[^']*(?:'|$))*>[\s\S]*?(?:<\/\1(?![^ \t\n\r\f/>])[^>]*>|$)|<(?:[!?]|(\/?[a-z][^ \t\n\r\f/>]*))(?:[^>"']|"[^"]*(?:"|$)|'[^']*(?:'|$))*(>|$)|&(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,6});/gi;

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
  const isHex = /^#x/i.test(reference);
  const code = Number.parseInt(reference.slice(isHex ? 2 : 1), isHex ? 16 : 10);
  const isOne = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  return isOne ? String.fromCodePoint(code) : "\ufffd";
}

/** HTML as plain text. */
export function plain(html: string): string {
  let last = 0;
  let words = "";
  for (const found of html.matchAll(MARKUP)) {
    const [whole, , tag, end, reference] = found;
    words += html.slice(last, found.index);
    last = found.index + whole.length;
    if (end === "") words += whole;
    else if (reference !== undefined) words += referred(reference) ?? whole;
    else if (words && /^(?:br|p)$/i.test(tag ?? "")) words += "\n";
  }
  return (words + html.slice(last)).replace(/^[ \t\n\r\f]+|[ \t\n\r\f]+$/g, "");
}
