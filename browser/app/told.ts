/** What the node tells of while one looks: whoever shows it reads it anew. */

import { useEffect } from "preact/hooks";

import { device } from "./device.ts";

// After `reset` something may have been told that nobody heard.
const TELLS = new Set(["notice", "friendship", "reset"]);

/** Call `renew` whenever something happened between people, for as long as this is shown. */
export function useTold(renew: () => void, about: readonly unknown[]): void {
  useEffect(
    () =>
      device.listen((event) => {
        if (event.is === "missed" || (event.is === "node" && TELLS.has(event.kind))) renew();
      }),
    about,
  );
}
