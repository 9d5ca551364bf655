/** How this browser stands with the keys of its account, for screens that show it. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { ArchiveView, KeysView } from "../../worker/key_questions.ts";
import { device } from "../device.ts";

export interface Keys {
  /** null until the device has said it. */
  readonly view: Signal<KeysView | null>;
  readonly fault: Signal<unknown>;
  readonly again: () => Promise<void>;
}

export function useKeys(): Keys {
  const view = useSignal<KeysView | null>(null);
  const fault = useSignal<unknown>(null);
  async function again(): Promise<void> {
    try {
      view.value = await device.keys();
      fault.value = null;
    } catch (error) {
      fault.value = error;
    }
  }
  useEffect(() => {
    void again();
    return device.listen((event) => {
      if (event.is === "keys" || event.is === "missed") void again();
    });
  }, []);
  return { view, fault, again };
}

/** How far the archive was read, and what is in its way; null until the device has said it. */
export function useArchive(): Signal<ArchiveView | null> {
  const view = useSignal<ArchiveView | null>(null);
  const again = () =>
    void device.archive().then(
      (found) => {
        view.value = found;
      },
      () => undefined, // the status says what is wrong with the device
    );
  useEffect(() => {
    again();
    return device.listen((event) => {
      if (event.is === "archive") view.value = event.archive;
      // What was in its way may be gone as soon as something goes out.
      const isOver = event.is === "item" && (view.peek()?.held ?? null) !== null;
      if (isOver || event.is === "missed") again();
    });
  }, []);
  return view;
}
