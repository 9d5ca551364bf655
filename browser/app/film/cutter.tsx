/** A film that is about to be posted: what of it is shown, its cover, and what becomes of its size. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { type AsItIs, type Part, type Plan, WHOLE } from "../../film/plan.ts";
import { bytes } from "../words/index.ts";
import { clock, endOf, LEAST_MS, movedCover, movedEnd, movedStart, STEP_MS } from "./part.ts";
import { foreseen } from "./smaller.ts";
import { drawNow, drawStrip } from "./strip.ts";
import { sayFilm } from "./words.ts";

const REST_MS = 400; // so long an end rests before it is asked what would become of it

/** What is known of it. */
export interface Looked {
  /** NaN where this browser cannot tell. */
  readonly seconds: number;
  readonly becomes: Plan | AsItIs;
}

interface Props {
  readonly file: File;
  readonly part: Signal<Part>;
  readonly onLook: (looked: Looked) => void;
}

function Sizes({ file, becomes }: { readonly file: File; readonly becomes: Plan | AsItIs | null }) {
  const said = () => {
    if (becomes === null) return sayFilm("looking");
    if (typeof becomes === "string") {
      return sayFilm(`as_is.${becomes}`, { size: bytes(file.size) });
    }
    return sayFilm("smaller", { after: bytes(becomes.bytes), before: bytes(file.size) });
  };
  return (
    <p class="hint" role="status">
      {said()}
    </p>
  );
}

interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly whole: number;
  readonly kind: "start" | "end" | "cover";
  /** Of two handles in one place, the one that can still be moved lies above. */
  readonly isAbove?: boolean;
  /** Where it goes when it is moved there. */
  readonly onValue: (value: number) => number;
}

function Slider({ label, value, whole, kind, isAbove, onValue }: SliderProps) {
  return (
    <input
      type="range"
      class={`cut-${kind}${isAbove === true ? " above" : ""}`}
      aria-label={label}
      aria-valuetext={clock(value)}
      min={0}
      max={Math.floor(whole)}
      step={STEP_MS}
      value={value}
      onInput={({ currentTarget }) => {
        currentTarget.valueAsNumber = onValue(currentTarget.valueAsNumber);
      }}
    />
  );
}

