/** What stands inside a sealed message, the JSON it is let in as, and the words of HTML. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as content from "../device/content.ts";
import { plain } from "../device/plain_text.ts";
import { Refused } from "../errors.ts";
import { EMPTY, hex, text, utf8 } from "../wire/bytes.ts";
import { decode } from "../wire/json.ts";

function clauseOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert(error instanceof Refused, String(error));
    return error.clause;
  }
  return "accepted";
}

test("JSON is read as one thing only", () => {
  assert.deepEqual(decode(utf8('{"a":[1,2.5,"x",null,true]}')), { a: [1, 2.5, "x", null, true] });
  assert.deepEqual(decode(utf8('[{"a":1},{"a":{"a":2}}]')), [{ a: 1 }, { a: { a: 2 } }]);
  for (const twice of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[{"b":{"a":1,"a":2}}]']) {
    assert.equal(
      clauseOf(() => decode(utf8(twice))),
      "FED-2.2",
      twice,
    );
  }
  for (const wrong of ["", "{", "NaN", '{"a":1e999}', '"\\ud800"', '{"\\udc00":1}', "[1,]"]) {
    assert.equal(
      clauseOf(() => decode(utf8(wrong))),
      "FED-2.2",
      wrong,
    );
  }
  assert.equal(
    clauseOf(() => decode(Uint8Array.of(0x22, 0xff, 0x22))),
    "FED-2.2",
  );
  assert.equal(
    clauseOf(() => decode(utf8("[".repeat(64) + "]".repeat(64)))),
    "accepted",
  );
  assert.equal(
    clauseOf(() => decode(utf8("[".repeat(65) + "]".repeat(65)))),
    "FED-2.1",
  );
  assert.equal(
    clauseOf(() => decode(utf8(`"${"[".repeat(200)}\\"["`))),
    "accepted",
  );
  assert.equal(
    clauseOf(() => decode(new Uint8Array((1 << 20) + 1))),
    "FED-2.1",
  );
});

test("a note comes back as it was said", () => {
  const words = 'a < b & "c"\nnext';
  const said = { id: "urn:a", text: words, at: 1e15 + 1 };
  const data = content.writeNote(said, "urn:b", "https://a.example/a");
  const { id, kind, text: read } = content.read(data);
  assert.deepEqual([id, kind, read], ["urn:a", "Note", words]);
  assert(text(data).includes('"content":"a &lt; b &amp; \\"c\\"<br>next"'));
  assert.equal(
    clauseOf(() =>
      content.writeNote({ id: "urn:a", text: "y".repeat(40_000), at: 0 }, "urn:b", "x"),
    ),
    "E2E-5.3",
  );
});

test("what is no message is refused", () => {
  const read = (document: unknown) => clauseOf(() => content.read(utf8(JSON.stringify(document))));
  for (const wrong of [
    1,
    [],
    {},
    { type: "Note" },
    { id: "x" },
    { type: [], id: "x" },
    { type: "Create", id: "x", object: "y" },
    { type: "Note", id: "x".repeat(513) },
    { type: "Note", id: 7 },
  ]) {
    assert.equal(read(wrong), "E2E-5.2", JSON.stringify(wrong));
  }
  assert.equal(
    clauseOf(() => content.read(new Uint8Array(64 * 1024 + 1))),
    "E2E-5.3",
  );
  assert.equal(read({ type: ["Object", "Note"], id: "x", content: "hi" }), "accepted");
});

test("HTML is read for its words", () => {
  for (const [html, words] of [
    ["<p>one</p><p>two<br/>three</p>", "one\ntwo\nthree"],
    ["a &lt;b&gt; &amp; &#x41;&#66;&nbsp;&unknown;", "a <b> & AB\u00a0&unknown;"],
    ["<!-- <p>no</p> -->yes<script", "yes<script"],
    ["<a href='x'>link</a> &#0;&#xd800;", "link \ufffd\ufffd"],
    ["<p>", ""],
  ] as const) {
    assert.equal(plain(html), words, html);
  }
  const endless = "<a".repeat(400_000);
  assert.equal(plain(`${endless} `), endless);
});

test("names of what was missed come back", () => {
  const digest = Uint8Array.from({ length: 32 }, (_, at) => 8 * at);
  assert.equal(hex(content.digestOf(content.named(digest))), hex(digest));
  for (const other of ["", "ni:///sha-256;", "ni:///sha-256;!", "https://x.example/"]) {
    assert.deepEqual(content.digestOf(other), EMPTY);
  }
});

test("times have six decimals when there are any", () => {
  assert.equal(content.rfc3339(1_785_585_600_000_000), "2026-08-01T12:00:00Z");
  assert.equal(content.rfc3339(1_785_585_600_000_001), "2026-08-01T12:00:00.000001Z");
});
