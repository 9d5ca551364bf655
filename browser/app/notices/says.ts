/** Pure: what a notice says, and where in the app that is which it is about. */

import type { Account, Notice, Relation } from "../api_types.ts";
import type { NoticeKey } from "./words.ts";

/** What it leads to: whoever did it, the post it is about, or another place. */
type Way = "person" | "post" | "moved" | "anew" | "reports" | "";

interface Kind {
  readonly says: NoticeKey;
  readonly way: Way;
  /** Nobody did it to us: the node tells it of itself. */
  readonly isOwn?: true;
}

const KINDS: Readonly<Record<string, Kind>> = {
  friend_request: { says: "friend_request", way: "person" },
  friend_accepted: { says: "friend_accepted", way: "person" },
  mutual: { says: "mutual", way: "person" },
  follow: { says: "follow", way: "person" },
  like: { says: "like", way: "post" },
  share: { says: "share", way: "post" },
  comment: { says: "comment", way: "post" },
  mention: { says: "mention", way: "post" },
  mention_request: { says: "mention", way: "post" },
  moved: { says: "moved", way: "moved" },
  report: { says: "report", way: "reports" },
  video_failed: { says: "video_failed", way: "anew", isOwn: true },
  delivery_failed: { says: "delivery_failed", way: "", isOwn: true },
  restored: { says: "restored", way: "", isOwn: true },
  post_lost: { says: "post_lost", way: "", isOwn: true },
};
// What a newer node tells.
const OTHER: Kind = { says: "other", way: "person" };

export const kindOf = ({ kind }: Pick<Notice, "kind">): Kind =>
  Object.hasOwn(KINDS, kind) ? (KINDS[kind] ?? OTHER) : OTHER;

const personAt = (who: string): string => `/people/${encodeURIComponent(who)}`;

/** The place in the app, "" where it leads nowhere. */
export function wayOf(notice: Pick<Notice, "kind" | "actor" | "object">): string {
  const { way } = kindOf(notice);
  const { handle } = notice.actor;
  if (way === "post") return `/watch?id=${encodeURIComponent(notice.object)}`;
  // By their id: nobody here may know their new handle yet.
  if (way === "moved") return personAt(notice.object);
  if (way === "anew") return "/post";
  if (way === "reports") return "/admin/reports";
  return way === "person" && handle !== "" ? personAt(handle) : "";
}

/** What following a stranger comes to: told at once of whom one follows are only those who chose so (INB-8.2). */
export function followedSays(
  following: Relation["following"],
  mentions: Account["mentions"] | null,
): NoticeKey {
  if (mentions === "following") return "heard";
  return following === "asked" ? "followed.asked" : "followed";
}
