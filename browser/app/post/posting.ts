/** What is on its way from this browser, whichever tab carries it; it goes on when the app is opened. */

import { effect, signal } from "@preact/signals";

import { askAsMe, me } from "../accounts.ts";
import { Problem } from "../api.ts";
import { tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { explain, lackOf } from "../words/problems.ts";
import { dropJob, fileOf, type Job, jobOf, jobsOf, keepJob, moveJob } from "./jobs.ts";
import { prepared } from "./prepared.ts";
import { type Course, carry, leftAtNode, takeBack } from "./sender.ts";

const REST_MS = 2000;
const CHANNEL = "kith.posts";

/** Those of the account that is open, the newest first. */
export const jobs = signal<readonly Job[]>([]);

const channel = new BroadcastChannel(CHANNEL);
/** What this tab carries, or is to carry next, and how each is stopped. */
const carried = new Map<string, AbortController>();
const lockOf = (id: string): string => `kith.post.${id}`;

function show(job: Job): void {
  if (job.actor !== me.peek()?.actor) return;
  const isKnown = jobs.value.some((one) => one.id === job.id);
  jobs.value = isKnown
    ? jobs.value.map((one) => (one.id === job.id ? job : one))
    : [job, ...jobs.value];
}

function hide(id: string): void {
  jobs.value = jobs.value.filter((one) => one.id !== id);
}

interface Told {
  readonly job?: Job;
  readonly gone?: string;
  /** It is given up: whoever carries it lets it go. */
  readonly stop?: string;
}

const tellTabs = (told: Told): void => channel.postMessage(told);

// The other tabs see what this one does.
channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
  if (data.job !== undefined) show(data.job);
  if (data.gone !== undefined) hide(data.gone);
  if (data.stop !== undefined) carried.get(data.stop)?.abort();
});

function shown(job: Job): void {
  show(job);
  tellTabs({ job });
}

async function gone(id: string): Promise<void> {
  await dropJob(id);
  hide(id);
  tellTabs({ gone: id });
}

/** Until the line is back or `ms` went by, or `signal` is aborted. */
function rested(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      signal.removeEventListener("abort", go);
      resolve();
    };
    const timer = setTimeout(go, ms);
    addEventListener("online", go);
    signal.addEventListener("abort", go);
  });
}

/** Throws when the browser let it go. */
async function fileHere({ id }: Job): Promise<Blob> {
  const file = await fileOf(id);
  if (file === null) throw new Problem(410, "file_gone", "", "");
  return file;
}

/** How `job` goes on, for as long as it is not stopped, is kept, and its account is open. */
function courseOf(job: Job, stop: AbortController): Course {
  const { signal } = stop;
  const check = () => {
    if (me.peek()?.actor !== job.actor) stop.abort();
    signal.throwIfAborted();
  };
  const put = async (next: Job, file?: Blob) => {
    check();
    if (!(await moveJob(next, file))) stop.abort();
    signal.throwIfAborted();
    shown(next);
  };
  return {
    signal,
    ask: async (method, path, asking) => {
      check();
      return askAsMe(method, path, { ...asking, signal });
    },
    put,
    file: fileHere,
    prepare: async (next) => {
      check();
      return prepared(next, await fileHere(next), { signal, put, shown });
    },
    ready: (video) => {
      tell(say("post.ready"), false, `/watch?id=${encodeURIComponent(video.post)}`);
      const lack = lackOf(video);
      if (lack !== "") tell(lack, true);
    },
    rest: async (seconds) => {
      await rested(signal, Math.max(REST_MS, seconds * 1000));
      check();
    },
    explain,
  };
}

/** Carry the job in this tab, unless another one does. */
async function begin(id: string): Promise<void> {
  if (carried.has(id)) return;
  const stop = new AbortController();
  carried.set(id, stop);
  try {
    await navigator.locks.request(lockOf(id), { signal: stop.signal }, async () => {
      // Another tab may have carried it while this one waited.
      const job = await jobOf(id);
      if (job === null || job.state === "failed") return;
      if ((await carry(job, courseOf(job, stop))) !== null) return;
      await gone(id);
    });
  } catch (error) {
    // Given up, or another account is open: what was kept goes on when it is its turn.
    if (!stop.signal.aborted) tell(explain(error), true);
  } finally {
    carried.delete(id);
  }
}

type Draft = Pick<Job, "fileName" | "title" | "words" | "audience" | "warning" | "part">;

/** A new post with a video: kept, then carried. */
export function postVideo(file: Blob, draft: Draft): Promise<void> {
  return beginAnew(file, { ...draft, isPrepared: false, asItIs: "" });
}

async function beginAnew(
  file: Blob,
  draft: Draft & Pick<Job, "isPrepared" | "asItIs">,
): Promise<void> {
  const job: Job = {
    ...draft,
    id: crypto.randomUUID(),
    actor: me.value?.actor ?? "",
    size: file.size,
    begun: Date.now(),
    beginnings: 0,
    state: draft.isPrepared ? "uploading" : "preparing",
    upload: "",
    video: "",
    progress: 0,
    fault: "",
  };
  await keepJob(job, file);
  shown(job);
  void begin(job.id);
}

/**
 * Try a failed one again, once, however often and wherever one asks for it: from its beginning, unless the node goes
 * on with its video. Throws when the node could not be asked.
 */
export async function tryAgain(id: string): Promise<void> {
  await navigator.locks.request(lockOf(id), async () => {
    const kept = await jobOf(id);
    if (kept === null) return hide(id);
    if (kept.state !== "failed" || kept.actor !== me.peek()?.actor) return;
    const course = courseOf(kept, new AbortController());
    const left = await leftAtNode(kept, course);
    if (left === null) {
      await beginAnew(await fileHere(kept), kept);
      return gone(id);
    }
    await course.put(left);
    void begin(id);
  });
}

/** Take it back: nothing of it stays, here or at the node. Throws when the node could not be told. */
export async function giveUp(asked: Job): Promise<void> {
  const { id } = asked;
  tellTabs({ stop: id });
  carried.get(id)?.abort();
  try {
    await navigator.locks.request(lockOf(id), async () => {
      // It may have come further, or be ready, since its person was asked.
      const job = (await jobOf(id)) ?? asked;
      await takeBack(job, courseOf(job, new AbortController()));
      await gone(id);
    });
  } catch (error) {
    void begin(id);
    throw error;
  }
}

/** From now on what was left goes on, for whoever is logged in. */
export function goOn(): void {
  effect(() => {
    const actor = me.value?.actor;
    jobs.value = [];
    if (actor === undefined) return;
    jobsOf(actor).then(
      (kept) => {
        if (me.peek()?.actor !== actor) return;
        jobs.value = kept;
        for (const job of kept) if (job.state !== "failed") void begin(job.id);
      },
      () => undefined, // a browser that keeps nothing has nothing to go on with
    );
  });
}
