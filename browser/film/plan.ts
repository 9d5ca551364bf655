/**
 * Whether a film is made smaller before it is sent, and as what. Never larger than what the node makes of it, and
 * only where much is saved; what could come out worse than at the node is sent as it is.
 */

export const SHORT_SIDE = 720;
export const LONG_SIDE = 1920;
export const SMOOTHEST = 60;

export type VideoKind = "avc" | "vp9" | "av1";
export type SoundKind = "aac" | "opus";

/** What is shown of a film, and its cover: milliseconds of the film as it plays. */
export interface Part {
  readonly start: number;
  /** null: to its end. */
  readonly end: number | null;
  /** null: a picture near the beginning. */
  readonly cover: number | null;
}

export const WHOLE: Part = { start: 0, end: null, cover: null };

export interface Source {
  readonly bytes: number;
  readonly seconds: number;
  /** As it is shown: upright, with square points. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly isHdr: boolean;
  /** Whether this browser reads the picture. */
  readonly isRead: boolean;
  readonly sound: { readonly codec: string | null; readonly isRead: boolean } | null;
}

/** What this browser writes. */
export interface Means {
  readonly video: (kind: VideoKind, shape: Shape) => Promise<boolean>;
  readonly sound: (kind: SoundKind) => Promise<boolean>;
}

export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
}

/** How it is made smaller. */
export interface Plan extends Shape {
  readonly kind: VideoKind;
  readonly fps: number;
  /** "copy" as it is; null where there is none. */
  readonly sound: SoundKind | "copy" | null;
  /** About how many bytes come out. */
  readonly bytes: number;
}

/** Why it is sent as it is. All but `small` leave something undone that its person may have wanted. */
export type AsItIs = "small" | "unable" | "picture" | "sound" | "hdr" | "unread" | "broke" | "room";

// Bits a second at 720 x 1280 and 30 pictures: the node makes its own of it, so that a little is left to lose.
const BITS: Readonly<Record<VideoKind, number>> = {
  avc: 3_500_000,
  vp9: 2_600_000,
  av1: 2_200_000,
};
// What every node and every browser reads comes first.
const VIDEO_KINDS: readonly VideoKind[] = ["avc", "vp9", "av1"];
const SOUND_KINDS: readonly SoundKind[] = ["aac", "opus"];
export const SOUND_BITS = 128_000;
const FAST = 35; // pictures a second, over which more bits are needed
const WORTH = 0.75; // of what else would be sent: less saved is not worth the wait and the loss

const even = (side: number): number => Math.max(2, Math.floor(side / 2) * 2);

function bound(width: number, height: number): { readonly width: number; readonly height: number } {
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  const factor = Math.min(1, SHORT_SIDE / short, LONG_SIDE / long);
  return { width: even(width * factor), height: even(height * factor) };
}

/** Of what is shown, in seconds. */
export function lengthOf(part: Part, seconds: number): number {
  const end = part.end === null ? seconds : Math.min(part.end / 1000, seconds);
  return Math.max(0, end - part.start / 1000);
}

const isCut = (part: Part): boolean => part.start > 0 || part.end !== null;

async function soundFor(
  { sound }: Source,
  part: Part,
  means: Means,
): Promise<Plan["sound"] | undefined> {
  if (sound === null) return null;
  // What is copied begins and ends with a packet, so that something of what was cut away would be left.
  const isKept = SOUND_KINDS.some((kind) => kind === sound.codec) && !isCut(part);
  if (isKept) return "copy";
  if (!sound.isRead) return undefined;
  for (const kind of SOUND_KINDS) if (await means.sound(kind)) return kind;
  return undefined;
}

/** Why it cannot be made smaller as well as the node would; null when it can. */
function hindrance({ seconds, width, height, isRead, isHdr }: Source): AsItIs | null {
  if (!(seconds > 0) || width < 2 || height < 2) return "unread";
  if (!isRead) return "picture";
  return isHdr ? "hdr" : null;
}

/** Of the picture, as `kind`: never more than the source has. */
function shapeOf(source: Source, kind: VideoKind): Shape {
  const sides = bound(source.width, source.height);
  const share = ((sides.width * sides.height) / (SHORT_SIDE * 1280)) ** 0.75;
  const wanted = BITS[kind] * share * (source.fps > FAST ? 1.4 : 1);
  const own = (source.bytes * 8) / source.seconds;
  return { ...sides, bits: Math.round(Math.min(own, wanted)) };
}

/** How `source` is made smaller, or why not. */
export async function planned(source: Source, part: Part, means: Means): Promise<Plan | AsItIs> {
  const why = hindrance(source);
  if (why !== null) return why;
  let isAble = false;
  for (const kind of VIDEO_KINDS) {
    const shape = shapeOf(source, kind);
    if (!(await means.video(kind, shape))) continue;
    isAble = true;
    const bits = shape.bits + (source.sound === null ? 0 : SOUND_BITS);
    const bytes = Math.round((bits * lengthOf(part, source.seconds)) / 8);
    if (bytes > source.bytes * WORTH) continue;
    const sound = await soundFor(source, part, means);
    if (sound === undefined) return "sound";
    return { kind, ...shape, fps: Math.min(SMOOTHEST, source.fps), sound, bytes };
  }
  return isAble ? "small" : "unable";
}
