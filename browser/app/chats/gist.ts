/** Pure: the words of a message without its markup, for a line about it. */

import { htmlOf } from "../../device/markdown.ts";
import { richOf, wordsOf } from "../rich.ts";

export function gistOf(said: { readonly text: string; readonly isMarkdown: boolean }): string {
  return said.isMarkdown ? wordsOf(richOf(htmlOf(said.text))) : said.text;
}
