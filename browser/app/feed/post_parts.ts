/** Pure: what of a post is shown where. */

import type { MediaFile, Post } from "../api_types.ts";
import { richOf, wordsOf } from "../rich.ts";

/** The video that fills the screen, or the first of its pictures; null for words alone. */
export function mainFile(post: Post): MediaFile | null {
  const ofKind = (kind: string) => post.media.find((file) => kindOf(file) === kind);
  const video = ofKind("video");
  return (video && post.video ? video : (ofKind("image") ?? video)) ?? null;
}

/** What sort of file it is, by its media type. */
export function kindOf(file: MediaFile): "video" | "image" | "other" {
  if (file.media_type.startsWith("video/")) return "video";
  return file.media_type.startsWith("image/") ? "image" : "other";
}

/** The captions beside a video, if it brought some. */
export function captionsOf(post: Post): MediaFile | null {
  return post.media.find((file) => file.media_type === "text/vtt") ?? null;
}

// Of each post they are read once, however often it is drawn.
const read = new WeakMap<Post, string>();

function wordsIn(post: Post): string {
  const known = read.get(post) ?? wordsOf(richOf(post.content));
  read.set(post, known);
  return known;
}

/** Whether its words begin with its name, as those of a video do for readers that show no names. */
export function saysName(post: Post): boolean {
  return wordsIn(post).startsWith(post.name);
}

/** The post in a few words, for who hears it. */
export function gist(post: Post, most = 120): string {
  const words = post.name === "" ? wordsIn(post) : post.name;
  return words.length > most ? `${words.slice(0, most - 1)}…` : words;
}

/** Who may see a post of one's own: the node names its circles by a word, those of others by their id. */
export function audienceOf(post: Post): "public" | "followers" | "friends" | "some" {
  const names = (circle: string) =>
    post.audience.some((one) => one === circle || one.endsWith(`/${circle}`));
  if (post.audience.includes("public")) return "public";
  if (names("followers")) return "followers";
  return names("friends") ? "friends" : "some";
}

export interface Thread {
  readonly post: Post;
  readonly answers: readonly Thread[];
}

/**
 * Comments below what they answer; the oldest first. One whose parent is not here stands at the top. Those that
 * are further down than `deepest` stand beside what they answer: a chain of thousands is no deeper than others.
 */
export function threaded(
  comments: readonly Post[],
  root: string,
  deepest: number,
): readonly Thread[] {
  const known = new Set(comments.map(({ id }) => id));
  const below = new Map<string, Post[]>();
  for (const comment of [...comments].sort((a, b) => a.published.localeCompare(b.published))) {
    const parent = known.has(comment.in_reply_to) ? comment.in_reply_to : root;
    const beside = below.get(parent);
    if (beside === undefined) below.set(parent, [comment]);
    else beside.push(comment);
  }
  const top: Thread[] = [];
  const next = (parent: string, depth: number, into: Thread[]) =>
    (below.get(parent) ?? []).toReversed().map((post) => ({ post, depth, into }));
  const waiting = next(root, 0, top);
  const drawn = new Set<string>();
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const { post, depth, into } = one;
    // Who answers each other in a circle is shown once.
    if (drawn.has(post.id)) continue;
    drawn.add(post.id);
    const answers: Thread[] = [];
    into.push({ post, answers });
    waiting.push(...next(post.id, depth + 1, depth < deepest ? answers : into));
  }
  return top;
}
