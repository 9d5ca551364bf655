/** Pure: the words of a message without its markup, for a line about it. */

import { htmlOf } from "../../device/markdown.ts";
import { richOf, wordsOf } from "../rich.ts";

interface Words {
  readonly text: string;
  readonly isMarkdown: boolean;
  readonly files?: readonly { readonly name: string }[];
}

export function gistOf(said: Words): string {
  const [file] = said.files ?? [];
  if (said.text === "" && file !== undefined) return `📎 ${file.name}`;
  return said.isMarkdown ? wordsOf(richOf(htmlOf(said.text))) : said.text;
}
