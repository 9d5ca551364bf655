/**
 * Carries a post to the node: make its film smaller, announce, send what is missing, tell the hash at the end,
 * make the video, wait until it is ready. Whatever was done is kept first, so that it goes on where it was left.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { type Asking, Problem, wasDone } from "../api.ts";
import type { Upload, Video } from "../api_types.ts";
import type { Job } from "./jobs.ts";

const LEAST_CHUNK = 256 * 1024;
const MOST_CHUNK = 4 * 1024 * 1024;
// The upload takes no more, has become a video, or has another hash, or what came of it is gone: no conflict that ends.
const ENDED = new Set(["VID-1.5", "VID-5.4", "VID-1.10", "API-6.2", "API-6.5"]);
// The node's own disk is full, and no quota: there will be room again.
const NO_ROOM = new Set(["FED-12.8", "LIM-3.4", "VID-4.2"]);
const LONGEST_REST = 60; // seconds, whatever the node asks for: when there is room again it goes on soon
const PARTS = 24; // so many steps of the progress, where the chunks may be that small

/** What the carrier tells, and by whom it asks. Its promises reject once `signal` is aborted. */
export interface Course {
  /** Aborted when the post was given up, or another account is open. */
  readonly signal: AbortSignal;
  /** Ask the node in the name of whose post it is. */
  readonly ask: <T>(method: string, path: string, asking?: Asking) => Promise<T>;
  /** The job is at another point: keep it. */
  readonly put: (job: Job) => Promise<void>;
  /** Make the film as small as it becomes here, and keep that in place of it. */
  readonly prepare: (job: Job) => Promise<Job>;
  /** The film of a job. */
  readonly file: (job: Job) => Promise<Blob>;
  /** Wait until it makes sense to ask the node again, which asks for so many `seconds`, or for none. */
  readonly rest: (seconds: number) => Promise<void>;
  /** Its video is made: what it lacks is told (VID-2.6). */
  readonly ready: (video: Video) => void;
  /** Why it failed, in words. */
  readonly explain: (error: unknown) => string;
}

type Asker = Pick<Course, "ask">;

function chunkOf(job: Job, upload: Upload): number {
  const wanted = Math.ceil(job.size / PARTS);
  return Math.min(upload.chunk_limit_bytes, MOST_CHUNK, Math.max(LEAST_CHUNK, wanted));
}

async function prepared(job: Job, course: Course): Promise<Job> {
  return job.isPrepared ? job : course.prepare(job);
}

/** What `work` gives; where it was done and the answer is lost (API-6.5), what `found` finds of it. */
async function unlessLost<T>(work: Promise<T>, found: () => Promise<T | undefined>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const what = wasDone(error) ? await found() : undefined;
    if (what === undefined) throw error;
    return what;
  }
}

async function announced(job: Job, course: Course): Promise<Job> {
  if (job.upload !== "") return job;
  const body = { size: job.size, filename: job.fileName.slice(0, 200) };
  const announce = (key: string) => course.ask<Upload>("POST", "/uploads", { body, key });
  const upload = await unlessLost(announce(`announce-${job.id}`), async () => {
    const { items } = await course.ask<{ readonly items: readonly Upload[] }>("GET", "/uploads");
    const isIt = (one: Upload) => one.offset === 0 && one.size === job.size && one.sha256 === "";
    return items.find(isIt) ?? announce(`announced-${job.id}`);
  });
  const next = { ...job, upload: upload.id };
  await course.put(next);
  return next;
}

/** Send what the node has not, with the hash of the whole behind the last part. */
async function sent(job: Job, course: Course): Promise<void> {
  const path = `/uploads/${job.upload}`;
  let upload = await course.ask<Upload>("GET", path);
  const hash = sha256.create();
  const file = await course.file(job);
  const chunk = chunkOf(job, upload);
  for (let at = 0; at < upload.offset; at += MOST_CHUNK) {
    const part = file.slice(at, Math.min(at + MOST_CHUNK, upload.offset));
    hash.update(new Uint8Array(await part.arrayBuffer()));
  }
  while (upload.state === "open") {
    const part = file.slice(upload.offset, upload.offset + chunk);
    hash.update(new Uint8Array(await part.arrayBuffer()));
    const isLast = upload.offset + part.size >= job.size;
    const query = {
      offset: String(upload.offset),
      ...(isLast ? { sha256: bytesToHex(hash.digest()) } : {}),
    };
    upload = await course.ask<Upload>("PUT", path, { body: part, query });
    await course.put({ ...job, state: "uploading", progress: upload.offset / job.size, fault: "" });
  }
}

