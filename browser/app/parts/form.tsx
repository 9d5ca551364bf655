/** Fields with their names, hints and faults; a form that sends once and says why it could not. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { useDeed } from "./deed.ts";
import { Icon } from "./icon.tsx";

interface Common {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly name: string;
  readonly required?: boolean | undefined;
  readonly maxLength?: number | undefined;
  /** What is typed is no prose: nothing is to be put right in it, nor sent anywhere to be looked at. */
  readonly plain?: boolean | undefined;
}

// Written so it stays an attribute: a browser that knows it as a property takes every word there for a yes.
const PLAIN = { autocapitalize: "off", autoCorrect: "off", spellcheck: false } as const;

interface FieldProps extends Common {
  readonly type?: "text" | "password" | "search" | "url" | "number" | undefined;
  readonly autocomplete?: string | undefined;
  readonly minLength?: number | undefined;
  readonly pattern?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { label, hint, value, onValue, before, after, plain, type = "text", ...rest } = props;
  const field = (
    <input
      {...rest}
      id={id}
      // What a browser says of words that do not fit names none of what does.
      title={rest.pattern && hint}
      type={type as "text"}
      value={value}
      dir="auto"
      aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      onInput={(event) => onValue(event.currentTarget.value)}
      {...(plain === true ? PLAIN : {})}
    />
  );
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {before === undefined && after === undefined ? (
        field
      ) : (
        <div class="address" dir="ltr">
          {before !== undefined && <span aria-hidden="true">{before}</span>}
          {field}
          {after !== undefined && <span aria-hidden="true">{after}</span>}
        </div>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface TextAreaProps extends Common {
  readonly rows?: number | undefined;
  readonly autocomplete?: string | undefined;
}

export function TextArea(props: TextAreaProps) {
  const id = useId();
  const { label, hint, value, onValue, plain, ...rest } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        {...rest}
        id={id}
        dir="auto"
        value={value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...(plain === true ? PLAIN : {})}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  /** What it gives is waited for. */
  readonly onValue: (value: string) => unknown;
  readonly options: readonly (readonly [string, string])[];
  readonly hint?: string | undefined;
}

/** What was put somewhere: it stands there while what it began is under way, and takes nothing else. */
function usePut<T>(value: T, onValue: (value: T) => unknown) {
  const { busy, begin } = useDeed();
  const put = useSignal(value);
  return {
    busy,
    shown: busy.value ? put.value : value,
    change: (next: T) => {
      if (busy.value) return;
      put.value = next;
      void begin(() => onValue(next));
    },
    /** A browser flips a switch by itself unless its click is refused. */
    refuse: (event: Event) => {
      if (busy.value) event.preventDefault();
    },
  };
}

/** One of a few, all of them to be seen. */
export function Choice({ label, value, onValue, options, hint }: ChoiceProps) {
  const id = useId();
  const { busy, shown, change, refuse } = usePut(value, onValue);
  return (
    <fieldset class="field choice" aria-busy={busy.value}>
      <legend>{label}</legend>
      {hint !== undefined && <p class="hint">{hint}</p>}
      <div class="choices">
        {options.map(([key, words]) => (
          <label key={key}>
            <input
              type="radio"
              name={id}
              value={key}
              checked={key === shown}
              onClick={refuse}
              onChange={() => change(key)}
            />
            <span>{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** One of many. */
export function Select({ label, value, onValue, options, hint }: ChoiceProps) {
  const id = useId();
  const { busy, shown, change } = usePut(value, onValue);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={shown}
        aria-busy={busy.value}
        onChange={({ currentTarget }) => {
          if (busy.value) currentTarget.value = shown;
          else change(currentTarget.value);
        }}
      >
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
      {hint !== undefined && <p class="hint">{hint}</p>}
    </div>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly on: boolean;
  /** What it gives is waited for. */
  readonly onChange: (on: boolean) => unknown;
}

export function Toggle({ label, hint, on, onChange }: ToggleProps) {
  const id = useId();
  const { busy, shown, change, refuse } = usePut(on, onChange);
  return (
    <div class="toggle">
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={shown}
        aria-checked={shown}
        aria-busy={busy.value}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onClick={refuse}
        onChange={({ currentTarget: { checked } }) => change(checked)}
      />
    </div>
  );
}

interface ButtonProps {
  readonly children: ComponentChildren;
  /** What it gives is waited for. */
  readonly onClick: () => unknown;
  readonly kind?: "main" | "quiet" | "alarm" | "bare" | undefined;
  readonly size?: "" | "small" | "wide" | undefined;
  /** The class of one that looks like no button. */
  readonly look?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly label?: string | undefined;
  readonly pressed?: boolean | undefined;
}

/** A deed. While what it began goes on it takes no second press. */
export function Button({
  children,
  onClick,
  kind = "main",
  size = "",
  look,
  disabled,
  label,
  pressed,
}: ButtonProps) {
  const { busy, begin } = useDeed();
  return (
    <button
      type="button"
      class={look ?? `button ${kind} ${size}`.trimEnd()}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      aria-busy={busy.value}
      aria-disabled={busy.value}
      onClick={() => void begin(onClick)}
    >
      {children}
    </button>
  );
}

/** What went wrong, where it is heard at once. */
export function Fault({ children }: { children: ComponentChildren }) {
  return (
    <p class="problem" role="alert">
      <Icon name="alert" />
      <span>{children}</span>
    </p>
  );
}

interface FormProps {
  readonly children: ComponentChildren;
  readonly send: string;
  readonly onSend: () => Promise<void>;
  readonly disabled?: boolean | undefined;
  readonly kind?: "main" | "alarm" | undefined;
}

/** Fields and one button. What `onSend` throws is said above the button, and nothing is lost. */
export function Form({ children, send, onSend, disabled, kind = "main" }: FormProps) {
  const fault = useSignal("");
  const { busy, begin } = useDeed();
  async function submit(): Promise<void> {
    fault.value = "";
    try {
      await onSend();
    } catch (error) {
      fault.value = explain(error);
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (disabled !== true) void begin(submit);
      }}
    >
      {children}
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <button
        type="submit"
        class={`button ${kind} wide`}
        disabled={disabled}
        aria-busy={busy.value}
        aria-disabled={busy.value}
      >
        {busy.value ? say("wait") : send}
      </button>
    </form>
  );
}
