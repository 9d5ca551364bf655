/** Posts that are on their way, kept in this browser with their files until they are there. */

import type { AsItIs, Part } from "../../film/plan.ts";
import { ended, given, inWords } from "../../vault/database.ts";
import type { Audience } from "../api_types.ts";

/** `waiting`: for the line, for room at the node, or for the account to be open again. */
export type JobState = "preparing" | "uploading" | "waiting" | "processing" | "failed";

export interface Job {
  readonly id: string;
  readonly actor: string;
  /** Of the file that is sent. */
  readonly size: number;
  readonly fileName: string;
  readonly title: string;
  readonly words: string;
  readonly audience: Audience;
  readonly warning: string;
  /** What the node is to show of the file that is sent. */
  readonly part: Part;
  /** The file is the one that is sent: as small as it becomes here. */
  readonly isPrepared: boolean;
  /** How often it was begun to make it smaller. */
  readonly beginnings: number;
  /** Why it was not made smaller; "" where it was, or was not yet tried. */
  readonly asItIs: AsItIs | "";
  readonly begun: number;
  readonly state: JobState;
  /** The node's id of the upload, "" before it was announced; of the video, before it is whole. */
  readonly upload: string;
  readonly video: string;
  /** From 0 to 1, of the step that it is at. */
  readonly progress: number;
  /** Why it failed, or why it waits at the node, in words. */
  readonly fault: string;
}

const NAME = "kith.posts";
const VERSION = 2; // a file beside its job, not in it: it is not written again with each step
const JOBS = "jobs";
const FILES = "files";

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const { result } = request;
    for (const name of result.objectStoreNames) result.deleteObjectStore(name);
    result.createObjectStore(JOBS, { keyPath: "id" });
    result.createObjectStore(FILES);
  };
  const database = await given(request);
  // Who deletes the database, or opens a newer one, need not wait for this tab.
  database.onversionchange = () => database.close();
  return database;
}

interface Stores {
  readonly jobs: IDBObjectStore;
  readonly files: IDBObjectStore;
}

async function within<T>(
  mode: IDBTransactionMode,
  work: (stores: Stores) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction([JOBS, FILES], mode, { durability: "strict" });
    const end = ended(transaction);
    const [jobs, files] = [transaction.objectStore(JOBS), transaction.objectStore(FILES)];
    const [value, last] = await Promise.allSettled([given(work({ jobs, files })), end]);
    // Why the whole of it failed, as for want of room, is not what each request is told.
    if (last.status === "rejected") throw last.reason;
    if (value.status === "rejected") throw value.reason;
    return value.value;
  } catch (error) {
    throw error instanceof DOMException ? inWords(error) : error;
  } finally {
    database.close();
  }
}

/** All of `actor`, the newest first. */
export async function jobsOf(actor: string): Promise<readonly Job[]> {
  const all = await within("readonly", ({ jobs }) => jobs.getAll() as IDBRequest<Job[]>);
  return all.filter((job) => job.actor === actor).sort((a, b) => b.begun - a.begun);
}

/** As it was kept last; null when nothing is. */
export async function jobOf(id: string): Promise<Job | null> {
  const found = await within("readonly", ({ jobs }) => jobs.get(id) as IDBRequest<Job | undefined>);
  return found ?? null;
}

/** The file of a job; null when the browser has let it go. */
export async function fileOf(id: string): Promise<Blob | null> {
  const found = await within(
    "readonly",
    ({ files }) => files.get(id) as IDBRequest<Blob | undefined>,
  );
  return found ?? null;
}

export async function keepJob(job: Job, file: Blob): Promise<void> {
  await within("readwrite", ({ jobs, files }) => {
    files.put(file, job.id);
    return jobs.put(job);
  });
}

/**
 * Keep where `job` is now, unless it has gone meanwhile: whether it was there. With `file`, that is the one that
 * is sent from now on.
 */
export async function moveJob(job: Job, file?: Blob): Promise<boolean> {
  const before = await within("readwrite", ({ jobs, files }) => {
    const known = jobs.getKey(job.id);
    known.addEventListener("success", () => {
      if (known.result === undefined) return;
      jobs.put(job);
      if (file !== undefined) files.put(file, job.id);
    });
    return known;
  });
  return before !== undefined;
}

export async function dropJob(id: string): Promise<void> {
  await within("readwrite", ({ jobs, files }) => {
    files.delete(id);
    return jobs.delete(id);
  });
}

/** Let go of all posts of `actor` with their files. Who carries one sees that it has gone. */
export async function dropJobsOf(actor: string): Promise<void> {
  for (const { id } of await jobsOf(actor)) await dropJob(id);
}
