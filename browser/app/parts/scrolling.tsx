/** An area that scrolls by itself: as long as it does, it takes the keys, so that nobody needs a mouse for it. */

import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  readonly class: string;
  readonly children: ComponentChildren;
  /** For who moves it. */
  readonly box?: RefObject<HTMLDivElement | null> | undefined;
}

function isScrolling(box: HTMLElement): boolean {
  // What is cut off is higher than its box, too, and nobody scrolls through it.
  return box.scrollHeight > box.clientHeight && getComputedStyle(box).overflowY !== "hidden";
}

/** Keep `box` among what keys reach while it scrolls, whatever makes it do so; what ends that. */
function watch(box: HTMLElement): () => void {
  const look = () => {
    if (isScrolling(box)) box.tabIndex = 0;
    // Who is in it stays where they are.
    else if (document.activeElement !== box) box.removeAttribute("tabindex");
  };
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
    sizes.disconnect();
    content.disconnect();
  };
}

export function Scrolling({ class: name, children, box }: Props) {
  const own = useRef<HTMLDivElement>(null);
  const here = box ?? own;
  useEffect(() => (here.current === null ? undefined : watch(here.current)), []);
  return (
    <div class={name} ref={here}>
      {children}
    </div>
  );
}
