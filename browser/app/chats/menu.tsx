/** What can be done with a message: one sheet, by a long press, a click of the other button, or its own button. */

import { useSignal } from "@preact/signals";

import type { Message } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { question, Sheet } from "../parts/dialog.tsx";
import { Fault, Field } from "../parts/form.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { attempt, tell } from "../parts/toast.tsx";
import { explain } from "../words/problems.ts";
import { hasReacted } from "./reactions.tsx";
import { saySaid } from "./words.ts";

const OFTEN = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

interface Props {
  readonly message: Message;
  readonly isMine: boolean;
  /** Whether words can be said there at all. */
  readonly isOpen: boolean;
  readonly mine: string;
  readonly onReply: () => void;
  readonly onEdit: () => void;
  readonly onClose: () => void;
}

function Item({
  icon,
  words,
  act,
}: {
  readonly icon: IconName;
  readonly words: string;
  readonly act: () => unknown;
}) {
  return (
    <li>
      <button type="button" class="menu-item" onClick={act}>
        <Icon name={icon} />
        <span>{words}</span>
      </button>
    </li>
  );
}

function ask(message: Message): void {
  question(saySaid("delete.title"), <p>{saySaid("delete.body")}</p>, [
    {
      words: saySaid("delete"),
      kind: "alarm",
      act: () => device.takeBack(message.chat, message.id),
    },
  ]);
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  tell(saySaid("copied"));
}

function Reactions({ message, mine, onClose }: Pick<Props, "message" | "mine" | "onClose">) {
  const other = useSignal("");
  const fault = useSignal("");
  async function react(emoji: string): Promise<void> {
    try {
      await device.react(message.chat, message, emoji, !hasReacted(message, emoji, mine));
      onClose();
    } catch (error) {
      fault.value = explain(error);
    }
  }
  return (
    <>
      <div class="menu-emoji">
        {OFTEN.map((emoji) => (
          <button
            key={emoji}
            type="button"
            class="round"
            aria-label={saySaid("react", { emoji })}
            aria-pressed={hasReacted(message, emoji, mine)}
            onClick={() => react(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <form
        class="menu-other"
        onSubmit={(event) => {
          event.preventDefault();
          const emoji = other.value.trim();
          if (emoji !== "") void react(emoji);
        }}
      >
        <Field
          name="emoji"
          label={saySaid("react.other")}
          value={other.value}
          maxLength={32}
          plain
          onValue={(value) => {
            other.value = value;
          }}
        />
        <button type="submit" class="button quiet">
          {saySaid("react.put")}
        </button>
      </form>
    </>
  );
}

export function Menu({ message, isMine, isOpen, mine, onReply, onEdit, onClose }: Props) {
  const first = (act: () => unknown) => () => {
    onClose();
    setTimeout(act); // once the sheet is gone, and gave the focus back
  };
  return (
    <Sheet title={saySaid("menu")} onClose={onClose}>
      {isOpen && <Reactions message={message} mine={mine} onClose={onClose} />}
      <ul class="menu-items">
        {isOpen && <Item icon="back" words={saySaid("reply")} act={first(onReply)} />}
        {isOpen && isMine && <Item icon="edit" words={saySaid("edit")} act={first(onEdit)} />}
        {message.text !== "" && (
          <Item
            icon="link"
            words={saySaid("copy")}
            act={first(() => attempt(() => copy(message.text)))}
          />
        )}
        {isOpen && isMine && (
          <Item icon="trash" words={saySaid("delete")} act={first(() => ask(message))} />
        )}
      </ul>
    </Sheet>
  );
}
