/** What is written is posted once, whatever was lost of the answers and changed between the tries. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem, SURE_MS } from "../app/api.ts";
import { Earlier, type Tried, Unsure, Written } from "../app/post/written.ts";

interface Made {
  readonly id: string;
}

/** A node that makes one thing of a key; `lost`: of its answers, and whether it did what was asked. */
class FakeNode {
  readonly made: string[] = [];
  readonly #kept = new Map<string, { readonly text: string; readonly id: string }>();
  lost: "answer" | "request" | "" = "";
  /** It stopped before it kept its answers (API-6.5). */
  forgets = false;

  post = async (body: unknown, key: string): Promise<Made> => {
    const text = JSON.stringify(body);
    const { lost } = this;
    this.lost = "";
    if (lost === "request") throw new Problem(0, "offline", "", "");
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.text !== text) throw new Problem(409, "conflict", "API-6.2", "");
    if (kept !== undefined && this.forgets) throw new Problem(409, "conflict", "API-6.5", "");
    const id = kept?.id ?? `post-${this.made.push(text)}`;
    this.#kept.set(key, { text, id });
    if (lost === "answer") throw new Problem(0, "offline", "", "");
    return { id };
  };
}

const says = (content: string) => ({ content });

async function away(written: Written<Made>, words: string): Promise<void> {
  await assert.rejects(written.send(says(words)), (error: Error) => error instanceof Problem);
}

async function earlier(written: Written<Made>, words: string): Promise<string> {
  let id = "";
  await assert.rejects(written.send(says(words)), (error: Error) => {
    if (error instanceof Earlier) id = error.id;
    return error instanceof Earlier;
  });
  return id;
}

test("the same words are posted once, and other words later are others", async () => {
  const node = new FakeNode();
  const written = new Written(node.post);
  node.lost = "answer";
  await away(written, "hello");
  assert.deepEqual(await written.send(says("hello")), { id: "post-1" });
  assert.deepEqual(await written.send(says("hello")), { id: "post-2" }, "said on purpose");
  assert.equal(node.made.length, 2);
});

test("changed words are no second post by themselves, and which was taken is known", async () => {
  const node = new FakeNode();
  const written = new Written(node.post);
  node.lost = "request";
  await away(written, "helo");
  node.lost = "answer";
  await away(written, "hello");
  node.lost = "request";
  await away(written, "hello!");
  for (const words of ["hello!", "hello, all"])
    assert.equal(await earlier(written, words), "post-1");
  assert.deepEqual(node.made, ['{"content":"hello"}']);
  written.begin();
  assert.deepEqual(await written.send(says("hello, all")), { id: "post-2" });
});

test("changed words are the post where the first never arrived", async () => {
  const node = new FakeNode();
  const written = new Written(node.post);
  node.lost = "request";
  await away(written, "helo");
  assert.deepEqual(await written.send(says("hello")), { id: "post-1" });
  assert.deepEqual(node.made, ['{"content":"hello"}']);
});

test("where the node forgot its answer, that it took the words is known all the same", async () => {
  const node = new FakeNode();
  const written = new Written(node.post);
  node.lost = "answer";
  await away(written, "helo");
  node.forgets = true;
  assert.equal(await earlier(written, "hello"), "");
  assert.equal(await written.send(says("helo")), null);
  assert.equal(node.made.length, 1);
});

test("what was tried outlives the screen, and a day later nothing is sent unasked", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const node = new FakeNode();
  let tried: Tried | null = null;
  const place = {
    kept: () => tried,
    keep: (now: Tried | null) => {
      tried = now;
    },
  };
  node.lost = "answer";
  await away(new Written(node.post, place), "helo");
  const written = new Written(node.post, place);
  assert.equal(await earlier(written, "hello"), "post-1");
  t.mock.timers.tick(SURE_MS + 1);
  await assert.rejects(written.send(says("hello")), (error: Error) => error instanceof Unsure);
  assert.equal(node.made.length, 1);
  written.begin();
  assert.deepEqual(await written.send(says("hello")), { id: "post-2" });
  assert.equal(tried, null);
});
