/**
 * A file before it is sealed: a picture is drawn anew, so that it says nothing of where it was taken (spec ATT-1.5). Of
 * films a small picture is made; they and other files go as they are.
 */

import type { Outgoing } from "../../worker/file_questions.ts";

const DRAWN: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/avif"]);
const POSTER_SIDE = 320;
const LONGEST_SIDE = 4_096;
const PATIENCE_MS = 5_000;

export interface Prepared extends Outgoing {
  /** It goes with all that it says of itself. */
  readonly isAsItIs: boolean;
}

const BARE = { width: 0, height: 0, milliseconds: 0, poster: null, isAsItIs: true } as const;

interface Drawable {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

async function drawn(
  { source, width, height }: Drawable,
  longest: number,
  type: string,
): Promise<Blob> {
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  if (pen !== null && type === "image/jpeg") {
    // JPEG has no transparency: without a ground it would turn black.
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
  }
  pen?.drawImage(source, 0, 0, canvas.width, canvas.height);
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.9));
  if (made === null) throw new TypeError("the browser draws no such picture");
  return made;
}

/** What a browser cannot draw is sent as it is. */
async function picture(file: File): Promise<Prepared> {
  const mediaType = file.type;
  const type = mediaType === "image/png" ? mediaType : "image/jpeg";
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = bitmap;
    const what = { source: bitmap, width, height };
    const data = await drawn(what, LONGEST_SIDE, type);
    const poster = await drawn(what, POSTER_SIDE, "image/jpeg");
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const sides = { width: Math.round(width * scale), height: Math.round(height * scale) };
    const name = type === mediaType ? file.name : `${file.name.replace(/\.[^.]*$/, "")}.jpg`;
    return { ...BARE, ...sides, data, poster, name, mediaType: data.type, isAsItIs: false };
  } finally {
    bitmap.close();
  }
}

function heard(element: HTMLMediaElement, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    element.addEventListener(event, () => resolve(), { once: true });
    element.addEventListener("error", () => reject(new TypeError("it does not play")), {
      once: true,
    });
    setTimeout(() => reject(new TypeError("it does not load")), PATIENCE_MS);
  });
}

async function film(file: File, mediaType: string): Promise<Prepared> {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  try {
    video.src = url;
    await heard(video, "loadeddata");
    const { videoWidth: width, videoHeight: height, duration } = video;
    const what = { source: video, width, height };
    const poster = width ? await drawn(what, POSTER_SIDE, "image/jpeg") : null;
    const milliseconds = Number.isFinite(duration) ? Math.round(duration * 1000) : 0;
    const { name } = file;
    return { ...BARE, data: file, name, mediaType, width, height, milliseconds, poster };
  } finally {
    video.removeAttribute("src");
    URL.revokeObjectURL(url);
  }
}

/** `file` as it is sent. */
export async function prepared(file: File): Promise<Prepared> {
  const mediaType = file.type.split(";")[0] || "application/octet-stream";
  const asItIs = { ...BARE, data: file, name: file.name, mediaType };
  try {
    if (DRAWN.has(mediaType)) return await picture(file);
    if (mediaType.startsWith("video/")) return await film(file, mediaType);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
  }
  return asItIs;
}
