/** How far files are on their way, as the device tells it. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { device } from "../device.ts";

/** In per cent; null before anything was told of `id`. */
export function useCarried(id: string): Signal<number | null> {
  const percent = useSignal<number | null>(null);
  useEffect(
    () =>
      device.listen((event) => {
        if (event.is !== "carried" || event.id !== id) return;
        percent.value = Math.floor((100 * event.done) / Math.max(event.size, 1));
      }),
    [id],
  );
  return percent;
}
