/** What others wrote: only what is on the list is drawn, and their words are not lost. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { linked } from "../app/linked.ts";
import { linesOf, type Rich, richOf, wordsOf } from "../app/rich.ts";

const tags = (rich: readonly Rich[]): string[] =>
  rich.flatMap((one) => (typeof one === "string" ? [] : [one.tag, ...tags(one.children)]));

test("what the node writes is drawn", () => {
  const html =
    '<p>One &amp; <b>two</b><br>three</p><p><a href="https://b.test/x?a=1&amp;b=2" rel="x">link</a></p>';
  assert.deepEqual(richOf(html), [
    {
      tag: "p",
      children: ["One & ", { tag: "b", children: ["two"] }, { tag: "br", children: [] }, "three"],
    },
    { tag: "p", children: [{ tag: "a", href: "https://b.test/x?a=1&b=2", children: ["link"] }] },
  ]);
  assert.equal(wordsOf(richOf(html)), "One & two three link");
});

test("a tag that is called as what objects have is no tag of ours", () => {
  const names = ["constructor", "toString", "valueOf", "hasOwnProperty", "isPrototypeOf"];
  for (const name of names) {
    assert.deepEqual(richOf(`<${name}>x</${name}>`), richOf("<other>x</other>"), name);
    assert.deepEqual(wordsOf(richOf(`&${name};`)), `&${name};`);
  }
});

const HOSTILE = [
  ["<script>alert(1)</script>after", "after"],
  ["<img src=x onerror=alert(1)>words", "words"],
  ["<svg><a href='https://x.test'>in</a></svg>words", "words"],
  ["<iframe srcdoc='<p>in</p>'></iframe>words", "words"],
  ["<a href='javascript:alert(1)'>link</a>", "link"],
  ["<a href=' jAvAsCrIpT:alert(1)'>link</a>", "link"],
  ["<a href='data:text/html,x'>link</a>", "link"],
  ["<a href='&#106;avascript:alert(1)'>link</a>", "link"],
  ["<a href='/relative'>link</a>", "link"],
  ["<a onclick='x' name=\"y\">link</a>", "link"],
  ["<form action='https://x.test'><input name=a>words</form>", "words"],
  ["<p style='position:fixed'>words", "words"],
  ["</p></div></b>words", "words"],
  ["<!-- <script>x</script> -->words", "words"],
  ["1 < 2 and 3 > 2", "1 < 2 and 3 > 2"],
  ["&lt;script&gt;", "<script>"],
  ["&#0;&#xd800;&#1114112;", "\ufffd\ufffd\ufffd"],
] as const;

for (const [html, words] of HOSTILE) {
  test(`of ${html} the words stay`, () => {
    const rich = richOf(html);
    assert.equal(wordsOf(rich), words);
    assert.equal(tags(rich).includes("a"), false);
    for (const tag of tags(rich)) assert(["p", "b"].includes(tag), tag);
  });
}

test("a thousand tags in each other are not a thousand elements deep", () => {
  const rich = richOf(`${"<b>".repeat(1000)}words${"</b>".repeat(1000)}`);
  assert(tags(rich).length <= 20);
  assert.equal(wordsOf(rich), "words");
});

test("a text that is too long to be drawn is cut", () => {
  assert(wordsOf(richOf("a ".repeat(500_000))).length <= 200_000);
});

test("what was written in lines is read in lines", () => {
  assert.equal(
    linesOf(richOf("<p>One<br>two &amp; <b>three</b></p><p>four</p>")),
    "One\ntwo & three\n\nfour",
  );
});

test("a tag that has no end is words, and a text full of them is read once", () => {
  assert.equal(wordsOf(richOf("<p>a <b and c")), "a <b and c");
  assert.equal(wordsOf(richOf("a <!-- b")), "a <!-- b");
  for (const piece of ["<a", "<!--", "<a '<a \""]) {
    const text = piece.repeat(200_000 / piece.length);
    assert.equal(linesOf(richOf(text)), text);
  }
});

test("an address ends before the signs behind it, however many there are", () => {
  const href = "https://b.test/x";
  assert.deepEqual(linked(`(see ${href}).`), ["(see ", { href }, ")."]);
  const dots = `${".".repeat(200_000)}x`;
  assert.deepEqual(linked(`${href}${dots} y`), [{ href: `${href}${dots}` }, " y"]);
  assert.deepEqual(linked("https://...,"), ["https://...,"]);
});

test("nothing that turns signs around is part of an address", () => {
  assert.deepEqual(linked("see https://b.test/\u202egpj.exe"), [
    "see ",
    { href: "https://b.test/" },
    "\u202egpj.exe",
  ]);
  assert.deepEqual(linked("https://b\u200b.test/ https://\u0007"), [
    { href: "https://b" },
    "\u200b.test/ https://\u0007",
  ]);
});
