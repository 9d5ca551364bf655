/** What goes with the next message: chosen, photographed or recorded; sealed and sent in one go (spec ATT-5.3). */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import "./sheet.ts";

import type { Named } from "../../worker/device_client.ts";
import { device } from "../device.ts";
import { useDeed } from "../parts/deed.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { tell } from "../parts/toast.tsx";
import { number } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { useCarried } from "./carried.ts";
import { type Prepared, prepared } from "./prepared.ts";
import { VoiceButton } from "./voice.tsx";
import { sayFiles, sizeWords } from "./words.ts";

const MOST = 10;

interface Props {
  readonly chat: string;
  /** The words that go along, and what they answer. */
  readonly words: () => string;
  readonly answers: () => Named | null;
  readonly onSent: () => void;
  readonly onClose: () => void;
}

interface Chosen extends Prepared {
  readonly key: string;
  readonly preview: string;
}

function Ways({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const way = (words: string, icon: "plus" | "camera", more: object) => (
    <label class="button quiet file">
      <Icon name={icon} />
      {words}
      <input
        type="file"
        {...more}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
    </label>
  );
  return (
    <>
      {way(sayFiles("choose"), "plus", { multiple: true })}
      {way(sayFiles("photo"), "camera", { accept: "image/*", capture: "environment" })}
    </>
  );
}

export function FilePanel({ chat, words, answers, onSent, onClose }: Props) {
  const chosen = useSignal<readonly Chosen[]>([]);
  const fault = useSignal("");
  const id = useRef(crypto.randomUUID());
  const percent = useCarried(id.current);
  const { busy, begin } = useDeed();
  useEffect(
    () => () => {
      for (const { preview } of chosen.peek()) URL.revokeObjectURL(preview);
    },
    [],
  );
  async function add(files: readonly File[], milliseconds = 0): Promise<void> {
    if (chosen.value.length + files.length > MOST) {
      return tell(sayFiles("many", { most: number(MOST) }), true);
    }
    for (const file of files) {
      const ready = await prepared(file);
      const shown = ready.poster ?? (ready.isAsItIs ? null : ready.data);
      const preview = shown === null ? "" : URL.createObjectURL(shown);
      const more = milliseconds ? { milliseconds } : {};
      chosen.value = [...chosen.value, { ...ready, ...more, key: crypto.randomUUID(), preview }];
    }
  }
  function remove({ key, preview }: Chosen): void {
    URL.revokeObjectURL(preview);
    chosen.value = chosen.value.filter((one) => one.key !== key);
  }
  async function send(): Promise<void> {
    fault.value = "";
    try {
      await device.attach(chat, words().trim(), chosen.value, id.current, answers());
      onSent();
    } catch (error) {
      fault.value = explain(error);
      percent.value = null;
    }
  }
  return (
    <section class="file-panel" aria-label={sayFiles("panel")}>
      <div class="file-ways">
        <Ways onFiles={(files) => add(files)} />
        <VoiceButton onVoice={({ file, milliseconds }) => add([file], milliseconds)} />
      </div>
      {chosen.value.length > 0 && (
        <ul>
          {chosen.value.map((one) => (
            <li key={one.key}>
              {one.preview !== "" && <img src={one.preview} alt="" />}
              <span>
                <bdi>{one.name}</bdi>, {sizeWords(one.data.size)}
                {one.isAsItIs && <small> {sayFiles("as_it_is", { name: one.name })}</small>}
              </span>
              <button
                type="button"
                class="round"
                aria-label={sayFiles("remove", { name: one.name })}
                disabled={busy.value}
                onClick={() => remove(one)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {chosen.value.some(({ isAsItIs }) => !isAsItIs) && <p class="quiet">{sayFiles("bare")}</p>}
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <p role="status">
        {percent.value !== null && sayFiles("sending", { percent: number(percent.value) })}
      </p>
      <div class="file-ways">
        {chosen.value.length > 0 && <Button onClick={() => begin(send)}>{sayFiles("send")}</Button>}
        <Button kind="quiet" onClick={onClose}>
          {sayFiles("close")}
        </Button>
      </div>
    </section>
  );
}
