/** A list as it stands: what is known, that more comes, why it does not, or that there is nothing. */

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import type { List } from "../lists.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { Button, Fault } from "./form.tsx";
import { Waiting } from "./screen.tsx";

interface Props<T> {
  readonly list: List<T>;
  readonly children: (item: T) => ComponentChildren;
  /** What stands where nothing is. */
  readonly empty?: ComponentChildren;
  readonly class?: string | undefined;
}

export function ListView<T>({ list, children, empty, class: name = "lines" }: Props<T>) {
  useEffect(() => {
    if (list.items.peek().length === 0) void list.more();
  }, [list]);
  const items = list.items.value;
  const state = list.state.value;
  return (
    <>
      {items.length > 0 && <ul class={name}>{items.map(children)}</ul>}
      {items.length === 0 && state === "end" && empty}
      {state === "loading" && <Waiting />}
      {state === "failed" && <Fault>{explain(list.fault.value)}</Fault>}
      {(state === "failed" || (state === "ready" && items.length > 0)) && (
        <Button kind="quiet" size="wide" onClick={() => list.more()}>
          {say(state === "failed" ? "retry" : "more")}
        </Button>
      )}
    </>
  );
}
