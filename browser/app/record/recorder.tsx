/** Records a video by the camera of this device: what it sees, how long it is, and why it ended. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { meetNode } from "../home_node.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { tell } from "../parts/toast.tsx";
import { clock, faultOf, openCamera, Recording } from "./recording.ts";
import { sayRecord } from "./words.ts";

interface Props {
  readonly onFile: (file: File) => void;
  readonly onBack: () => void;
}

export function Recorder({ onFile, onBack }: Props) {
  const box = useRef<HTMLVideoElement>(null);
  const recording = useRef<Recording | null>(null);
  const stream = useSignal<MediaStream | null>(null);
  const facing = useSignal<"user" | "environment">("user");
  const isOn = useSignal(false);
  const seconds = useSignal(0);
  const most = useSignal(0);
  const fault = useSignal("");

  useEffect(() => {
    let isOver = false;
    const ended = (opened: MediaStream) => {
      for (const track of opened.getTracks()) track.stop();
    };
    fault.value = "";
    Promise.all([openCamera(facing.value), meetNode()]).then(
      ([opened, { limits }]) => {
        if (isOver) return ended(opened);
        most.value = limits.video_seconds;
        stream.value = opened;
      },
      (error: unknown) => {
        fault.value = sayRecord(`fault.${faultOf(error)}`);
      },
    );
    return () => {
      isOver = true;
      const opened = stream.peek();
      stream.value = null;
      if (opened !== null) ended(opened);
    };
  }, [facing.value]);

  useEffect(() => {
    if (box.current !== null) box.current.srcObject = stream.value;
  }, [stream.value]);

  async function begin(): Promise<void> {
    const opened = stream.value;
    if (opened === null) return;
    const { limits } = await meetNode();
    fault.value = "";
    try {
      recording.current = new Recording(opened, limits, {
        onTime: (now) => {
          seconds.value = now;
        },
        onEnd: (file, why) => {
          isOn.value = false;
          if (why !== null) tell(sayRecord(`ended.${why}`), true);
          if (file === null) fault.value = sayRecord("fault.empty");
          else onFile(file);
        },
      });
      isOn.value = true;
    } catch (error) {
      fault.value = sayRecord(`fault.${faultOf(error)}`);
    }
  }

  const isSilent = stream.value !== null && stream.value.getAudioTracks().length === 0;
  return (
    <div class="recorder">
      {stream.value !== null || fault.value === "" ? (
        <div class="viewfinder tall">
          <video ref={box} autoplay muted playsInline aria-label={sayRecord("preview")} />
        </div>
      ) : null}
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      {isSilent && <p role="status">{sayRecord("no_sound")}</p>}
      {isOn.value && (
        <p role="timer" class="quiet">
          {sayRecord("time", { time: clock(seconds.value), most: clock(most.value) })}
        </p>
      )}
      <div class="ways centred-ways">
        {isOn.value ? (
          <Button kind="alarm" onClick={() => recording.current?.stop()}>
            {sayRecord("stop")}
          </Button>
        ) : (
          <>
            <Button disabled={stream.value === null} onClick={begin}>
              <Icon name="camera" />
              {sayRecord("start")}
            </Button>
            <Button
              kind="quiet"
              onClick={() => {
                facing.value = facing.value === "user" ? "environment" : "user";
              }}
            >
              {sayRecord("turn")}
            </Button>
            <Button kind="quiet" onClick={onBack}>
              {sayRecord("back")}
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
