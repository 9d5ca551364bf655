/** One screen: its heading, which takes the focus when one comes, a way back, and what it shows. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { back, steps } from "../router.ts";
import { say } from "../words/index.ts";
import { Icon } from "./icon.tsx";

interface Props {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Where the way back leads when one came in here; without it there is none. */
  readonly under?: string | undefined;
  readonly actions?: ComponentChildren;
  readonly width?: "narrow" | "wide" | undefined;
}

/** The document's title, and the focus on the heading of a screen that one went to. */
export function useArrival(title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Kith`;
  }, [title]);
  // Before anybody can reach a field of it: later the focus would be taken from who writes there already.
  useLayoutEffect(() => {
    // At the first screen the browser has set the focus, and a reader begins at the top.
    if (steps.peek() > 0) heading.current?.focus();
  }, []);
  return heading;
}

export function Screen({ title, children, under, actions, width = "narrow" }: Props) {
  const heading = useArrival(title);
  return (
    <div class={`screen ${width}`}>
      <header class="screen-head">
        {under !== undefined && (
          <button type="button" class="round" aria-label={say("back")} onClick={() => back(under)}>
            <Icon name="back" />
          </button>
        )}
        <h1 ref={heading} tabIndex={-1}>
          <bdi>{title}</bdi>
        </h1>
        {actions}
      </header>
      {children}
    </div>
  );
}

/** While something is on its way. */
export function Waiting() {
  return (
    <p class="waiting" role="status">
      <span class="spinner" aria-hidden="true" />
      <span class="sr">{say("wait")}</span>
    </p>
  );
}

/** Where nothing is yet: what this place is for, and a way to fill it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
