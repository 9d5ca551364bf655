/** An area that scrolls by itself: as long as it does, it takes the keys, so that nobody needs a mouse for it. */

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly class: string;
  /** What it is, for whoever hears what takes the keys. */
  readonly label: string;
  readonly children: ComponentChildren;
  /** For who moves it. */
  readonly box?: RefObject<HTMLDivElement | null> | undefined;
}

function isScrolling(box: HTMLElement): boolean {
  // What is cut off is higher than its box, too, and nobody scrolls through it.
  return box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY !== "hidden";
}

/** Tell `isReached` whether `box` scrolls, whatever makes it do so; what ends that. */
function watch(box: HTMLElement, isReached: Signal<boolean>): () => void {
  const look = () => {
    // Who is in it stays where they are, until they leave.
    isReached.value = isScrolling(box) || document.activeElement === box;
  };
  box.addEventListener("blur", look);
  // The screen, the letters, the words and what comes late: all of it is one size or the other.
  const sizes = new ResizeObserver(look);
  const meet = () => {
    sizes.disconnect();
    for (const one of [box, ...box.children]) sizes.observe(one);
  };
  const content = new MutationObserver(meet);
  content.observe(box, { childList: true });
  meet();
  return () => {
    box.removeEventListener("blur", look);
    sizes.disconnect();
    content.disconnect();
  };
}

export function Scrolling({ class: name, label, children, box }: Props) {
  const own = useRef<HTMLDivElement>(null);
  const here = box ?? own;
  const isReached = useSignal(false);
  useEffect(() => (here.current === null ? undefined : watch(here.current, isReached)), []);
  const reached = isReached.value
    ? ({ tabIndex: 0, role: "group", "aria-label": label } as const)
    : {};
  return (
    <div class={name} ref={here} {...reached}>
      {children}
    </div>
  );
}
