/** Dialogs: one question in front of everything; Esc closes, and the focus goes back where it was. */

import { signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { Button, Fault } from "./form.tsx";
import { Icon } from "./icon.tsx";
import { tell } from "./toast.tsx";

interface SheetProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onClose: () => void;
  /** Where it stands: over all in the middle, or from the edge of the screen. */
  readonly kind?: "middle" | "edge" | undefined;
}

/** A dialog that is open as long as it is drawn. */
export function Sheet({ title, children, onClose, kind = "middle" }: SheetProps) {
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={`sheet ${kind}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === box.current) onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="sheet-body">
        <header class="sheet-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="round" aria-label={say("close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** One of the ways on from a question. What `act` throws is said, and the question stays. */
export interface Way {
  readonly words: string;
  readonly kind?: "main" | "quiet" | "alarm";
  readonly act: () => unknown;
}

interface Question {
  readonly number: number;
  readonly title: string;
  readonly body: ComponentChildren;
  readonly ways: readonly Way[];
}

let count = 0;
const asked = signal<Question | null>(null);

/** Ask one thing before something is done that cannot be taken back. */
export function question(title: string, body: ComponentChildren, ways: readonly Way[]): void {
  asked.value = { number: ++count, title, body, ways };
}

/** One question; the next one knows nothing of what became of it. */
function Asked({ now }: { readonly now: Question }) {
  const fault = useSignal("");
  // The way that is being gone: the others wait.
  const taken = useSignal<Way | null>(null);
  const isOpen = () => asked.peek() === now;
  const close = () => {
    if (isOpen()) asked.value = null;
  };
  async function take(way: Way): Promise<void> {
    fault.value = "";
    taken.value = way;
    try {
      await way.act();
      close();
    } catch (error) {
      // Who went away meanwhile hears of it all the same.
      if (isOpen()) fault.value = explain(error);
      else tell(explain(error), true);
    } finally {
      taken.value = null;
    }
  }
  return (
    <Sheet title={now.title} onClose={close}>
      <div class="question">{now.body}</div>
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <div class="ways">
        {now.ways.map((way) => (
          <Button
            key={way.words}
            kind={way.kind}
            disabled={taken.value !== null && taken.value !== way}
            onClick={() => take(way)}
          >
            {way.words}
          </Button>
        ))}
        <button type="button" class="button quiet" onClick={close}>
          {say("cancel")}
        </button>
      </div>
    </Sheet>
  );
}

/** Where questions are drawn; once in the app. */
export function Questions() {
  const now = asked.value;
  return now === null ? null : <Asked key={now.number} now={now} />;
}
