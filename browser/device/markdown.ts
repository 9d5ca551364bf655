/**
 * Pure: the small Markdown of sealed messages, as HTML (spec E2E-7.2).
 *
 * Each sign is looked at once: at most four marks are open at a time, and what is not closed stays as it was
 * written.
 */

const MARKS = [
  ["**", "strong"],
  ["~~", "del"],
  ["*", "em"],
  ["_", "em"],
] as const;
const FENCE = "```";
const SPACE = " \t\n";

/** The text as HTML; whatever stands in it. */
export function htmlOf(text: string): string {
  const lines = text.split("\n");
  let html = "";
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string;
    const closed = blockEnd(lines, at);
    let end = at + 1;
    if (line === FENCE && closed) {
      end = closed;
      html += `<pre>${escaped(lines.slice(at + 1, end - 1).join("\n"))}</pre>`;
    } else if (line.startsWith(">")) {
      end = closed;
      const quoted = lines.slice(at, end).map((one) => inline(one.replace(/^> ?/u, "")));
      html += `<blockquote>${quoted.join("<br>")}</blockquote>`;
    } else {
      html += inline(line);
      if (end < lines.length && !beginsBlock(lines, end)) html += "<br>";
    }
    at = end;
  }
  return html;
}

/** The words alone, with their lines. */
export function plainHtml(text: string): string {
  return escaped(text).replaceAll("\n", "<br>");
}

/** Whether something of the Markdown stands in it. */
export function isMarked(text: string): boolean {
  return htmlOf(text) !== plainHtml(text);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function beginsBlock(lines: readonly string[], at: number): boolean {
  const line = lines[at] as string;
  return line.startsWith(">") || (line === FENCE && blockEnd(lines, at) > 0);
}

/** Behind the block that begins there; 0 for a fence that nothing closes: only the last may be open. */
function blockEnd(lines: readonly string[], at: number): number {
  let end = at + 1;
  if (lines[at] === FENCE) {
    end = lines.indexOf(FENCE, end);
    return end < 0 ? 0 : end + 1;
  }
  while (lines[end]?.startsWith(">")) end += 1;
  return end;
}

function isLetter(sign: string): boolean {
  return sign > "\x7f" || /[0-9A-Za-z]/u.test(sign);
}

interface Opened {
  readonly mark: string;
  /** Where its sign is among the pieces. */
  readonly place: number;
}

/** One line: marks within it. */
function inline(line: string): string {
  return new Line(line).html();
}

class Line {
  readonly #line: string;
  readonly #pieces: string[] = [];
  readonly #opened: Opened[] = [];
  #at = 0;
  #begin = 0;
  #hasNoCode = false;

  constructor(line: string) {
    this.#line = line;
  }

  html(): string {
    while (this.#at < this.#line.length) {
      if (!this.#code()) this.#mark();
    }
    this.#take(0);
    return this.#pieces.join("");
  }

  /** What was read since the last piece is one, and `length` more are read. */
  #take(length: number): void {
    this.#pieces.push(escaped(this.#line.slice(this.#begin, this.#at)));
    this.#at += length;
    this.#begin = this.#at;
  }

  #code(): boolean {
    if (this.#hasNoCode || this.#line[this.#at] !== "`") return false;
    const end = this.#line.indexOf("`", this.#at + 1);
    this.#hasNoCode = end < 0;
    if (end <= this.#at + 1) return false;
    const code = this.#line.slice(this.#at + 1, end);
    this.#take(end + 1 - this.#at);
    this.#pieces.push(`<code>${escaped(code)}</code>`);
    return true;
  }

  #mark(): void {
    const [mark, tag] = MARKS.find(([one]) => this.#line.startsWith(one, this.#at)) ?? ["", ""];
    const known = this.#opened.findIndex((one) => one.mark === mark);
    if (!mark) this.#at += 1;
    else if (known < 0 ? this.#opens(mark) : this.#closes(mark, known)) {
      this.#take(mark.length);
      if (known < 0) this.#open(mark);
      else this.#close(tag, known);
    } else this.#at += mark.length;
  }

  #opens(mark: string): boolean {
    const [before, after] = this.#beside(mark);
    return !SPACE.includes(after) && (mark.length === 2 || (after !== mark && !isLetter(before)));
  }

  #closes(mark: string, known: number): boolean {
    const [before, after] = this.#beside(mark);
    const place = this.#opened[known]?.place;
    const isEmpty = this.#at === this.#begin && place === this.#pieces.length - 1;
    return !SPACE.includes(before) && !isEmpty && (mark.length === 2 || !isLetter(after));
  }

  #beside(mark: string): readonly [string, string] {
    return [this.#line[this.#at - 1] ?? " ", this.#line[this.#at + mark.length] ?? " "];
  }

  #open(mark: string): void {
    this.#opened.push({ mark, place: this.#pieces.push(mark) - 1 });
  }

  /** What was opened since stays a sign. */
  #close(tag: string, known: number): void {
    this.#pieces[this.#opened[known]?.place ?? 0] = `<${tag}>`;
    this.#pieces.push(`</${tag}>`);
    this.#opened.length = known;
  }
}
