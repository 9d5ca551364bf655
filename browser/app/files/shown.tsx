/** The files of a message, as they are shown in it: opened by the device, and drawn from memory (spec ATT-5.3). */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import "./sheet.ts";

import type { Message } from "../../worker/device_client.ts";
import type { FileView } from "../../worker/file_questions.ts";
import { device } from "../device.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { number } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { useCarried } from "./carried.ts";
import { sayFiles, sizeWords } from "./words.ts";

/** A picture so large is fetched without being asked for. */
const AT_ONCE = 8_000_000;

interface Props {
  readonly message: Message;
  readonly file: FileView;
  readonly place: number;
}

interface Opened {
  /** Where it is in memory; "" while it is not. */
  readonly url: Signal<string>;
  readonly fault: Signal<string>;
  readonly percent: Signal<number | null>;
  readonly isBusy: boolean;
  open(): Promise<void>;
}

/** Open a file, or the small picture of it, and give it back when it is not shown any more. */
function useOpened({ message, place }: Props, isPoster: boolean): Opened {
  const url = useSignal("");
  const fault = useSignal("");
  const key = useRef(crypto.randomUUID());
  const percent = useCarried(key.current);
  const busy = useSignal(false);
  const opening = useRef<Promise<void> | null>(null);
  const isGone = useRef(false);
  useEffect(
    () => () => {
      isGone.current = true;
      URL.revokeObjectURL(url.peek());
    },
    [],
  );
  const open = () => {
    opening.current ??= fetched().finally(() => {
      busy.value = false;
      if (url.peek() === "") opening.current = null;
    });
    return opening.current;
  };
  async function fetched(): Promise<void> {
    busy.value = true;
    fault.value = "";
    try {
      const { chat, id, actor } = message;
      const data = await device.openFile(chat, { id, actor }, place, isPoster, key.current);
      if (isGone.current) return;
      url.value = URL.createObjectURL(data);
    } catch (error) {
      fault.value = explain(error);
    }
  }
  return { url, fault, percent, isBusy: busy.value, open };
}

function Standing({ file, opened }: { readonly file: FileView; readonly opened: Opened }) {
  const { fault, percent, isBusy } = opened;
  if (fault.value !== "") return <Fault>{fault.value}</Fault>;
  const far = percent.value;
  return (
    <p role="status" class="quiet">
      {isBusy && far !== null && sayFiles("fetching", { name: file.name, percent: number(far) })}
    </p>
  );
}

/** A way to have it as a file; it is fetched first. */
function Save({ file, opened }: { readonly file: FileView; readonly opened: Opened }) {
  const words = sayFiles("save", { name: file.name, size: sizeWords(file.size) });
  const link = useRef<HTMLAnchorElement>(null);
  return (
    <>
      <Button
        kind="quiet"
        size="small"
        onClick={async () => {
          await opened.open();
          link.current?.click();
        }}
      >
        {words}
      </Button>
      {opened.url.value !== "" && (
        <a ref={link} href={opened.url.value} download={file.name} hidden tabIndex={-1}>
          {words}
        </a>
      )}
    </>
  );
}

function Picture(props: Props) {
  const { file } = props;
  const whole = useOpened(props, false);
  const small = useOpened(props, true);
  useEffect(() => {
    if (file.hasPoster) void small.open();
    if (file.size <= AT_ONCE) void whole.open();
  }, []);
  const src = whole.url.value || small.url.value;
  const alt = sayFiles("picture", { name: file.name });
  return (
    <>
      {src !== "" && <img src={src} alt={alt} width={file.width || undefined} />}
      {whole.url.value === "" && file.size > AT_ONCE && (
        <Button kind="quiet" size="small" onClick={whole.open}>
          {sayFiles("show", { name: file.name, size: sizeWords(file.size) })}
        </Button>
      )}
      <Standing file={file} opened={whole} />
      {whole.url.value !== "" && <Save file={file} opened={whole} />}
    </>
  );
}

/** A film or sound: all of it is fetched and opened, then it plays. */
function Played(props: Props) {
  const { file } = props;
  const whole = useOpened(props, false);
  const small = useOpened(props, true);
  const isFilm = file.shownAs === "Video";
  useEffect(() => {
    if (file.hasPoster) void small.open();
  }, []);
  const url = whole.url.value;
  const name = sayFiles("play", { name: file.name, size: sizeWords(file.size) });
  return (
    <>
      {url === "" ? (
        <button
          type="button"
          class="file-cover"
          aria-label={name}
          aria-busy={whole.isBusy}
          onClick={whole.open}
        >
          {small.url.value !== "" && <img src={small.url.value} alt="" />}
          <Icon name="play" filled />
        </button>
      ) : isFilm ? (
        // biome-ignore lint/a11y/useMediaCaption: a film of a friend has none
        <video src={url} controls autoplay playsInline aria-label={file.name} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: nor has their voice
        <audio src={url} controls autoplay aria-label={file.name} />
      )}
      <Standing file={file} opened={whole} />
      {url !== "" && <Save file={file} opened={whole} />}
    </>
  );
}

function Other(props: Props) {
  const whole = useOpened(props, false);
  return (
    <>
      <Save file={props.file} opened={whole} />
      <Standing file={props.file} opened={whole} />
    </>
  );
}

const DRAWN = { Image: Picture, Video: Played, Audio: Played } as const;

export function MessageFiles({ message }: { readonly message: Message }) {
  return (
    <>
      {message.files.map((file, place) => {
        const One = DRAWN[file.shownAs as keyof typeof DRAWN] ?? Other;
        return (
          <div key={place} class="message-file">
            <One message={message} file={file} place={place} />
          </div>
        );
      })}
    </>
  );
}
