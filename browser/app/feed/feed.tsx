/** A feed: posts one below the other, each as high as the screen, one playing, and an end (ARIA feed). */

import { untracked, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { me } from "../accounts.ts";
import type { Post } from "../api_types.ts";
import { mayMove } from "../appearance.ts";
import type { List } from "../lists.ts";
import { nameOf } from "../parts/avatar.tsx";
import { question } from "../parts/dialog.tsx";
import { Button, Fault } from "../parts/form.tsx";
import { Waiting } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { Clip } from "./clip.tsx";
import type { Comments as CommentsPart } from "./comments.tsx";
import { edit, linkOf, mute, remove, report, toggleLike, versions } from "./deeds.ts";
import { hiddenBy } from "./hidden.ts";
import { Players } from "./players.ts";
import { audienceOf, gist } from "./post_parts.ts";
import { indexOf, leave, newAbove, stand, standingIn } from "./standing.ts";

const NEAR = 1; // clips on each side that are drawn: three players
const AROUND = 10; // articles on each side that are there at all: of a thousand posts no more
const AHEAD = 5; // so many before the end the next page is asked for

interface Props {
  readonly list: List<Post>;
  readonly label: string;
  /** What stands at the end. */
  readonly end: ComponentChildren;
  /** One comes for what is said below the first one. */
  readonly isCommented?: boolean | undefined;
}

async function share(post: Post): Promise<void> {
  await navigator.clipboard.writeText(linkOf(post));
  tell(say("feed.copied"));
}

function askMore(post: Post, list: List<Post>): void {
  const isMine = post.author.id === me.value?.actor;
  const words = isMine
    ? say(`audience.${audienceOf(post)}.says`)
    : say("feed.link.says", { name: nameOf(post.author) });
  const link = { words: say("feed.link"), kind: "quiet" as const, act: () => share(post) };
  const away = {
    words: say("delete"),
    kind: "alarm" as const,
    act: () => remove(post, list),
  };
  const hush = { words: say("mute"), kind: "quiet" as const, act: () => mute(post, list) };
  const bad = { words: say("report"), kind: "quiet" as const, act: () => report(post) };
  const change = { words: say("feed.edit"), kind: "quiet" as const, act: () => edit(post, list) };
  const before = { words: say("feed.before"), kind: "quiet" as const, act: () => versions(post) };
  const own = post.video === "" ? [change, away] : [away];
  const ways = [link, ...(post.updated ? [before] : []), ...(isMine ? own : [hush, bad])];
  question(gist(post, 60), <p>{words}</p>, ways);
}

export function Feed({ list, label, end, isCommented = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const players = useMemo(() => new Players(), []);
  const items = list.items.value;
  const state = list.state.value;
  const standing = standingIn(list);
  const isPlaced = useRef(false);
  // Where a key leads, until one is there: the next key goes on from it.
  const going = useRef<number | null>(null);
  const isJumping = useRef(false);
  const current = useSignal(indexOf(standing, items));
  const commented = useSignal<Post | null>((isCommented ? items[0] : null) ?? null);
  const comments = useSignal<typeof CommentsPart | null>(null);

  useLayoutEffect(() => {
    // What comes above or goes does not move what one looks at.
    const at = indexOf(standing, items);
    const feed = box.current;
    if (feed !== null && (at !== current.value || !isPlaced.current)) {
      feed.scrollTop = at * feed.clientHeight;
    }
    isPlaced.current = true;
    current.value = at;
    stand(standing, items, at);
  }, [items]);
  useEffect(() => {
    if (items.length === 0) void list.more();
    const hidden = () => (document.hidden ? players.rest() : players.resume());
    // A clip that did not come while there was no line comes now.
    const online = () => players.isFailed.value && players.resume();
    document.addEventListener("visibilitychange", hidden);
    addEventListener("online", online);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("online", online);
      players.close();
    };
  }, [list]);
  useSignalEffect(() => {
    const at = current.value;
    stand(standing, list.items.peek(), at);
    // Whatever else the players know may change while the clip plays on.
    untracked(() => players.look(at));
  });
  useLayoutEffect(() => {
    // The keys stay in the feed when the article that had them is far away.
    const focused = document.activeElement?.closest<HTMLElement>("[data-index]") ?? null;
    const isOurs = focused !== null && box.current?.contains(focused) === true;
    const isFar = isOurs && Math.abs(Number(focused.dataset.index) - current.value) >= AROUND;
    if ((isFar && going.current === null) || going.current === current.value) {
      const there = articleAt(current.value);
      there?.focus({ preventScroll: true });
      if (isJumping.current) there?.scrollIntoView({ behavior: "instant" });
      if (there !== null) going.current = null;
    }
    isJumping.current = false;
  }, [current.value, items]);
  useSignalEffect(() => {
    if (commented.value === null || comments.peek() !== null) return;
    void attempt(async () => {
      comments.value = (await import("./comments.tsx")).Comments;
    }).then((isLoaded) => {
      if (!isLoaded) closeComments();
    });
  });
  useSignalEffect(() => {
    const at = current.value;
    const isNear = at >= list.items.value.length - AHEAD;
    if (isNear && list.state.value === "ready") void list.more();
  });

  const articleAt = (index: number): HTMLElement | null =>
    box.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null;

  function closeComments(): void {
    commented.value = null;
    players.resume();
  }

  /** Which post one looks at: each is as high as the feed. */
  function look({ currentTarget: { scrollTop, clientHeight } }: { currentTarget: Element }): void {
    if (clientHeight > 0 && !isJumping.current)
      current.value = Math.round(scrollTop / clientHeight);
  }

  /** Go to the post at `index`, and have the keys there. */
  function show(index: number): void {
    const found = articleAt(index);
    if (index > items.length) return;
    going.current = index;
    if (found === null) {
      // So far away that it is not drawn: one goes there when it is, which is at once.
      isJumping.current = true;
      current.value = index;
      return;
    }
    found.focus({ preventScroll: true });
    found.scrollIntoView({ behavior: mayMove() ? "smooth" : "instant" });
  }

  /** Who goes by hand goes where they like. */
  const stray = () => {
    going.current = null;
  };

  const put = (post: Post) => list.replace(post);
  const deeds = {
    like: (post: Post) => void toggleLike(post, put),
    comments: (post: Post) => {
      players.rest();
      commented.value = post;
    },
    more: (post: Post) => askMore(post, list),
  };

  function press(event: KeyboardEvent): void {
    const isField = (event.target as Element).closest("input, textarea, dialog") !== null;
    if (isField || event.altKey || event.metaKey) return;
    const post = items[current.value];
    const isButton = (event.target as Element).closest("button, a") !== null;
    const keys: Readonly<Record<string, () => void>> = event.ctrlKey
      ? { Home: () => outside(-1), End: () => outside(1) }
      : {
          PageDown: () => show((going.current ?? current.value) + 1),
          PageUp: () => show(Math.max(0, (going.current ?? current.value) - 1)),
          k: () => players.toggle(),
          m: () => players.toggleSound(),
          l: () => post !== undefined && deeds.like(post),
          c: () => post !== undefined && deeds.comments(post),
          ...(isButton ? {} : { " ": () => players.toggle() }),
        };
    const deed = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (deed === undefined) return;
    event.preventDefault();
    deed();
  }

  /** Out of the feed: to what can be reached before it, or behind it. */
  function outside(way: 1 | -1): void {
    const all = [...document.querySelectorAll<HTMLElement>("a[href], button, [tabindex='0']")];
    // What this screen does not show takes no keys.
    const free = all.filter((one) => !box.current?.contains(one) && one.checkVisibility());
    const isBefore = (one: HTMLElement) =>
      ((box.current?.compareDocumentPosition(one) ?? 0) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
    const found =
      way === -1 ? free.findLast(isBefore) : (free.find((one) => !isBefore(one)) ?? free[0]);
    found?.focus();
  }

  /** To the top, where what is new begins. */
  function renewed(): void {
    if (ahead === 0) {
      show(0);
      return;
    }
    leave(standing);
    going.current = 0;
    void list.catchUp();
  }

  const ahead = list.ahead.value.length;
  const fresh = newAbove(standing, items, current.value) + ahead;
  const first = Math.max(0, Math.min(current.value, items.length) - AROUND);
  const last = Math.min(items.length, current.value + AROUND + 1);
  const Comments = comments.value;
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys of a feed (ARIA) are heard for all of it */}
      <div
        ref={box}
        class="feed"
        onKeyDown={press}
        onScroll={look}
        onWheel={stray}
        onPointerDown={stray}
      >
        {items.length > 0 && (
          <div class="feed-posts" role="feed" aria-label={label} aria-busy={state === "loading"}>
            <div style={{ height: `${first * 100}%` }} />
            {items.slice(first, last).map((post, place) => {
              const index = first + place;
              return (
                <article
                  key={post.id}
                  class="feed-item"
                  data-index={index}
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: the articles of a feed take the focus
                  tabIndex={0}
                  aria-posinset={index + 1}
                  aria-setsize={state === "end" ? items.length : -1}
                  aria-label={`${nameOf(post.author)}: ${hiddenBy(post) || gist(post)}`}
                >
                  {Math.abs(index - current.value) <= NEAR && (
                    <Clip
                      post={post}
                      index={index}
                      isCurrent={index === current.value}
                      players={players}
                      deeds={deeds}
                    />
                  )}
                </article>
              );
            })}
            <div style={{ height: `${(items.length - last) * 100}%` }} />
          </div>
        )}
        {/* Keys of their own: a browser stays at what it has snapped to, and at the end of nothing
            nobody would see that there is something now. */}
        {state === "loading" && (
          <div key="loading" class="feed-item feed-end">
            <Waiting />
          </div>
        )}
        {state === "failed" && (
          <div key="failed" class="feed-item feed-end" data-index={items.length}>
            <Fault>{explain(list.fault.value)}</Fault>
            <Button onClick={() => list.more()}>{say("retry")}</Button>
          </div>
        )}
        {state === "end" && (
          <div key={items.length} class="feed-item feed-end" data-index={items.length}>
            {end}
          </div>
        )}
      </div>
      <div role="status">
        {fresh > 0 && (
          <button type="button" class="feed-fresh" onClick={renewed}>
            {ahead > 0 ? say("feed.fresh.many") : say("feed.fresh", { count: fresh })}
          </button>
        )}
      </div>
      {commented.value !== null && Comments !== null && (
        <Comments
          post={commented.value}
          onClose={closeComments}
          onCount={(change) => {
            const now = list.items.peek().find((one) => one.id === commented.value?.id);
            if (now !== undefined) put({ ...now, comments: Math.max(0, now.comments + change) });
          }}
        />
      )}
    </>
  );
}
