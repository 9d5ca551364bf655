/** Who is meant by what was typed, pasted or scanned. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { codeIn, whoIn } from "../app/who.ts";

const NAMED = [
  ["ada", "@ada@home.test"],
  ["@ada", "@ada@home.test"],
  [" @ada@b.test ", "@ada@b.test"],
  ["ada@b.test", "@ada@b.test"],
  ["@ada@localhost:8420", "@ada@localhost:8420"],
  ["https://b.test/@ada", "@ada@b.test"],
  ["https://b.test/@ada/", "@ada@b.test"],
  ["https://b.test/app/code/@ada", "@ada@b.test"],
  ["https://b.test/app/code/%40ada", "@ada@b.test"],
  ["https://b.test/@ada@c.test", "@ada@c.test"],
  ["http://localhost:8420/@ada", "@ada@localhost:8420"],
  ["https://b.test/users/ada", "https://b.test/users/ada"],
  ["https://b.test/@%61da", "@ada@b.test"],
] as const;

for (const [text, who] of NAMED) {
  test(`${text} is ${who}`, () => assert.equal(whoIn(text, "home.test"), who));
}

for (const text of [
  "",
  "two words",
  "javascript:alert(1)",
  "kith://b.test/@ada",
  "@",
  "@@",
  "http://b.test/users/ada",
  "https://b.test/@%",
  "<b>ada</b>",
]) {
  test(`${text || "nothing"} names nobody`, () => assert.equal(whoIn(text, "home.test"), ""));
}

const CODE = "abcdefghijklmnopqrstuvwxyz234567";
for (const [text, code] of [
  [`https://b.test/@ada#f=${CODE}`, CODE],
  [` http://localhost:8420/@ada#f=${CODE}.F1NG3RPR1NT `, CODE],
  [`https://b.test/app/code/@ada#f=${CODE}`, CODE],
  [`https://b.test/@ada#f=${CODE}a`, ""],
  [`https://b.test/@ada#f=${CODE.toUpperCase()}`, ""],
  ["https://b.test/@ada#f=", ""],
  ["https://b.test/@ada", ""],
  [`@ada@b.test#f=${CODE}`, ""],
] as const) {
  test(`the code in ${text}`, () => assert.equal(codeIn(text), code));
}

test("a link with a code names whom the one without it names", () => {
  assert.equal(whoIn(`https://b.test/@ada#f=${CODE}`, "home.test"), "@ada@b.test");
  assert.equal(whoIn(`https://b.test/app/code/@ada#f=${CODE}`, "home.test"), "@ada@b.test");
});
