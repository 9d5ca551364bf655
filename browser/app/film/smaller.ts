/** Has a worker make a film smaller, or say what it would do; one worker for each, gone with its work. */

import type { Answer, Asked } from "../../film/link.ts";
import type { AsItIs, Part, Plan } from "../../film/plan.ts";
import { script } from "../trusted.ts";

declare const FILM_WORKER: string; // written by build.ts

// A phone may need long for a picture of a film; what is silent for longer will not end. Counted in short
// spans, as one that slept was not silent meanwhile.
const SPAN_MS = 15_000;
const MOST_SILENT_SPANS = 6;

interface Course {
  readonly signal: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Its last word. Rejects when `signal` is aborted. */
function asked(what: Asked, { signal, onProgress }: Course): Promise<Answer> {
  signal.throwIfAborted();
  const worker = new Worker(script(FILM_WORKER), { type: "module", name: "kith film" });
  let timer = 0;
  let stop = () => {};
  return new Promise<Answer>((resolve, reject) => {
    const fails = () => resolve({ is: "as_it_is", why: "broke" });
    let silent = 0;
    timer = window.setInterval(() => {
      if (++silent >= MOST_SILENT_SPANS) fails();
    }, SPAN_MS);
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop);
    worker.onerror = fails;
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.is !== "progress") return resolve(data);
      silent = 0;
      onProgress?.(data.done);
    };
    worker.postMessage(what);
  }).finally(() => {
    clearInterval(timer);
    signal.removeEventListener("abort", stop);
    worker.terminate();
  });
}

/** What would be made of the part of `file`, or why it is sent as it is. */
export async function foreseen(
  file: Blob,
  part: Part,
  signal: AbortSignal,
): Promise<Plan | AsItIs> {
  const said = await asked({ file, part, isTrial: true }, { signal });
  if (said.is === "planned") return said.plan;
  return said.is === "as_it_is" ? said.why : "broke";
}

/** The part of `file` as a smaller film, or why it is sent as it is. */
export async function smaller(file: Blob, part: Part, course: Course): Promise<Blob | AsItIs> {
  const said = await asked({ file, part, isTrial: false }, course);
  if (said.is === "made") return said.file;
  return said.is === "as_it_is" ? said.why : "broke";
}
