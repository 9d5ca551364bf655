/** Posts that are on their way, kept in this browser with their files until they are there. */

import type { Audience } from "../api_types.ts";

/** `waiting`: for the line, or for the account to be open again. */
export type JobState = "uploading" | "waiting" | "processing" | "failed";

export interface Job {
  readonly id: string;
  readonly actor: string;
  readonly file: Blob;
  readonly fileName: string;
  readonly title: string;
  readonly words: string;
  readonly audience: Audience;
  readonly warning: string;
  readonly begun: number;
  readonly state: JobState;
  /** The node's id of the upload, "" before it was announced; of the video, before it is whole. */
  readonly upload: string;
  readonly video: string;
  /** From 0 to 1, of the step that it is at. */
  readonly progress: number;
  /** Why it failed, in words. */
  readonly fault: string;
}

const NAME = "kith.posts";
const STORE = "jobs";

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the store does not answer"));
  });
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
  return asked(request);
}

async function within<T>(
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const value = await asked(work(transaction.objectStore(STORE)));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("nothing was kept"));
    });
    return value;
  } finally {
    database.close();
  }
}

/** All of `actor`, the newest first. */
export async function jobsOf(actor: string): Promise<readonly Job[]> {
  const all = await within("readonly", (store) => store.getAll() as IDBRequest<Job[]>);
  return all.filter((job) => job.actor === actor).sort((a, b) => b.begun - a.begun);
}

/** As it was kept last; null when nothing is. */
export async function jobOf(id: string): Promise<Job | null> {
  const found = await within("readonly", (store) => store.get(id) as IDBRequest<Job | undefined>);
  return found ?? null;
}

export async function keepJob(job: Job): Promise<void> {
  await within("readwrite", (store) => store.put(job));
}

/** Keep where `job` is now, unless it has gone meanwhile: whether it was there. */
export async function moveJob(job: Job): Promise<boolean> {
  const before = await within("readwrite", (store) => {
    const known = store.getKey(job.id);
    known.addEventListener("success", () => known.result !== undefined && store.put(job));
    return known;
  });
  return before !== undefined;
}

export async function dropJob(id: string): Promise<void> {
  await within("readwrite", (store) => store.delete(id));
}

/** Let go of all posts of `actor` with their files. Who carries one sees that it has gone. */
export async function dropJobsOf(actor: string): Promise<void> {
  for (const { id } of await jobsOf(actor)) await dropJob(id);
}
