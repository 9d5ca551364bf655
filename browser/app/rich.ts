/**
 * Pure: text with markup, as the node cleaned it, into a tree of what the app draws. Nothing is trusted: a
 * tag that is not on the list is left out and its words stay, and an attribute is read for links alone.
 */

export type Rich =
  | string
  | { readonly tag: Tag; readonly children: readonly Rich[] }
  | { readonly tag: "a"; readonly href: string; readonly children: readonly Rich[] };

const TAGS = [
  "p",
  "br",
  "b",
  "strong",
  "i",
  "em",
  "u",
  "del",
  "code",
  "pre",
  "blockquote",
  "ul",
  "ol",
  "li",
] as const;
export type Tag = (typeof TAGS)[number];

// What is drawn as something that is on the list.
// A map: names that others choose are no members of an object ("constructor").
const AS: ReadonlyMap<string, Tag> = new Map<string, Tag>([
  ["s", "del"],
  ["h1", "p"],
  ["h2", "p"],
  ["h3", "p"],
  ["h4", "p"],
  ["h5", "p"],
  ["h6", "p"],
  ["div", "p"],
]);
// What is left out with all that is in it.
const GONE = new Set([
  "script",
  "style",
  "template",
  "iframe",
  "object",
  "svg",
  "math",
  "textarea",
]);
const NAMES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["nbsp", "\u00a0"],
]);
const DEEPEST = 20;
const LONGEST = 200_000;
// What begins as a tag or a comment and has no end goes to the end of the text: each sign is read once.
const TOKEN =
  /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"']|"[^"]*(?:"|$)|'[^']*(?:'|$))*)(>|$)|<!--[\s\S]*?(-->|$)/gu;

/** What stands for its character: `&amp;`, `&#233;`. */
export function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w{2,6}));/gu, (whole, ...found) => {
    const [decimal, hex, name] = found as (string | undefined)[];
    if (name !== undefined) return NAMES.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      ? String.fromCodePoint(code)
      : "\ufffd";
  });
}

/** The address of a link; "" for what is none of the web. */
export function linkOf(attributes: string): string {
  const found = /(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)')/iu.exec(attributes);
  const text = unescaped(found?.[1] ?? found?.[2] ?? "").trim();
  const href = URL.canParse(text) ? new URL(text).href : "";
  return /^https?:/u.test(href) ? href : "";
}

interface Open {
  /** As it was written; "" for the root. */
  readonly name: string;
  readonly tag: Tag | "a" | "";
  readonly href: string;
  readonly children: Rich[];
}

class Builder {
  readonly #open: Open[] = [{ name: "", tag: "", href: "", children: [] }];
  #gone = "";

  #top(): Open {
    return this.#open[this.#open.length - 1] as Open;
  }

  text(text: string): void {
    if (this.#gone === "" && text !== "") this.#top().children.push(unescaped(text));
  }

  begin(name: string, attributes: string): void {
    if (this.#gone !== "") return;
    if (GONE.has(name)) {
      this.#gone = name;
      return;
    }
    const known = AS.get(name) ?? TAGS.find((tag) => tag === name) ?? (name === "a" ? "a" : "");
    if (known === "br") {
      this.#top().children.push({ tag: "br", children: [] });
      return;
    }
    const href = known === "a" ? linkOf(attributes) : "";
    const isPlain = this.#open.length > DEEPEST || (known === "a" && href === "");
    this.#open.push({ name, tag: isPlain ? "" : known, href, children: [] });
  }

  end(name: string): void {
    if (this.#gone !== "") {
      if (this.#gone === name) this.#gone = "";
      return;
    }
    const at = this.#open.findLastIndex((one) => one.name === name);
    // A tag that closes nothing says nothing.
    if (at < 1) return;
    while (this.#open.length > at) this.#close();
  }

  #close(): void {
    const { tag, href, children } = this.#open.pop() as Open;
    const into = this.#top().children;
    if (tag === "") into.push(...children);
    else if (tag === "a") into.push({ tag, href, children });
    else into.push({ tag, children });
  }

  done(): readonly Rich[] {
    while (this.#open.length > 1) this.#close();
    return this.#top().children;
  }
}

/** The tree of `html`. */
export function richOf(html: string): readonly Rich[] {
  const text = html.slice(0, LONGEST);
  const builder = new Builder();
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    builder.text(text.slice(at, found.index));
    at = found.index + found[0].length;
    const [whole, slash, name, attributes, end, commentEnd] = found;
    if ((end ?? commentEnd) === "") builder.text(whole);
    else if (name === undefined) continue;
    else if (slash === "/") builder.end(name.toLowerCase());
    else builder.begin(name.toLowerCase(), attributes ?? "");
  }
  builder.text(text.slice(at));
  return builder.done();
}

/** The words alone, for a label or a preview. */
export function wordsOf(rich: readonly Rich[]): string {
  return rich
    .map((one) => {
      if (typeof one === "string") return one;
      if (one.tag === "br") return " ";
      const words = wordsOf(one.children);
      return one.tag === "p" || one.tag === "li" ? `${words} ` : words;
    })
    .join("")
    .replace(/\s+/gu, " ")
    .trim();
}

/** The words with their lines, as one would write them: a paragraph is set off by an empty line. */
export function linesOf(rich: readonly Rich[]): string {
  return rich
    .map((one) => {
      if (typeof one === "string") return one;
      if (one.tag === "br") return "\n";
      const lines = linesOf(one.children);
      return one.tag === "p" ? `${lines}\n\n` : lines;
    })
    .join("")
    .trim();
}
