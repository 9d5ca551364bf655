/** A recording by the camera: how it begins, why it ends, and the file that it becomes. */

/** What the node takes (`GET /node`). */
export interface Limits {
  readonly upload_bytes: number;
  readonly video_seconds: number;
}

export type Fault = "denied" | "none" | "busy" | "unable" | "empty";
/** Why a recording ended that its person did not stop. */
export type Ended = "long" | "big" | "turned" | "hidden" | "lost";

// The first that the browser makes. What the node reads without any doubt comes first.
const KINDS = [
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/webm;codecs=vp9,opus",
  "video/webm;codecs=vp8,opus",
  "video/webm",
  "video/mp4",
];
const PART_MS = 1000;
// The last part and what stands around the parts has to fit as well.
const BYTES_LEFT = 4_000_000;
const PICTURE = { width: { ideal: 1080 }, height: { ideal: 1920 }, frameRate: { ideal: 30 } };

/** What to record as; "" where the browser records nothing. */
export function kindToRecord(isMade: (kind: string) => boolean): string {
  return KINDS.find(isMade) ?? "";
}

/** Why there is no camera, by what the browser threw. */
export function faultOf(error: unknown): Fault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "unable";
}

/** Whether it has to end, as it would be more than the node takes. */
export function ending(seconds: number, bytes: number, limits: Limits): Ended | null {
  if (seconds >= limits.video_seconds) return "long";
  return bytes >= limits.upload_bytes - BYTES_LEFT ? "big" : null;
}

/** `1:05`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The camera of that side, with the microphone where there is one. Throws what the browser does. */
export async function openCamera(facing: "user" | "environment"): Promise<MediaStream> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (media === undefined || typeof MediaRecorder === "undefined")
    throw new TypeError("no recorder");
  const video = { ...PICTURE, facingMode: facing };
  try {
    return await media.getUserMedia({ video, audio: true });
  } catch (error) {
    // No microphone is no reason to have no picture; where the camera is what fails, this fails alike.
    return await media.getUserMedia({ video }).catch(() => {
      throw error;
    });
  }
}

export interface Heard {
  /** So many seconds are recorded. */
  readonly onTime: (seconds: number) => void;
  /** The file, or why there is none; `ended` says why it ended by itself. */
  readonly onEnd: (file: File | null, ended: Ended | null) => void;
}

/** Records until `stop`, or until it has to end. */
export class Recording {
  readonly #recorder: MediaRecorder;
  readonly #stream: MediaStream;
  readonly #limits: Limits;
  readonly #heard: Heard;
  readonly #parts: Blob[] = [];
  readonly #watch = new AbortController();
  readonly #begun = performance.now();
  readonly #shape = screen.orientation?.type;
  #ended: Ended | null = null;

  constructor(stream: MediaStream, limits: Limits, heard: Heard) {
    this.#stream = stream;
    this.#limits = limits;
    this.#heard = heard;
    const mimeType = kindToRecord((kind) => MediaRecorder.isTypeSupported(kind));
    this.#recorder = new MediaRecorder(stream, mimeType === "" ? {} : { mimeType });
    this.#recorder.ondataavailable = ({ data }) => this.#take(data);
    this.#recorder.onstop = () => this.#finish();
    this.#recorder.onerror = () => this.#end("lost");
    const { signal } = this.#watch;
    screen.orientation?.addEventListener("change", () => this.#turned(), { signal });
    document.addEventListener("visibilitychange", () => this.#hid(), { signal });
    for (const track of stream.getVideoTracks()) {
      track.addEventListener("ended", () => this.#end("lost"), { signal });
    }
    this.#recorder.start(PART_MS);
  }

  stop(): void {
    if (this.#recorder.state !== "inactive") this.#recorder.stop();
  }

  #end(why: Ended): void {
    this.#ended ??= why;
    this.stop();
  }

  /** Frames of another shape in one file are shown lying on their side, or not at all. */
  #turned(): void {
    if (screen.orientation?.type !== this.#shape) this.#end("turned");
  }

  /** A browser in the background gives black pictures, or none. */
  #hid(): void {
    if (document.visibilityState === "hidden") this.#end("hidden");
  }

  #take(part: Blob): void {
    if (part.size > 0) this.#parts.push(part);
    const seconds = (performance.now() - this.#begun) / 1000;
    const bytes = this.#parts.reduce((sum, { size }) => sum + size, 0);
    this.#heard.onTime(seconds);
    const why = ending(seconds, bytes, this.#limits);
    if (why !== null) this.#end(why);
  }

  #finish(): void {
    this.#watch.abort();
    for (const track of this.#stream.getTracks()) track.stop();
    const type = this.#recorder.mimeType.split(";")[0] || "video/webm";
    const name = `kith-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
    const extension = type === "video/mp4" ? "mp4" : "webm";
    const file = new File(this.#parts, `${name}.${extension}`, { type });
    this.#heard.onEnd(file.size === 0 ? null : file, this.#ended);
  }
}
