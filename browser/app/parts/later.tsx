/** Parts that are loaded when they are wanted. */

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { Waiting } from "./screen.tsx";

/** A part of the app that `load` gives when it is wanted for the first time; `Meanwhile` stands in its place. */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile: ComponentType = Waiting,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return (props) => {
    const known = useSignal(loaded);
    const failed = useSignal<unknown>(null);
    useEffect(() => {
      if (loaded !== null) return;
      load().then(
        (screen) => {
          loaded = screen;
          known.value = screen;
        },
        (error: unknown) => {
          failed.value = error;
        },
      );
    }, []);
    if (failed.value !== null) throw failed.value;
    const Now = known.value;
    return Now === null ? <Meanwhile /> : <Now {...props} />;
  };
}
