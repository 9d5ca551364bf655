/**
 * The three `<video>` elements of a feed: the one that plays, the next one, which loads already, and the one
 * before. They are used again and again: a browser that lets a person's tap unlock the sound unlocks an
 * element, and memory stays what it is over a thousand clips.
 */

import { signal } from "@preact/signals";

import { appearance } from "../appearance.ts";

const COUNT = 3;

export interface Source {
  readonly address: string;
  readonly poster: string;
  readonly captions: string;
  readonly captionsLanguage: string;
  /** Higher than wide: it may fill a phone's screen, though a little at its sides is cut. */
  readonly isTall: boolean;
}

interface Place {
  readonly video: HTMLVideoElement;
  index: number;
  address: string;
}

/** Whether one hears nothing; as long as the app is open it stays as the person left it. */
export const isMuted = signal(true);

export class Players {
  /** Whether the clip that is looked at plays. */
  readonly isPlaying = signal(false);
  /** Whether it could not be loaded: it is tried again when one asks for it, or there is a line again. */
  readonly isFailed = signal(false);
  /** Which part of it was played. */
  readonly progress = signal(0);
  readonly #places: Place[] = [];
  #current = -1;
  #isPaused = false;

  #place(index: number): Place {
    const at = index % COUNT;
    this.#places[at] ??= { video: this.#made(at), index: -1, address: "" };
    return this.#places[at];
  }

  #made(at: number): HTMLVideoElement {
    const video = document.createElement("video");
    video.playsInline = true;
    video.loop = true;
    video.disablePictureInPicture = true;
    video.className = "clip";
    const isShown = () => this.#places[at]?.index === this.#current;
    video.addEventListener("playing", () => {
      if (isShown()) this.isPlaying.value = true;
    });
    video.addEventListener("pause", () => {
      if (isShown()) this.isPlaying.value = false;
    });
    video.addEventListener("error", () => {
      if (isShown()) this.isFailed.value = true;
    });
    video.addEventListener("timeupdate", () => {
      if (isShown() && video.duration > 0) this.progress.value = video.currentTime / video.duration;
    });
    return video;
  }

  /** Put the clip of the post at `index` into `slot`; it loads as far as its turn is near. */
  mount(index: number, slot: HTMLElement, source: Source): void {
    const place = this.#place(index);
    place.index = index;
    if (place.address !== source.address) {
      place.address = source.address;
      const { video } = place;
      video.replaceChildren();
      if (source.captions !== "") {
        const track = document.createElement("track");
        track.kind = "captions";
        track.src = source.captions;
        track.srclang = source.captionsLanguage;
        video.append(track);
      }
      video.poster = source.poster;
      video.src = source.address;
    }
    place.video.classList.toggle("tall", source.isTall);
    place.video.preload = appearance.value.saveData && index !== this.#current ? "none" : "auto";
    if (place.video.parentElement !== slot) slot.replaceChildren(place.video);
    if (index === this.#current) this.#play(place);
  }

  /** The slot of `index` goes away. */
  unmount(index: number): void {
    const place = this.#places[index % COUNT];
    if (place === undefined || place.index !== index) return;
    place.video.pause();
    place.video.remove();
    place.index = -1;
  }

  /** The post at `index` is looked at: it plays, and nothing else does. */
  look(index: number): void {
    this.#current = index;
    this.#isPaused = false;
    this.progress.value = 0;
    this.isPlaying.value = false;
    this.isFailed.value = false;
    for (const place of this.#places) {
      if (place === undefined || place.index === index) continue;
      place.video.pause();
    }
    const place = this.#places[index % COUNT];
    if (place?.index === index) {
      place.video.currentTime = 0;
      this.#play(place);
    }
  }

  #play({ video }: Place): void {
    if (document.hidden) return;
    if (video.error !== null) {
      this.isFailed.value = false;
      video.load(); // nothing else begins it anew
    }
    if (this.#isPaused) return;
    video.muted = isMuted.value;
    this.#showCaptions(video);
    video.play().catch((error: unknown) => {
      // Without a tap a browser lets nothing sound: then it plays in silence, and says so.
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      isMuted.value = true;
      video.muted = true;
      video.play().catch(() => undefined);
    });
  }

  #showCaptions(video: HTMLVideoElement): void {
    const [track] = video.textTracks;
    if (track !== undefined) track.mode = isMuted.value ? "showing" : "hidden";
  }

  /** Pause what plays, play what pauses. */
  toggle(): void {
    const place = this.#places[this.#current % COUNT];
    if (place === undefined || place.index !== this.#current) return;
    this.#isPaused = !place.video.paused && place.video.error === null;
    if (this.#isPaused) place.video.pause();
    else this.#play(place);
  }

  /** With sound or without, for all clips from now on. */
  toggleSound(): void {
    isMuted.value = !isMuted.value;
    for (const { video } of this.#places.filter(Boolean)) {
      video.muted = isMuted.value;
      this.#showCaptions(video);
    }
  }

  /** Something is in front of it, or nobody looks: stop, and go on with `resume`. */
  rest(): void {
    this.#places[this.#current % COUNT]?.video.pause();
  }

  resume(): void {
    const place = this.#places[this.#current % COUNT];
    if (place?.index === this.#current) this.#play(place);
  }

  /** Who asks for a clip that did not arrive wants to see it, also where they had paused it before. */
  again(): void {
    this.#isPaused = false;
    this.resume();
  }

  /** Let go of what they hold. */
  close(): void {
    for (const { video } of this.#places.filter(Boolean)) {
      video.pause();
      video.removeAttribute("src");
      video.load();
      video.remove();
    }
    this.#places.length = 0;
  }
}
