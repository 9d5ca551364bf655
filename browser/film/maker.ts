/** Looks at films and makes them smaller, by the codecs of this browser (decision 0025). */

import {
  BlobSource,
  Conversion,
  canEncodeAudio,
  canEncodeVideo,
  Input,
  type InputAudioTrack,
  MATROSKA,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
  Quality,
  StreamTarget,
  type StreamTargetChunk,
  WEBM,
} from "mediabunny";

import { type Means, type Part, type Plan, SMOOTHEST, SOUND_BITS, type Source } from "./plan.ts";

// No broadcasts: their fields are put apart by the node alone.
const FORMATS = [MP4, QTFF, WEBM, MATROSKA];
const PIECE = 1024 * 1024;

type Heard = (done: number) => void;

/** What this browser writes; nothing where it has no codecs. */
export const MEANS: Means = {
  video: async (kind, { width, height, bits }) =>
    typeof VideoEncoder !== "undefined" &&
    canEncodeVideo(kind, { width, height, quality: new Quality({ bitrate: bits }) }),
  sound: async (kind) =>
    typeof AudioEncoder !== "undefined" &&
    canEncodeAudio(kind, { quality: new Quality({ bitrate: SOUND_BITS }) }),
};

async function soundOf(track: InputAudioTrack | null): Promise<Source["sound"]> {
  if (track === null) return null;
  const isRead = typeof AudioDecoder !== "undefined" && (await track.canDecode());
  return { codec: await track.getCodec(), isRead };
}

async function read<T>(file: Blob, work: (input: Input) => Promise<T>): Promise<T> {
  const input = new Input({ source: new BlobSource(file), formats: FORMATS });
  try {
    return await work(input);
  } finally {
    input.dispose();
  }
}

/** What `file` is; null for what is read by the node alone, if at all. */
export function look(file: Blob): Promise<Source | null> {
  return read(file, (input) => seen(input, file.size));
}

async function seen(input: Input, bytes: number): Promise<Source | null> {
  if (!(await input.canRead())) return null;
  const video = await input.getPrimaryVideoTrack();
  if (video === null) return null;
  const { bestGuessFrameRate } = await video.computeFrameRateMetrics();
  return {
    bytes,
    seconds: await input.computeDuration(),
    width: await video.getDisplayWidth(),
    height: await video.getDisplayHeight(),
    fps: bestGuessFrameRate,
    isHdr: await video.hasHighDynamicRange(),
    isRead: typeof VideoDecoder !== "undefined" && (await video.canDecode()),
    sound: await soundOf(await input.getPrimaryAudioTrack()),
  };
}

/** Takes what is made as it comes, in pieces that the browser may lay on its disk. */
function gathered(): { readonly target: StreamTarget; readonly file: () => Blob } {
  const pieces: Blob[] = [];
  const stream = new WritableStream<StreamTargetChunk>({
    write: ({ data }) => void pieces.push(new Blob([data])),
  });
  return {
    target: new StreamTarget(stream, { chunked: true, chunkSize: PIECE }),
    file: () => new Blob(pieces, { type: "video/mp4" }),
  };
}

/** The part of `file`, made as `plan` says; `onProgress` hears numbers from 0 to 1. Throws where it cannot be. */
export function make(file: Blob, plan: Plan, part: Part, onProgress: Heard): Promise<Blob> {
  return read(file, (input) => made(input, plan, part, onProgress));
}

async function made(input: Input, plan: Plan, part: Part, onProgress: Heard): Promise<Blob> {
  const { target, file } = gathered();
  // In fragments nothing is written twice, so that it need not be held in memory.
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "fragmented" }), target });
  const isCopied = plan.sound === "copy";
  const conversion = await Conversion.init({
    input,
    output,
    tracks: "primary",
    trim: {
      start: part.start / 1000,
      ...(part.end === null ? {} : { end: part.end / 1000 }),
    },
    video: {
      width: plan.width,
      height: plan.height,
      fit: "fill",
      codec: plan.kind,
      quality: new Quality({ bitrate: plan.bits }),
      forceTranscode: true,
      allowTransformationMetadata: false,
      ...(plan.fps >= SMOOTHEST ? { frameRate: SMOOTHEST } : {}),
    },
    audio:
      plan.sound === null || isCopied
        ? {}
        : {
            codec: plan.sound,
            quality: new Quality({ bitrate: SOUND_BITS }),
            numberOfChannels: 2,
            sampleRate: 48_000,
            forceTranscode: true,
          },
    // Where and by whom it was filmed stays here.
    tags: () => ({}),
    showWarnings: false,
  });
  const wanted = plan.sound === null ? 1 : 2;
  if (!conversion.isValid || conversion.utilizedTracks.length !== wanted) {
    throw new Error("a track would be lost");
  }
  conversion.onProgress = onProgress;
  await conversion.execute();
  return file();
}