/** Have the node make the video of a whole upload. Asked again, it names the one that it made. */
function videoOf(job: Job, { ask }: Asker): Promise<Video> {
  const body = {
    upload: job.upload,
    name: job.title,
    description: job.words,
    audience: job.audience,
    summary: job.warning,
    sensitive: job.warning !== "",
    start_ms: job.part.start,
    end_ms: job.part.end,
    cover_ms: job.part.cover,
  };
  return unlessLost(ask<Video>("POST", "/videos", { body, key: `publish-${job.id}` }), async () => {
    const { video } = await ask<Upload>("GET", `/uploads/${job.upload}`);
    if (video === "") return;
    return ask<Video>("GET", "/videos/one", { query: { id: video } });
  });
}

async function published(job: Job, course: Course): Promise<Job> {
  if (job.video !== "") return job;
  await sent(job, course);
  const video = await videoOf(job, course);
  const next: Job = { ...job, video: video.id, state: "processing", progress: 0, fault: "" };
  await course.put(next);
  return next;
}

/** Whether trying again may help by itself. */
function passes(error: unknown): boolean {
  if (!(error instanceof Problem) || ENDED.has(error.clause)) return false;
  if (error.status === 507) return NO_ROOM.has(error.clause);
  return [0, 401, 408, 409, 429, 500, 502, 503, 504].includes(error.status);
}

/** Why it waits, where that is the node's disk and not the line (VID-6.8); "" else. */
function whyWaits(error: unknown, { explain }: Course): string {
  if (!(error instanceof Problem) || error.status !== 507) return "";
  return explain(new Problem(error.status, error.code, "VID-6.8", error.detail));
}

/** One try to get `job` further; null when its video is ready. */
async function step(job: Job, course: Course): Promise<Job | null> {
  const small = await prepared(job, course);
  const whole = await published(await announced(small, course), course);
  const video = await course.ask<Video>("GET", "/videos/one", { query: { id: whole.video } });
  if (video.state === "ready") {
    course.ready(video);
    return null;
  }
  if (video.state === "failed") throw new Problem(400, "malformed", video.clause, video.reason);
  // What the node says of one that is being made is why it waits (VID-6.8).
  const waits = video.reason === "" ? null : new Problem(507, "full", video.clause, video.reason);
  const fault = waits === null ? "" : course.explain(waits);
  const next: Job = { ...whole, state: "processing", progress: video.progress / 100, fault };
  await course.put(next);
  return next;
}

/** Carry `job` until it is ready (null) or cannot become it: then it says why. */
export async function carry(begun: Job, course: Course): Promise<Job | null> {
  let job = begun;
  // What was kept meanwhile is where the next try begins.
  const put = async (next: Job) => {
    job = next;
    await course.put(next);
  };
  const prepare = async (next: Job) => {
    job = await course.prepare(next);
    return job;
  };
  for (;;) {
    let rest = 0;
    try {
      const next = await step(job, { ...course, put, prepare });
      if (next === null) return null;
      job = next;
    } catch (error) {
      course.signal.throwIfAborted();
      if (!passes(error)) {
        await put({ ...job, state: "failed", fault: course.explain(error) });
        return job;
      }
      await put({ ...job, state: "waiting", fault: whyWaits(error, course) });
      if (error instanceof Problem) rest = Math.min(error.retryAfter, LONGEST_REST);
    }
    await course.rest(rest);
  }
}

/** What `work` gives, or null where what it is about is not there. */
async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
    return null;
  }
}

/** The video that `job` has become; "" where it has not, and then its upload is taken back. */
async function videoLeft(job: Job, { ask }: Asker): Promise<string> {
  if (job.video !== "" || job.upload === "") return job.video;
  try {
    await unlessMissing(ask("DELETE", `/uploads/${job.upload}`));
    return "";
  } catch (error) {
    if (!(error instanceof Problem && error.clause === "VID-5.4")) throw error;
    // It is a video already, and the answer that said so was lost.
    return (await videoOf(job, { ask })).id;
  }
}

async function remove(video: string, { ask }: Asker): Promise<void> {
  if (video !== "") await unlessMissing(ask("DELETE", "/videos/one", { query: { id: video } }));
}

/** Take back what the node has of `job`: the upload, or the video that it has become. */
export async function takeBack(job: Job, asker: Asker): Promise<void> {
  await remove(await videoLeft(job, asker), asker);
}

/**
 * A failed `job` as it goes on where the node has, or makes, its video all the same; else null, and the node has
 * nothing of it any more: begun anew it is published once (APP-4.5).
 */
export async function leftAtNode(job: Job, asker: Asker): Promise<Job | null> {
  const id = await videoLeft(job, asker);
  if (id === "") return null;
  const video = await unlessMissing(asker.ask<Video>("GET", "/videos/one", { query: { id } }));
  if (video !== null && video.state !== "failed") {
    return { ...job, video: id, state: "processing", progress: video.progress / 100, fault: "" };
  }
  await remove(id, asker);
  return null;
}
