/** What happened: who asked, answered, liked, commented, what the node has to tell; and apart, who is not known. */

import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { askAsMe, me } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { Account, Notice } from "../api_types.ts";
import { List } from "../lists.ts";
import { count } from "../notices/counting.ts";
import { followedSays, kindOf, wayOf } from "../notices/says.ts";
import { sayNotice } from "../notices/words.ts";
import { Avatar, nameOf } from "../parts/avatar.tsx";
import { Count } from "../parts/bell.tsx";
import { question } from "../parts/dialog.tsx";
import { Button } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { ListView } from "../parts/list_view.tsx";
import { Empty, Screen } from "../parts/screen.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { act } from "../people.ts";
import { at, place } from "../router.ts";
import { useTold } from "../told.ts";
import { ago, locale, say } from "../words/index.ts";

const REQUESTS = "/notices/requests";

const PAGE = "20";

const listOf = (query: Readonly<Record<string, string>>) =>
  new List<Notice>("/notices", { limit: PAGE, ...query }, ({ id }) => id);

/** The instant that a notice is about; "" where it is about something else. */
function instant(text: string): string {
  const at = Date.parse(text);
  const how = { dateStyle: "medium", timeStyle: "short" } as const;
  return Number.isNaN(at) ? "" : new Intl.DateTimeFormat(locale(), how).format(at);
}

/** A sentence in which a name stands out, and turns nothing around it. */
function Sentence({ notice }: { readonly notice: Notice }) {
  const { actor, object } = notice;
  const words = sayNotice(kindOf(notice).says, { name: nameOf(actor), when: instant(object) });
  // What was filled in is isolated, and can itself hold no such signs.
  return (
    <span class="notice-words">
      {words
        .split(/[\u2068\u2069]/u)
        .map((part, index) => (index % 2 === 1 ? <bdi key={index}>{part}</bdi> : part))}
    </span>
  );
}

function Face({ notice }: { readonly notice: Notice }) {
  if (kindOf(notice).isOwn !== true) return <Avatar person={notice.actor} />;
  return (
    <span class="notice-sign">
      <Icon name="alert" />
    </span>
  );
}

function Line({ notice, isFresh }: { readonly notice: Notice; readonly isFresh: boolean }) {
  const way = wayOf(notice);
  const inside = (
    <>
      <Face notice={notice} />
      <span class="person-words">
        <Sentence notice={notice} />
        {notice.kind === "post_lost" && (
          <span class="person-handle" dir="ltr">
            {notice.object}
          </span>
        )}
        <time class="person-handle" dateTime={notice.created}>
          {ago(notice.created)}
        </time>
      </span>
      {isFresh && (
        <span class="fresh">
          <span class="sr">{sayNotice("fresh")}</span>
        </span>
      )}
    </>
  );
  if (way === "") return <div class="line notice">{inside}</div>;
  return (
    <a class="line notice" href={at(way)}>
      {inside}
    </a>
  );
}

/** What was given up is tried again. */
async function retry({ object }: Notice): Promise<void> {
  const retried = await askAsMe<{ readonly count: number }>("POST", "/deliveries/retry", {
    body: { of: object },
    key: freshKey(),
  });
  tell(sayNotice(retried.count > 0 ? "retried" : "retried.none", { count: retried.count }));
}

function askBlock({ actor }: Notice, onDone: () => unknown): void {
  question(nameOf(actor), <p>{say("person.block.says")}</p>, [
    {
      words: say("person.block"),
      kind: "alarm",
      act: async () => {
        await act("block", actor.id);
        await onDone();
      },
    },
  ]);
}

type Followed = Signal<ReadonlySet<string>>;

/** Follow who is not known, or not any more. */
async function turnFollowing({ actor }: Notice, followed: Followed): Promise<void> {
  const isFollowed = followed.peek().has(actor.id);
  const { following } = await act(isFollowed ? "unfollow" : "follow", actor.id);
  const others = [...followed.peek()].filter((id) => id !== actor.id);
  followed.value = new Set(isFollowed ? others : [...others, actor.id]);
  if (isFollowed) return;
  // Where it is not known what they chose, nothing is promised.
  const account = await askAsMe<Account>("GET", "/account").catch(() => null);
  const says = followedSays(following, account?.mentions ?? null);
  tell(sayNotice(says, { name: nameOf(actor) }));
}

