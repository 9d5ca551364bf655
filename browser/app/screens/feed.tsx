/** The friends feed: what friends and those one follows posted, until one has seen it all. */

import { useEffect } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Post } from "../api_types.ts";
import { Feed } from "../feed/feed.tsx";
import { List } from "../lists.ts";
import { Icon } from "../parts/icon.tsx";
import { useArrival } from "../parts/screen.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

const known = new Map<string, List<Post>>();

/** The feed of this account; one comes back to what one knew. */
export function friendsFeed(actor: string): List<Post> {
  const list = known.get(actor) ?? new List<Post>("/feed", {}, (post) => post.id);
  known.set(actor, list);
  return list;
}

function TheEnd({ isEmpty, onRenew }: { readonly isEmpty: boolean; readonly onRenew: () => void }) {
  return (
    <div class="empty">
      <span class="end-mark">
        <Icon name={isEmpty ? "people" : "check"} />
      </span>
      <p class="empty-title">{say(isEmpty ? "feed.empty" : "feed.end")}</p>
      <p>{say(isEmpty ? "feed.empty.says" : "feed.end.says")}</p>
      <div class="ways centred-ways">
        <a class="button main" href={at(isEmpty ? "/people" : "/post")}>
          {say(isEmpty ? "feed.find" : "feed.post")}
        </a>
        <button type="button" class="button quiet" onClick={onRenew}>
          {say("feed.renew")}
        </button>
      </div>
    </div>
  );
}

export function FeedScreen() {
  const list = friendsFeed(me.value?.actor ?? "");
  const heading = useArrival(say("nav.feed"));
  useEffect(() => {
    // What came meanwhile stands at the top; where one was, one stays. An empty feed may be so no more.
    if (list.items.peek().length > 0 || list.state.peek() === "end") void list.renew();
  }, [list]);
  return (
    <div class="feed-screen">
      <h1 class="sr" ref={heading} tabIndex={-1}>
        {say("nav.feed")}
      </h1>
      <Feed
        list={list}
        label={say("feed.label")}
        end={<TheEnd isEmpty={list.items.value.length === 0} onRenew={() => void list.renew()} />}
      />
    </div>
  );
}
