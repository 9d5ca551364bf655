/** A voice message is recorded: begun and ended by the same button. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Icon } from "../parts/icon.tsx";
import { tell } from "../parts/toast.tsx";
import { clock } from "../record/recording.ts";
import { sayFiles } from "./words.ts";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/webm", "audio/ogg"];
const LONGEST_SECONDS = 30 * 60;

export interface Voice {
  readonly file: File;
  readonly milliseconds: number;
}

export function VoiceButton({ onVoice }: { readonly onVoice: (voice: Voice) => void }) {
  const seconds = useSignal<number | null>(null);
  const recorder = useRef<MediaRecorder | null>(null);
  const stop = () => {
    if (recorder.current?.state === "recording") recorder.current.stop();
  };
  useEffect(() => stop, []);
  async function begin(): Promise<void> {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (media === undefined || typeof MediaRecorder === "undefined") {
      return tell(sayFiles("voice.unable"), true);
    }
    const stream = await media.getUserMedia({ audio: true }).catch(() => null);
    if (stream === null) return tell(sayFiles("voice.denied"), true);
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
    const made = new MediaRecorder(stream, mimeType === "" ? {} : { mimeType });
    const parts: Blob[] = [];
    const begun = performance.now();
    const ticking = setInterval(() => {
      seconds.value = (performance.now() - begun) / 1000;
      if (seconds.value >= LONGEST_SECONDS) stop();
    }, 250);
    made.ondataavailable = ({ data }) => parts.push(data);
    made.onstop = () => {
      clearInterval(ticking);
      for (const track of stream.getTracks()) track.stop();
      seconds.value = null;
      const type = made.mimeType.split(";")[0] ?? "";
      const end = type === "audio/mp4" ? "m4a" : (type.split("/")[1] ?? "webm");
      const file = new File(parts, `${sayFiles("voice.name")}.${end}`, { type });
      if (file.size) onVoice({ file, milliseconds: Math.round(performance.now() - begun) });
    };
    recorder.current = made;
    seconds.value = 0;
    made.start();
  }
  const now = seconds.value;
  return (
    <>
      <button
        type="button"
        class="button quiet"
        aria-pressed={now !== null}
        onClick={() => (now === null ? begin() : stop())}
      >
        <Icon name={now === null ? "sound" : "check"} />
        {sayFiles(now === null ? "voice" : "voice.stop")}
      </button>
      {now !== null && <span role="timer">{sayFiles("voice.time", { time: clock(now) })}</span>}
    </>
  );
}
