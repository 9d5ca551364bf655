/** The feeds: what friends, those one follows and the people of this node posted, each until one has seen it all. */

import { useEffect } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Post } from "../api_types.ts";
import { device } from "../device.ts";
import { Feed } from "../feed/feed.tsx";
import { List } from "../lists.ts";
import { Bell } from "../parts/bell.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { useArrival } from "../parts/screen.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

const FEEDS = ["friends", "following", "local"] as const;
type Of = (typeof FEEDS)[number];

const known = new Map<string, List<Post>>();

/** A feed of this account; one comes back to what one knew. */
export function feedOf(actor: string, of: Of): List<Post> {
  const key = `${of} ${actor}`;
  const list = known.get(key) ?? new List<Post>("/feed", { of }, (post) => post.id);
  known.set(key, list);
  return list;
}

const wayTo = (of: Of): string => (of === "friends" ? "/" : `/feed/${of}`);

function Tabs({ now }: { readonly now: Of }) {
  return (
    <nav class="feed-tabs" aria-label={say("feed.tabs")}>
      {FEEDS.map((of) => (
        <a key={of} href={at(wayTo(of))} aria-current={of === now ? "page" : undefined}>
          {say(`feed.of.${of}`)}
        </a>
      ))}
    </nav>
  );
}

interface EndProps {
  readonly of: Of;
  readonly isEmpty: boolean;
  readonly onRenew: () => Promise<void>;
}

function TheEnd({ of, isEmpty, onRenew }: EndProps) {
  const mayPost = of === "local" || !isEmpty;
  return (
    <div class="empty">
      <span class="end-mark">
        <Icon name={isEmpty ? "people" : "check"} />
      </span>
      <p class="empty-title">{say(isEmpty ? "feed.empty" : "feed.end")}</p>
      <p>{say(`feed.${isEmpty ? "empty" : "end"}.${of}`)}</p>
      <div class="ways centred-ways">
        <a class="button main" href={at(mayPost ? "/post" : "/people")}>
          {say(mayPost ? "feed.post" : "feed.find")}
        </a>
        <Button kind="quiet" onClick={onRenew}>
          {say("feed.renew")}
        </Button>
      </div>
    </div>
  );
}

/** What comes while one looks is put above it, and what is deleted goes. */
function useNews(list: List<Post>): void {
  useEffect(
    () =>
      device.listen((event) => {
        // Whoever slept may have missed posts.
        if (event.is === "missed") void list.renew(true);
        if (event.is !== "node") return;
        if (event.kind === "post" || event.kind === "reset") void list.renew(true);
        if (event.kind === "post_deleted") list.remove(String(event.data.id));
      }),
    [list],
  );
}

export function FeedScreen({ parts }: { readonly parts: Readonly<Record<string, string>> }) {
  const of = FEEDS.find((one) => one === parts.of) ?? "friends";
  const list = feedOf(me.value?.actor ?? "", of);
  const title = of === "friends" ? say("nav.feed") : say(`feed.of.${of}`);
  const heading = useArrival(title);
  useNews(list);
  useEffect(() => {
    // What came meanwhile stands at the top; where one was, one stays. An empty feed may be so no more.
    if (list.items.peek().length > 0 || list.state.peek() === "end") void list.renew(true);
  }, [list]);
  return (
    <div class="feed-screen">
      <h1 class="sr" ref={heading} tabIndex={-1}>
        {title}
      </h1>
      <Tabs now={of} />
      <Bell />
      <Feed
        list={list}
        label={say(`feed.label.${of}`)}
        end={
          <TheEnd
            of={of}
            isEmpty={list.items.value.length === 0}
            onRenew={() => list.renew(true)}
          />
        }
      />
    </div>
  );
}
