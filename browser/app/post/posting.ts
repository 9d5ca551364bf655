/** What is on its way from this browser, whichever tab carries it; it goes on when the app is opened. */

import { effect, signal } from "@preact/signals";

import { askAsMe, me } from "../accounts.ts";
import { tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { dropJob, type Job, jobsOf, keepJob } from "./jobs.ts";
import { carry } from "./sender.ts";

const REST_MS = 2000;
const CHANNEL = "kith.posts";

/** Those of the account that is open, the newest first. */
export const jobs = signal<readonly Job[]>([]);

const channel = new BroadcastChannel(CHANNEL);
const carried = new Set<string>();
const givenUp = new Set<string>();

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

// The other tabs see what this one does: without the file, which they have in the store.
channel.addEventListener("message", ({ data }: MessageEvent<{ job?: Job; gone?: string }>) => {
  if (data.job !== undefined) show(data.job);
  if (data.gone !== undefined) hide(data.gone);
});

async function put(job: Job): Promise<void> {
  await keepJob(job);
  show(job);
  channel.postMessage({ job: { ...job, file: new Blob() } });
}

async function gone(id: string): Promise<void> {
  await dropJob(id);
  hide(id);
  channel.postMessage({ gone: id });
}

/** Until the line is back or some time went by. Rejects when the post was given up. */
function rest(job: Job): () => Promise<void> {
  return () =>
    new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        const isOpen = me.peek()?.actor === job.actor && !givenUp.has(job.id);
        if (isOpen) resolve();
        else reject(new DOMException("given up", "AbortError"));
      };
      const timer = setTimeout(go, REST_MS);
      addEventListener("online", go);
    });
}

/** Carry `job` in this tab, unless another one does. */
async function begin(job: Job): Promise<void> {
  if (carried.has(job.id)) return;
  carried.add(job.id);
  try {
    await navigator.locks.request(`kith.post.${job.id}`, async () => {
      const left = await carry(job, { put, rest: rest(job) });
      if (left !== null) return;
      await gone(job.id);
      tell(say("post.ready"));
    });
  } catch (error) {
    // Given up, or another account is open: what was kept goes on when it is its turn.
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  } finally {
    carried.delete(job.id);
  }
}

/** A new post with a video: kept, then carried. */
export async function postVideo(
  draft: Pick<Job, "file" | "fileName" | "title" | "words" | "audience" | "warning">,
): Promise<void> {
  const actor = me.value?.actor ?? "";
  const job: Job = {
    ...draft,
    id: crypto.randomUUID(),
    actor,
    begun: Date.now(),
    state: "uploading",
    upload: "",
    video: "",
    progress: 0,
    fault: "",
  };
  await put(job);
  void begin(job);
}

/** Try a failed one from its beginning. */
export async function tryAgain(id: string): Promise<void> {
  const kept = (await jobsOf(me.value?.actor ?? "")).find((job) => job.id === id);
  if (kept === undefined) return hide(id);
  await gone(id);
  await postVideo(kept);
}

/** Take it back: nothing of it stays, here or at the node. */
export async function giveUp(job: Job): Promise<void> {
  givenUp.add(job.id);
  if (job.video !== "") {
    await askAsMe("DELETE", "/videos/one", { query: { id: job.video } }).catch(() => undefined);
  } else if (job.upload !== "") {
    await askAsMe("DELETE", `/uploads/${job.upload}`).catch(() => undefined);
  }
  await gone(job.id);
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
        for (const job of kept) if (job.state !== "failed") void begin(job);
      },
      () => undefined, // a browser that keeps nothing has nothing to go on with
    );
  });
}
