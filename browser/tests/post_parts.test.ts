/** Threads, audiences and the words for a post, whatever its sender made of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Post } from "../app/api_types.ts";
import { audienceOf, gist, saysName, type Thread, threaded } from "../app/feed/post_parts.ts";

function post(id: string, in_reply_to = "", more: Partial<Post> = {}): Post {
  return {
    id,
    number: "",
    kind: "Note",
    author: {
      id: "a",
      handle: "@a@b.test",
      display_name: "",
      icon: "",
      number: "",
      icon_here: "",
    },
    content: "",
    published: id,
    updated: null,
    url: "",
    name: "",
    summary: "",
    sensitive: false,
    lang: "",
    in_reply_to,
    video: "",
    media: [],
    audience: [],
    likes: 0,
    comments: 0,
    liked: false,
    content_map: {},
    filtered: [],
    shared_by: null,
    shared: null,
    ...more,
  };
}

const shape = (threads: readonly Thread[]): unknown[] =>
  threads.map(({ post: { id }, answers }) => [id, ...shape(answers)]);

test("answers stand below what they answer, the oldest first", () => {
  const comments = [post("4", "1"), post("3", "0"), post("2", "1"), post("1", "0")];
  assert.deepEqual(shape(threaded(comments, "0", 3)), [["1", ["2"], ["4"]], ["3"]]);
});

test("an answer to what is not here stands at the top", () => {
  assert.deepEqual(shape(threaded([post("2", "gone"), post("1", "0")], "0", 3)), [["1"], ["2"]]);
});

test("answers to answers to answers stand side by side in the end", () => {
  const chain = Array.from({ length: 20_000 }, (_, index) => {
    const id = String(index + 1).padStart(6, "0");
    return post(id, index === 0 ? "0" : String(index).padStart(6, "0"));
  });
  const [first, ...others] = threaded(chain, "0", 1);
  assert.equal(others.length, 0);
  assert.equal(first?.answers.length, 19_999);
  assert.equal(first?.answers.at(-1)?.post.id, "020000");
  assert(first?.answers.every(({ answers }) => answers.length === 0));
});

test("who answers in a circle hangs nothing", () => {
  assert.deepEqual(shape(threaded([post("1", "2"), post("2", "1"), post("3", "3")], "0", 3)), []);
});

test("the audience is told from the addresses", () => {
  const to = (...audience: string[]) => audienceOf(post("1", "", { audience }));
  assert.equal(to("public", "followers"), "public");
  assert.equal(to("friends"), "friends");
  assert.equal(to("https://a.test/a/1/followers"), "followers");
  assert.equal(to("https://a.test/a/1/friends"), "friends");
  assert.equal(to("https://a.test/a/2"), "some");
  assert.equal(to(), "some");
});

test("a post is told in a few words", () => {
  assert.equal(gist(post("1", "", { content: "<p>One</p><p>two</p>" })), "One two");
  assert.equal(gist(post("1", "", { content: "x".repeat(500) }), 10), `${"x".repeat(9)}…`);
  assert(saysName(post("1", "", { name: "Sea", content: "<p>Sea</p>" })));
  assert(!saysName(post("1", "", { name: "Sea", content: "<p>Sky</p>" })));
});