interface DeedsProps {
  readonly notice: Notice;
  /** Whom one has followed here. */
  readonly followed: Followed;
  readonly onDone: () => unknown;
}

/** What one can do at once. */
function Deeds({ notice, followed, onDone }: DeedsProps) {
  if (notice.kind === "delivery_failed") {
    return (
      <div class="ways notice-ways">
        <Button kind="quiet" size="small" onClick={() => attempt(() => retry(notice))}>
          {say("retry")}
        </Button>
      </div>
    );
  }
  if (notice.kind !== "mention_request") return null;
  return (
    <div class="ways notice-ways">
      <Button
        kind="quiet"
        size="small"
        onClick={() =>
          attempt(async () => {
            await turnFollowing(notice, followed);
            await onDone();
          })
        }
      >
        {say(followed.value.has(notice.actor.id) ? "person.unfollow" : "person.follow")}
      </Button>
      <Button kind="quiet" size="small" onClick={() => askBlock(notice, onDone)}>
        {say("person.block")}
      </Button>
    </div>
  );
}

/** What is shown counts as read; that it is new stays to be seen until one goes away. */
function useRead(list: List<Notice>, isMain: boolean): ReadonlySet<string> {
  const fresh = useMemo(() => new Set<string>(), [list]);
  const items = list.items.value;
  const unread = items.filter(({ read }) => !read);
  for (const { id } of unread) fresh.add(id);
  const newest = unread[0]?.id;
  useEffect(() => {
    if (newest === undefined) return;
    let isRead = false;
    const read = async () => {
      if (isRead || document.hidden) return;
      await askAsMe("POST", "/notices/read", { body: { id: newest }, key: freshKey() });
      isRead = true;
      if (isMain) await count();
    };
    // Where it fails it is said once more, as soon as one looks again or the line is back.
    const look = () => void read().catch(() => undefined);
    look();
    document.addEventListener("visibilitychange", look);
    addEventListener("online", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("online", look);
    };
  }, [newest]);
  return fresh;
}

function Tabs({ isMain, waiting }: { readonly isMain: boolean; readonly waiting: number }) {
  return (
    <nav class="tabs" aria-label={say("nav.notices")}>
      <a href={at("/notices")} aria-current={isMain ? "page" : undefined}>
        {sayNotice("all")}
      </a>
      <a href={at(REQUESTS)} aria-current={isMain ? undefined : "page"}>
        {sayNotice("requests")}
        <Count count={waiting} />
      </a>
    </nav>
  );
}

export function NoticesScreen() {
  const isMain = place.value.path !== REQUESTS;
  const actor = me.value?.actor;
  const requests = useMemo(() => listOf({ which: "requests" }), [actor]);
  const all = useMemo(() => listOf({}), [actor]);
  const list = isMain ? all : requests;
  const followed = useMemo(() => signal<ReadonlySet<string>>(new Set()), [actor]);
  const fresh = useRead(list, isMain);
  useEffect(() => {
    if (isMain) void requests.more();
  }, [requests]);
  useTold(() => void list.renew(), [list]);
  const waiting = isMain ? requests.items.value.filter(({ read }) => !read).length : 0;
  const renew = () => list.renew();
  return (
    <Screen title={say("nav.notices")} under="/me">
      <Tabs isMain={isMain} waiting={waiting} />
      {!isMain && (
        <p class="quiet">
          {sayNotice("requests.says")} <a href={at("/settings")}>{sayNotice("requests.choose")}</a>
        </p>
      )}
      <section class="card" aria-label={sayNotice(isMain ? "all" : "requests")}>
        <ListView
          list={list}
          class="lines notices"
          empty={
            <Empty title={sayNotice(isMain ? "none" : "requests.none")}>
              {isMain && <p>{sayNotice("none.says")}</p>}
            </Empty>
          }
        >
          {(notice) => (
            <li key={notice.id}>
              <Line notice={notice} isFresh={fresh.has(notice.id)} />
              <Deeds notice={notice} followed={followed} onDone={renew} />
            </li>
          )}
        </ListView>
      </section>
    </Screen>
  );
}
