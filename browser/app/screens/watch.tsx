/** One post by its link, and below it what else its author posted. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe } from "../accounts.ts";
import { Problem } from "../api.ts";
import type { Post } from "../api_types.ts";
import { Feed } from "../feed/feed.tsx";
import { List } from "../lists.ts";
import { nameOf } from "../parts/avatar.tsx";
import { Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Empty, Screen, useArrival, Waiting } from "../parts/screen.tsx";
import { back, place } from "../router.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

/** Comments of which none answers more than so many others; of deeper ones the comment itself is shown. */
const DEEPEST = 20;

interface Found {
  readonly list: List<Post>;
  /** It is a comment: what it is below is shown, with what is said there. */
  readonly isComment: boolean;
}

const one = (id: string) => askAsMe<Post>("GET", "/posts/one", { query: { id } });

/** What a comment is below, as far as one may see it. */
async function rootOf(post: Post): Promise<Post> {
  let root = post;
  try {
    for (let up = 0; up < DEEPEST && root.in_reply_to; up++) root = await one(root.in_reply_to);
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
  return root;
}

/** The author's posts, with this one first. */
async function find(id: string): Promise<Found> {
  const post = await one(id);
  const root = await rootOf(post);
  const list = new List<Post>("/posts", { author: root.author.id }, (other) => other.id);
  list.prepend(root);
  await list.more();
  return { list, isComment: root.id !== post.id };
}

function Watching({ list, isComment }: Found) {
  const author = list.items.value[0]?.author;
  const title = author === undefined ? say("nav.feed") : nameOf(author);
  const heading = useArrival(title);
  return (
    <div class="feed-screen">
      <h1 class="sr" ref={heading} tabIndex={-1} dir="auto">
        {title}
      </h1>
      <button
        type="button"
        class="round feed-back"
        aria-label={say("back")}
        onClick={() => back("/")}
      >
        <Icon name="back" />
      </button>
      <Feed
        list={list}
        label={say("watch.label", { name: title })}
        isCommented={isComment}
        end={<Empty title={say("watch.end")} />}
      />
    </div>
  );
}

export function WatchScreen() {
  const id = place.value.query.get("id") ?? "";
  const known = useSignal<Found | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    known.value = null;
    fault.value = "";
    find(id).then(
      (found) => {
        known.value = found;
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
  }, [id]);
  if (known.value !== null) return <Watching {...known.value} />;
  return (
    <Screen title={say("nav.feed")} under="/">
      {fault.value === "" ? <Waiting /> : <Fault>{fault.value}</Fault>}
    </Screen>
  );
}