export function Cutter({ file, part, onLook }: Props) {
  const film = useRef<HTMLVideoElement>(null);
  const strip = useRef<HTMLCanvasElement>(null);
  const cover = useRef<HTMLCanvasElement>(null);
  const address = useSignal("");
  const whole = useSignal(0); // milliseconds; 0 until it is known
  const isUnseen = useSignal(false);
  const becomes = useSignal<Plan | AsItIs | null>(null);
  const { start, end } = part.value;

  useEffect(() => {
    const made = URL.createObjectURL(file);
    address.value = made;
    whole.value = 0;
    isUnseen.value = false;
    becomes.value = null;
    return () => URL.revokeObjectURL(made);
  }, [file]);

  useEffect(() => {
    const stop = new AbortController();
    const ask = async () => {
      const found = await foreseen(file, part.peek(), stop.signal);
      if (!stop.signal.aborted) becomes.value = found;
    };
    const timer = setTimeout(() => void ask().catch(() => undefined), becomes.peek() ? REST_MS : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [file, start, end]);

  useEffect(() => {
    if (becomes.value === null) return;
    const seconds = whole.value > 0 ? whole.value / 1000 : Number.NaN;
    onLook({ seconds, becomes: becomes.value });
  }, [becomes.value, whole.value]);

  useEffect(() => {
    if (strip.current === null || whole.value === 0) return;
    const stop = new AbortController();
    drawStrip(strip.current, address.value, whole.value / 1000, stop.signal).catch(() => undefined);
    return () => stop.abort();
  }, [whole.value]);

  const measured = (shown: HTMLVideoElement) => {
    if (Number.isFinite(shown.duration)) {
      const isFirst = whole.value === 0;
      whole.value = shown.duration * 1000;
      if (isFirst && shown.currentTime > 0) shown.currentTime = 0;
    } else {
      // A recording does not say how long it is until one has been at its end.
      shown.currentTime = Number.MAX_SAFE_INTEGER;
    }
  };
  const look = (milliseconds: number) => {
    if (film.current === null) return;
    film.current.pause();
    film.current.currentTime = milliseconds / 1000;
  };
  const change = (next: Part, at: number): number => {
    part.value = next;
    look(at);
    return at;
  };
  /** Played is what will be shown. */
  const bounded = (shown: HTMLVideoElement, isBegun: boolean) => {
    const [from, to] = [part.value.start / 1000, endOf(part.value, whole.value) / 1000];
    if (isBegun && (shown.currentTime < from || shown.currentTime >= to - 0.05)) {
      shown.currentTime = from;
    } else if (!shown.paused && part.value.end !== null && shown.currentTime >= to) {
      shown.pause();
      shown.currentTime = to;
    }
  };
  const shown = part.value;
  const last = endOf(shown, whole.value);
  const isPart = shown.start > 0 || shown.end !== null;
  // As far as the middle of a handle comes.
  const wide = (milliseconds: number) =>
    `calc(0.75rem + (100% - 1.5rem) * ${milliseconds / whole.value})`;
  return (
    <>
      {isUnseen.value ? (
        <p class="hint">{sayFilm("unseen")}</p>
      ) : (
        address.value !== "" && (
          <video
            ref={film}
            src={address.value}
            controls
            muted
            playsInline
            aria-label={sayFilm("preview")}
            onLoadedMetadata={(event) => measured(event.currentTarget)}
            onDurationChange={(event) => measured(event.currentTarget)}
            onPlay={(event) => bounded(event.currentTarget, true)}
            onTimeUpdate={(event) => bounded(event.currentTarget, false)}
            onSeeked={(event) => {
              if (cover.current === null || part.value.cover === null) return;
              const at = event.currentTarget.currentTime * 1000;
              if (Math.abs(at - part.value.cover) < STEP_MS) {
                drawNow(event.currentTarget, cover.current);
              }
            }}
            onError={() => {
              isUnseen.value = true;
            }}
          />
        )
      )}
      {whole.value > LEAST_MS && !isUnseen.value && (
        <div class="cutter">
          <div class="cut" dir="ltr">
            <span class="strip" aria-hidden="true">
              <canvas ref={strip} width={720} height={112} />
            </span>
            <span class="cut-away" style={{ left: 0, width: wide(shown.start) }} />
            <span class="cut-away" style={{ right: 0, width: wide(whole.value - last) }} />
            <Slider
              kind="start"
              label={sayFilm("start")}
              isAbove={shown.start > whole.value / 2}
              value={shown.start}
              whole={whole.value}
              onValue={(to) => {
                const next = movedStart(shown, to, whole.value);
                return change(next, next.start);
              }}
            />
            <Slider
              kind="end"
              label={sayFilm("end")}
              value={last}
              whole={whole.value}
              onValue={(to) => {
                const next = movedEnd(shown, to, whole.value);
                return change(next, endOf(next, whole.value));
              }}
            />
          </div>
          <p class="cut-said">
            <span>
              {isPart
                ? sayFilm("shown", { start: clock(shown.start), end: clock(last) })
                : sayFilm("whole", { length: clock(whole.value) })}
            </span>
            {isPart && (
              <button
                type="button"
                class="button quiet small"
                onClick={() => {
                  part.value = { ...WHOLE, cover: shown.cover };
                }}
              >
                {sayFilm("reset")}
              </button>
            )}
          </p>
          <div class="cover-choice">
            <span class={shown.cover === null ? "cover-none" : undefined} aria-hidden="true">
              <canvas ref={cover} width={144} height={192} />
            </span>
            <div>
              <p class="cover-name">{sayFilm("cover")}</p>
              <div dir="ltr">
                <Slider
                  kind="cover"
                  label={sayFilm("cover")}
                  value={shown.cover ?? shown.start}
                  whole={whole.value}
                  onValue={(to) => {
                    const next = movedCover(shown, to, whole.value);
                    return change(next, next.cover ?? 0);
                  }}
                />
              </div>
              <p class="hint">
                {shown.cover === null
                  ? sayFilm("cover.usual")
                  : sayFilm("cover.at", { time: clock(shown.cover) })}
              </p>
            </div>
          </div>
        </div>
      )}
      <Sizes file={file} becomes={becomes.value} />
    </>
  );
}
