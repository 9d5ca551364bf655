/** Where in the app one is: the path below `/app`, and the ways to another. */

import { signal } from "@preact/signals";

import { decoded } from "./decoded.ts";

const BASE = "/app";

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What stands behind `#`: never sent to any server. */
  readonly fragment: string;
}

function here(): Place {
  const path = location.pathname.startsWith(`${BASE}/`)
    ? location.pathname.slice(BASE.length)
    : "/";
  return {
    path: path.length > 1 ? path.replace(/\/+$/u, "") : path,
    query: new URLSearchParams(location.search),
    fragment: decoded(location.hash.slice(1)),
  };
}

export const place = signal<Place>(here());

/** How often one went somewhere: screens take the focus when it grows. */
export const steps = signal(0);

function arrived(): void {
  place.value = here();
  steps.value++;
}

/** Go to `path`; `replace` leaves no way back to where one was. */
export function go(path: string, replace = false): void {
  const address = BASE + path;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  arrived();
}

/** Say anew where one is, without going there: the address of what is shown. */
export function note(path: string): void {
  history.replaceState(history.state, "", BASE + path);
}

/** The way back, or `otherwise` when one came in by this place. */
export function back(otherwise: string): void {
  if (steps.value > 0) history.back();
  else go(otherwise, true);
}

/** The address of a place, for `href`. */
export const at = (path: string): string => BASE + path;

function ours(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement)) return null;
  if (link.target !== "" || link.hasAttribute("download")) return null;
  return link.origin === location.origin && link.pathname.startsWith(`${BASE}/`) ? link : null;
}

/** From now on links within the app do not load it anew. */
export function begin(): void {
  addEventListener("popstate", arrived);
  document.addEventListener("click", (event) => {
    const link = ours(event);
    if (link === null) return;
    event.preventDefault();
    go(link.pathname.slice(BASE.length) + link.search + link.hash);
  });
}

/** The named parts of `path` by `pattern` (`/people/:handle`); null when it is another. */
export function matched(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return null;
  const parts: Record<string, string> = {};
  for (const [index, word] of wanted.entries()) {
    const part = found[index] ?? "";
    if (word.startsWith(":")) {
      try {
        parts[word.slice(1)] = decodeURIComponent(part);
      } catch {
        return null;
      }
    } else if (word !== part) return null;
  }
  return parts;
}
