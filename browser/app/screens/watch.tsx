/** One post by its link, and below it what else its author posted. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe } from "../accounts.ts";
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

/** The author's posts, with this one first. */
async function listOf(id: string): Promise<List<Post>> {
  const post = await askAsMe<Post>("GET", "/posts/one", { query: { id } });
  const list = new List<Post>("/posts", { author: post.author.id }, (one) => one.id);
  list.prepend(post);
  await list.more();
  return list;
}

function Watching({ list }: { readonly list: List<Post> }) {
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
        end={<Empty title={say("watch.end")} />}
      />
    </div>
  );
}

export function WatchScreen() {
  const id = place.value.query.get("id") ?? "";
  const list = useSignal<List<Post> | null>(null);
  const fault = useSignal("");
  useEffect(() => {
    list.value = null;
    fault.value = "";
    listOf(id).then(
      (found) => {
        list.value = found;
      },
      (error: unknown) => {
        fault.value = explain(error);
      },
    );
  }, [id]);
  if (list.value !== null) return <Watching list={list.value} />;
  return (
    <Screen title={say("nav.feed")} under="/">
      {fault.value === "" ? <Waiting /> : <Fault>{fault.value}</Fault>}
    </Screen>
  );
}
