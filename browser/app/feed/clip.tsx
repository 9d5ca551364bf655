/** One post of a feed, as high as the screen: its clip, picture or words, who it is of, and what one does. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { askAsMe, me } from "../accounts.ts";
import type { MediaFile, Post, Video } from "../api_types.ts";
import { mayMove } from "../appearance.ts";
import { mediaAddress } from "../media.ts";
import { Avatar, nameOf, pageOf } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { later } from "../parts/later.tsx";
import { RichText } from "../parts/rich.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { ago, say, short } from "../words/index.ts";
import { lackOf } from "../words/problems.ts";
import { hiddenBy } from "./hidden.ts";
import { isMuted, type Players } from "./players.ts";
import { audienceOf, captionsOf, gist, kindOf, mainFile, saysName } from "./post_parts.ts";

const DOUBLE_TAP_MS = 280;

const Blur = later(
  async () => (await import("../pictures/blur.tsx")).Blur,
  () => null,
);
const SharedBy = later(async () => (await import("./shared.tsx")).SharedBy);
const Album = later(async () => (await import("../pictures/album.tsx")).Album);

export interface ClipDeeds {
  readonly like: (post: Post) => void;
  readonly comments: (post: Post) => void;
  readonly more: (post: Post) => void;
}

interface Props {
  readonly post: Post;
  readonly index: number;
  readonly isCurrent: boolean;
  readonly players: Players;
  readonly deeds: ClipDeeds;
}

interface VideoProps extends Props {
  readonly file: MediaFile;
  readonly address: string;
}

function VideoStage({ post, file, address, index, players }: VideoProps) {
  const slot = useRef<HTMLDivElement>(null);
  const captions = captionsOf(post);
  const isTall = (file.width ?? 0) > 0 && (file.width ?? 0) / (file.height ?? 1) < 0.7;
  useEffect(() => {
    if (slot.current === null) return;
    players.mount(index, slot.current, {
      address,
      poster: mediaAddress(file.poster_here ?? ""),
      captions: mediaAddress(captions?.here ?? ""),
      captionsLanguage: post.lang,
      isTall,
    });
    return () => players.unmount(index);
  }, [address, index]);
  return (
    <>
      <div class="afar">
        {(file.blurhash ?? "") !== "" && <Blur file={file} look={isTall ? "clip tall" : "clip"} />}
      </div>
      <div class="stage" ref={slot} />
    </>
  );
}

/** Why nothing moves, and the way on. */
function Failed({ players }: { readonly players: Players }) {
  return (
    <div class="clip-veil" role="alert">
      <p>{say("feed.failed")}</p>
      <button type="button" class="button quiet" onClick={() => players.again()}>
        {say("retry")}
      </button>
    </div>
  );
}

function Progress({ players }: { readonly players: Players }) {
  return (
    <div class="clip-progress" aria-hidden="true">
      <span style={{ transform: `scaleX(${players.progress.value})` }} />
    </div>
  );
}

/** Words that fill the screen; what does not fit is scrolled through. */
function WordsStage({ post }: { readonly post: Post }) {
  return (
    <div class="stage words-stage">
      <Scrolling class="words-card" label={say("feed.words")}>
        {post.name !== "" && (
          <p class="words-title" dir="auto">
            {post.name}
          </p>
        )}
        <RichText html={post.content} lang={post.lang} class="large" />
      </Scrolling>
    </div>
  );
}

/** What fills the screen. */
function Stage(props: Props) {
  const { post, players, isCurrent } = props;
  const file = mainFile(post);
  if (file === null) return <WordsStage post={post} />;
  const address = mediaAddress(file.here ?? "");
  if (address === "" || kindOf(file) === "image") {
    return (
      <div class="stage">
        {address === "" ? <p class="stage-note">{say("feed.nothing")}</p> : <Album post={post} />}
      </div>
    );
  }
  return (
    <>
      <VideoStage {...props} file={file} address={address} />
      {isCurrent && players.isFailed.value && <Failed players={players} />}
      {isCurrent && !players.isPlaying.value && !players.isFailed.value && (
        <span class="clip-paused" aria-hidden="true">
          <Icon name="play" filled />
        </span>
      )}
      {isCurrent && <Progress players={players} />}
    </>
  );
}

/** What is sensitive is behind a word of warning until one wants to see it. */
function Veil({ post, onLift }: { readonly post: Post; readonly onLift: () => void }) {
  return (
    <div class="clip-veil">
      <p dir="auto">{hiddenBy(post) || post.summary || say("feed.sensitive")}</p>
      <button type="button" class="button quiet" onClick={onLift}>
        {say("feed.show")}
      </button>
    </div>
  );
}

