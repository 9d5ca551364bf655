/** The pictures of a post in a row; pressed, one is shown as large as the screen, with what it shows in words. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { MediaFile, Post } from "../api_types.ts";
import { mayMove } from "../appearance.ts";
import { kindOf } from "../feed/post_parts.ts";
import { mediaAddress } from "../media.ts";
import { Icon } from "../parts/icon.tsx";
import { Scrolling } from "../parts/scrolling.tsx";
import { number, say } from "../words/index.ts";
import { Blur } from "./blur.tsx";
import "./sheet.ts";
import { sayPictures } from "./words.ts";

const isShown = (file: MediaFile): boolean =>
  kindOf(file) !== "other" && mediaAddress(file.here ?? "") !== "";

const wordsOf = (file: MediaFile): string => file.name || sayPictures("bare");

interface WaysProps {
  readonly at: number;
  readonly of: number;
  readonly go: (to: number) => void;
}

function Ways({ at, of, go }: WaysProps) {
  return (
    <>
      {at > 0 && (
        <button
          type="button"
          class="round album-way back"
          aria-label={sayPictures("previous")}
          onClick={() => go(at - 1)}
        >
          <Icon name="back" />
        </button>
      )}
      {at < of - 1 && (
        <button
          type="button"
          class="round album-way on"
          aria-label={sayPictures("next")}
          onClick={() => go(at + 1)}
        >
          <Icon name="back" />
        </button>
      )}
    </>
  );
}

interface ZoomProps {
  readonly files: readonly MediaFile[];
  readonly first: number;
  readonly onClose: (at: number) => void;
}

/** One picture over everything: arrows lead on, Escape and the button back. */
function Zoom({ files, first, onClose }: ZoomProps) {
  const box = useRef<HTMLDialogElement>(null);
  const at = useSignal(first);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const go = (to: number) => {
    at.value = Math.min(Math.max(to, 0), files.length - 1);
  };
  const file = files[at.value];
  if (file === undefined) return null;
  return (
    <dialog
      ref={box}
      class="zoom"
      aria-label={wordsOf(file)}
      onCancel={(event) => {
        event.preventDefault();
        onClose(at.value);
      }}
      onKeyDown={(event) => {
        event.stopPropagation();
        const onward = getComputedStyle(event.currentTarget).direction === "rtl" ? -1 : 1;
        if (event.key === "ArrowRight") go(at.value + onward);
        if (event.key === "ArrowLeft") go(at.value - onward);
      }}
    >
      <div class="zoom-stage">
        <img src={mediaAddress(file.here ?? "")} alt={wordsOf(file)} decoding="async" />
      </div>
      <Ways at={at.value} of={files.length} go={go} />
      <button
        type="button"
        class="round zoom-close"
        aria-label={say("close")}
        onClick={() => onClose(at.value)}
      >
        <Icon name="close" />
      </button>
      {file.name !== "" && (
        <Scrolling class="zoom-words" label={say("feed.words")}>
          <p dir="auto">{file.name}</p>
        </Scrolling>
      )}
    </dialog>
  );
}

function Shown({ file, onOpen }: { readonly file: MediaFile; readonly onOpen: () => void }) {
  const failed = useSignal(false);
  const loaded = useSignal(false);
  if (failed.value) return <p class="stage-note">{sayPictures("gone")}</p>;
  const fail = () => {
    failed.value = true;
  };
  const here = mediaAddress(file.here ?? "");
  const smaller = mediaAddress(file.poster_here ?? "");
  const size = file.width ? { width: file.width, height: file.height ?? file.width } : {};
  if (kindOf(file) === "video") {
    return (
      <video
        {...size}
        src={here}
        poster={smaller}
        aria-label={wordsOf(file)}
        loop
        muted
        playsInline
        controls
        autoPlay={mayMove()}
        onError={fail}
      />
    );
  }
  return (
    <button
      type="button"
      class="album-open"
      aria-label={sayPictures("zoom", { words: wordsOf(file) })}
      onClick={onOpen}
    >
      {!loaded.value && <Blur file={file} look="awaited" />}
      <img
        {...size}
        src={smaller || here}
        alt={wordsOf(file)}
        loading="lazy"
        decoding="async"
        onLoad={() => {
          loaded.value = true;
        }}
        onError={fail}
      />
    </button>
  );
}

export function Album({ post }: { readonly post: Post }) {
  const strip = useRef<HTMLUListElement>(null);
  const at = useSignal(0);
  const zoomed = useSignal<number | null>(null);
  const files = post.media.filter(isShown);
  const pictures = files.filter((file) => kindOf(file) === "image");
  const go = (to: number) => {
    at.value = to;
    const next = strip.current?.children[to];
    next?.scrollIntoView({
      behavior: mayMove() ? "smooth" : "instant",
      block: "nearest",
      inline: "center",
    });
  };
  const look = ({ scrollLeft, clientWidth }: HTMLUListElement) => {
    if (clientWidth > 0) at.value = Math.round(Math.abs(scrollLeft) / clientWidth);
  };
  return (
    <div class="album">
      <ul class="album-strip" ref={strip} onScroll={(event) => look(event.currentTarget)}>
        {files.map((file, place) => (
          <li key={place}>
            <Shown
              file={file}
              onOpen={() => {
                zoomed.value = pictures.indexOf(file);
              }}
            />
          </li>
        ))}
      </ul>
      {files.length > 1 && (
        <>
          <Ways at={at.value} of={files.length} go={go} />
          <p class="album-place" role="status">
            {sayPictures("place", { number: number(at.value + 1), most: number(files.length) })}
          </p>
        </>
      )}
      {zoomed.value !== null && (
        <Zoom
          files={pictures}
          first={zoomed.value}
          onClose={(place) => {
            zoomed.value = null;
            const file = pictures[place];
            if (file !== undefined) go(files.indexOf(file));
          }}
        />
      )}
    </div>
  );
}
