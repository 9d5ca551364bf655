/** Where one reads in a chat: at its end, and then one stays there; or earlier, and then nothing moves. */

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { HistoryItem } from "../../worker/device_client.ts";
import { keyOf } from "./items.ts";

const NEAR = 48; // pixels: about one line

/** `hasFresh`: more was said than one sees. */
export function useEnd(
  box: RefObject<HTMLDivElement | null>,
  newest: HistoryItem | undefined,
  mine: string,
) {
  const isAtEnd = useRef(true);
  const hasFresh = useSignal(false);
  const toEnd = () => {
    isAtEnd.current = true;
    hasFresh.value = false;
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  useEffect(() => {
    const found = box.current;
    if (found === null) return;
    const look = () => {
      isAtEnd.current = found.scrollHeight - found.scrollTop - found.clientHeight < NEAR;
      if (isAtEnd.current) hasFresh.value = false;
    };
    // What comes late into what was said (a card, a picture) pushes nobody away from the end.
    const sizes = new ResizeObserver(() => isAtEnd.current && toEnd());
    for (const one of [found, ...found.querySelectorAll("ol")]) sizes.observe(one);
    found.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      found.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    if (newest === undefined) return;
    const isMine = newest.is === "message" && newest.actor === mine;
    if (isAtEnd.current || isMine) toEnd();
    else hasFresh.value = true;
  }, [newest && keyOf(newest)]);
  return { hasFresh, toEnd };
}