function Rail({ post, deeds, isVideo, players }: Props & { readonly isVideo: boolean }) {
  return (
    <div class="rail">
      <a class="rail-face" href={pageOf(post.author.handle)} aria-label={nameOf(post.author)}>
        <Avatar person={post.author} size={48} />
      </a>
      <button
        type="button"
        class="rail-deed"
        aria-pressed={post.liked}
        aria-label={`${say("feed.like")}: ${short(post.likes)}`}
        onClick={() => deeds.like(post)}
      >
        <Icon name="heart" filled={post.liked} />
        <span>{short(post.likes)}</span>
      </button>
      <button
        type="button"
        class="rail-deed"
        aria-label={`${say("feed.comments")}: ${short(post.comments)}`}
        onClick={() => deeds.comments(post)}
      >
        <Icon name="comment" />
        <span>{short(post.comments)}</span>
      </button>
      <button
        type="button"
        class="rail-deed"
        aria-label={say("feed.more")}
        onClick={() => deeds.more(post)}
      >
        <Icon name="more" />
      </button>
      {isVideo && (
        <button
          type="button"
          class="rail-deed"
          aria-pressed={!isMuted.value}
          aria-label={say("feed.sound")}
          onClick={() => players.toggleSound()}
        >
          <Icon name={isMuted.value ? "mute" : "sound"} />
        </button>
      )}
    </div>
  );
}

/** What a ready video of one's own is without, and why (VID-2.6); "" for nothing. */
function useLack({ video, author }: Post): string {
  const lack = useSignal("");
  const isMine = author.id === me.value?.actor;
  useEffect(() => {
    if (!isMine || !video) return;
    askAsMe<Video>("GET", "/videos/one", { query: { id: video } }).then(
      (made) => {
        lack.value = lackOf(made);
      },
      () => undefined, // it is asked for again when one looks again
    );
  }, [video, isMine]);
  return lack.value;
}

function Caption({ post, isWords }: { readonly post: Post; readonly isWords: boolean }) {
  const isWhole = useSignal(false);
  const isMine = post.author.id === me.value?.actor;
  const lack = useLack(post);
  return (
    <div class="clip-words">
      <p class="clip-author">
        <a href={pageOf(post.author.handle)}>
          <bdi>{nameOf(post.author)}</bdi>
        </a>
        <time dateTime={post.published}>{ago(post.published)}</time>
        {post.updated && <time dateTime={post.updated}>{say("feed.changed")}</time>}
      </p>
      {post.shared_by != null && <SharedBy person={post.shared_by} />}
      {isMine && (
        <p class="clip-audience">
          <Icon name="lock" />
          {say(`audience.${audienceOf(post)}.says`)}
        </p>
      )}
      {lack !== "" && (
        <p class="clip-audience" role="note">
          <Icon name="mute" />
          {lack}
        </p>
      )}
      {!isWords && (
        <Scrolling
          class={isWhole.value ? "clip-text whole" : "clip-text"}
          label={say("feed.words")}
        >
          {!saysName(post) && <p dir="auto">{post.name}</p>}
          <RichText html={post.content} lang={post.lang} />
        </Scrolling>
      )}
      {!isWords && post.content.length > 140 && (
        <button
          type="button"
          class="clip-more"
          aria-expanded={isWhole.value}
          onClick={() => {
            isWhole.value = !isWhole.value;
          }}
        >
          {say(isWhole.value ? "feed.less" : "feed.whole")}
        </button>
      )}
    </div>
  );
}

export function Clip(props: Props) {
  const { post, players, deeds } = props;
  const isVeiled = useSignal(post.sensitive || post.summary !== "" || hiddenBy(post) !== "");
  const isHidden = isVeiled.value && hiddenBy(post) !== "";
  const burst = useSignal(0);
  const tapped = useRef(0);
  const file = mainFile(post);
  const isVideo = file !== null && kindOf(file) === "video";
  useEffect(() => {
    if (props.isCurrent && isVeiled.value) players.rest();
  }, [props.isCurrent]);

  /** One tap pauses or plays, two like. */
  function tap(event: MouseEvent): void {
    if ((event.target as Element).closest("a, button, .clip-words") !== null) return;
    const now = event.timeStamp;
    const isSecond = now - tapped.current < DOUBLE_TAP_MS;
    tapped.current = isSecond ? 0 : now;
    if (isVideo) players.toggle();
    if (!isSecond) return;
    if (!post.liked) deeds.like(post);
    if (mayMove()) burst.value++;
  }

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the feed hears the keys K, L and Space for it
    // biome-ignore lint/a11y/noStaticElementInteractions: a tap is a short cut for what buttons do
    <div class={file === null ? "clip-box words-box" : "clip-box"} onClick={tap}>
      {isVeiled.value ? (
        <Veil
          post={post}
          onLift={() => {
            isVeiled.value = false;
            if (props.isCurrent) players.look(props.index);
          }}
        />
      ) : (
        <Stage {...props} />
      )}
      {burst.value > 0 && (
        <span class="burst" key={burst.value} aria-hidden="true">
          <Icon name="heart" filled />
        </span>
      )}
      <Caption post={post} isWords={file === null || isHidden} />
      <Rail {...props} isVideo={isVideo} />
      {!isHidden && <span class="sr">{gist(post)}</span>}
    </div>
  );
}
