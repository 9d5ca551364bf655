/** Makes the film of a job as small as it becomes in this browser; what cannot be is sent as it is, and says so. */

import { NoRoom } from "../../errors.ts";
import type { AsItIs, Part } from "../../film/plan.ts";
import type { Job } from "./jobs.ts";

// What ends the browser itself, as a film may that is too large for a phone, is not begun for ever.
const MOST_BEGINNINGS = 3;

interface Course {
  readonly signal: AbortSignal;
  readonly put: (job: Job, file?: Blob) => Promise<void>;
  readonly shown: (job: Job) => void;
}

/** Of a film that has only the part: its cover in its own count. */
export function partOfMade(part: Part): Part {
  const cover = part.cover === null ? null : Math.max(0, part.cover - part.start);
  return { start: 0, end: null, cover };
}

/** `job`, ready to be sent. Rejects once `signal` is aborted. */
export async function prepared(job: Job, file: Blob, course: Course): Promise<Job> {
  const begun: Job = {
    ...job,
    state: "preparing",
    progress: 0,
    beginnings: job.beginnings + 1,
  };
  const asIs = async (why: AsItIs): Promise<Job> => {
    const next: Job = { ...begun, state: "uploading", isPrepared: true, asItIs: why };
    await course.put(next);
    return next;
  };
  if (begun.beginnings > MOST_BEGINNINGS) return asIs("broke");
  await course.put(begun);
  let shown = 0;
  const { smaller } = await import("../film/smaller.ts");
  const made = await smaller(file, job.part, {
    signal: course.signal,
    // Not kept: after a reload it begins anew.
    onProgress: (done) => {
      const progress = Math.floor(done * 100) / 100;
      if (progress > shown) course.shown({ ...begun, progress });
      shown = Math.max(shown, progress);
    },
  });
  if (typeof made === "string") return asIs(made);
  const next: Job = {
    ...begun,
    state: "uploading",
    isPrepared: true,
    size: made.size,
    part: partOfMade(job.part),
  };
  try {
    await course.put(next, made);
  } catch (error) {
    if (error instanceof NoRoom) return asIs("room");
    throw error;
  }
  return next;
}
