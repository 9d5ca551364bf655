/** A post whose link somebody sent: its picture and words, and the video plays in place. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { askAsMe } from "../accounts.ts";
import type { Post } from "../api_types.ts";
import { gist, kindOf, mainFile } from "../feed/post_parts.ts";
import { mediaAddress } from "../media.ts";
import { nameOf } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { at } from "../router.ts";
import { say } from "../words/index.ts";

/** What was asked for once is not asked for again at each scroll. */
const asked = new Map<string, Promise<Post>>();

function postOf(id: string): Promise<Post> {
  const known = asked.get(id) ?? askAsMe<Post>("GET", "/posts/one", { query: { id } });
  asked.set(id, known);
  known.catch(() => asked.delete(id));
  return known;
}

function Picture({ post, onPlay }: { readonly post: Post; readonly onPlay: () => void }) {
  const file = mainFile(post);
  const poster = mediaAddress(file?.poster_here ?? "");
  return (
    <button
      type="button"
      class="post-card-picture"
      aria-label={say("chat.play", { name: gist(post, 60) })}
      onClick={onPlay}
    >
      {poster !== "" && post.summary === "" && !post.sensitive && (
        <img src={poster} alt="" loading="lazy" />
      )}
      <span class="post-card-play">
        <Icon name="play" filled />
      </span>
    </button>
  );
}

export function PostCard({ id }: { readonly id: string }) {
  const post = useSignal<Post | null>(null);
  const isGone = useSignal(false);
  const isPlaying = useSignal(false);
  useEffect(() => {
    postOf(id).then(
      (found) => {
        post.value = found;
      },
      () => {
        isGone.value = true;
      },
    );
  }, [id]);
  const found = post.value;
  if (isGone.value) return <p class="post-card gone">{say("chat.card.gone")}</p>;
  if (found === null) return <div class="post-card" aria-busy="true" />;
  const file = mainFile(found);
  const source = file !== null && kindOf(file) === "video" ? mediaAddress(file.here ?? "") : "";
  return (
    <div class="post-card">
      {source !== "" &&
        (isPlaying.value ? (
          // biome-ignore lint/a11y/useMediaCaption: captions come with the post where it has some
          <video src={source} controls autoplay playsInline />
        ) : (
          <Picture
            post={found}
            onPlay={() => {
              isPlaying.value = true;
            }}
          />
        ))}
      <a class="post-card-words" href={at(`/watch?id=${encodeURIComponent(id)}`)}>
        <bdi class="person-name">{nameOf(found.author)}</bdi>
        <span dir="auto">{found.summary === "" ? gist(found) : found.summary}</span>
      </a>
    </div>
  );
}
