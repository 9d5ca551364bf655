/** Asks the own node, by its client API, and nobody else. */

/** A refusal of the node, or what kept it from answering: `status` is 0 when nothing answered. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: string;
  readonly clause: string;
  /** English, "" when there is none. */
  readonly detail: string;
  /** Seconds, 0 when it says nothing of them. */
  readonly retryAfter: number;

  constructor(status: number, code: string, clause: string, detail: string, retryAfter = 0) {
    super(detail === "" ? `${status} ${code}` : detail);
    this.status = status;
    this.code = code;
    this.clause = clause;
    this.detail = detail;
    this.retryAfter = retryAfter;
  }
}

/** Whether a POST was done of which the answer is lost: asked again, the node says so for ever (API-6.5). */
export const wasDone = (error: unknown): boolean =>
  error instanceof Problem && error.clause === "API-6.5";

/** Whether the node took another request under the same key, and not this one (API-6.2). */
export const isOther = (error: unknown): boolean =>
  error instanceof Problem && error.clause === "API-6.2";

/** The node knows a key for a day: what was tried longer ago may have been taken. */
export const SURE_MS = 23 * 3_600_000;

export interface Asking {
  readonly token?: string | undefined;
  /** Of the token's device, 0 when it has taken none (ACC-4.5). */
  readonly seat?: number | undefined;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of a POST: what makes the same words the same deed, when they are said again (API-6). */
  readonly key?: string | undefined;
}

/** One page of a list; `next` leads on, "" at its end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
}

export const API = "/api/kith/v1";
const TRIES = 3;

/** A key for a deed that must not be done twice. */
export const freshKey = (): string => crypto.randomUUID();

function addressOf(path: string, query: Asking["query"]): string {
  const words = new URLSearchParams(query).toString();
  return `${path.startsWith(API) ? "" : API}${path}${words === "" ? "" : `?${words}`}`;
}

function isProblem(value: unknown): value is { code: string; clause: string; detail: string } {
  return typeof value === "object" && value !== null && "code" in value && "detail" in value;
}

async function problemOf(answer: Response): Promise<Problem> {
  const said: unknown = await answer.json().catch(() => null);
  const after = Number(answer.headers.get("Retry-After") ?? 0) || 0;
  if (isProblem(said))
    return new Problem(answer.status, said.code, said.clause, said.detail, after);
  return new Problem(answer.status, "", "", "", after);
}

/** What may be said twice without harm is said again when the line was cut (API-9.5). */
async function fetched(address: string, request: RequestInit, repeat: boolean): Promise<Response> {
  for (let tried = 1; ; tried++) {
    try {
      return await fetch(address, request);
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      if (!repeat || tried >= TRIES) throw new Problem(0, "offline", "", "");
    }
  }
}

async function answered(method: string, path: string, asking: Asking): Promise<Response> {
  const headers: Record<string, string> = {};
  if (asking.token !== undefined) headers.Authorization = `Bearer ${asking.token}`;
  if (asking.seat !== undefined && asking.seat > 0) headers["Kith-Seat"] = String(asking.seat);
  if (asking.key !== undefined) headers["Idempotency-Key"] = asking.key;
  const request: RequestInit = {
    method,
    headers,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  };
  if (asking.signal !== undefined) request.signal = asking.signal;
  if (asking.body instanceof Blob) {
    request.body = asking.body;
    headers["Content-Type"] = "application/octet-stream";
  } else if (asking.body !== undefined) {
    request.body = JSON.stringify(asking.body);
    headers["Content-Type"] = "application/json";
  }
  const repeat = method === "GET" || asking.key !== undefined;
  const answer = await fetched(addressOf(path, asking.query), request, repeat);
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

/** What the node answers to `method` of `path`. Throws `Problem`. */
export async function ask<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  const answer = await answered(method, path, asking);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** One page of the list at `path`, which may be the `next` of another page. */
export async function page<T>(path: string, asking: Asking = {}): Promise<Page<T>> {
  const answer = await answered("GET", path, asking);
  const { items } = (await answer.json()) as { items: readonly T[] };
  return { items, next: nextOf(answer.headers.get("Link") ?? "") };
}

/** Where a `Link` header leads on, as path and query. */
export function nextOf(link: string): string {
  const found = /<([^>]*)>\s*;[^,]*\brel="?next"?/u.exec(link);
  if (found?.[1] === undefined) return "";
  const url = new URL(found[1], "https://node.invalid");
  return url.pathname + url.search;
}
