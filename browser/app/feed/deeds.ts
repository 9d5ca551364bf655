/** What one does to a post: like it, comment on it, delete it. The screen shows it at once. */

import { askAsMe } from "../accounts.ts";
import { freshKey } from "../api.ts";
import type { Post } from "../api_types.ts";
import type { List } from "../lists.ts";
import { tell } from "../parts/toast.tsx";
import { explain } from "../words/problems.ts";

/** Like `post`, or take the like back. What the node then says counts. */
export async function toggleLike(post: Post, put: (post: Post) => void): Promise<void> {
  const liked = !post.liked;
  put({ ...post, liked, likes: Math.max(0, post.likes + (liked ? 1 : -1)) });
  try {
    const body = { object: post.id };
    put(
      await askAsMe<Post>("POST", liked ? "/posts/like" : "/posts/unlike", {
        body,
        key: freshKey(),
      }),
    );
  } catch (error) {
    put(post);
    tell(explain(error), true);
  }
}

/** What is said below the post `to`, as the node takes it. */
export const commentOn = (to: string, content: string) => ({ in_reply_to: to, content });

/** Say something below a post or one of its comments, once under `key`. */
export function comment(body: unknown, key: string): Promise<Post> {
  return askAsMe<Post>("POST", "/comments", { body, key });
}

/** Delete a post of one's own, here and elsewhere. */
export async function remove(post: Post, list: List<Post>): Promise<void> {
  const path = post.video === "" ? "/posts/one" : "/videos/one";
  const id = post.video === "" ? post.id : post.video;
  await askAsMe("DELETE", path, { query: { id } });
  list.remove(post.id);
}

/** The address of `post` in the app, for who may see it. */
export const linkOf = (post: Post): string =>
  `${location.origin}/app/watch?id=${encodeURIComponent(post.id)}`;

/** Ask what is wrong with a post; the question is loaded when it is wanted. */
export const report = async (post: Post): Promise<void> =>
  (await import("../report/ask.tsx")).askReport(post.author, post);

/** Ask whether its author, or its thread, is muted. */
export const mute = async (post: Post, list: List<Post>): Promise<void> =>
  (await import("../mutes/ask.tsx")).askMute(post.author, post, list);

/** Ask what a post of one's own says from now on. */
export const edit = async (post: Post, list: List<Post>): Promise<void> =>
  (await import("../edits/ask.tsx")).askEdit(post, list);

/** Show what a post said before. */
export const versions = async (post: Post): Promise<void> =>
  (await import("../edits/ask.tsx")).showVersions(post);
