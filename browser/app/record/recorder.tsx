/** Records a video by the camera of this device: what it sees, how long it is, and why it ended. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Problem } from "../api.ts";
import { meetNode } from "../home_node.ts";
import { Button, Fault } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { tell } from "../parts/toast.tsx";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";
import { clock, faultOf, openCamera, Recording } from "./recording.ts";
import { sayRecord } from "./words.ts";

interface Props {
  readonly onFile: (file: File) => void;
  readonly onBack: () => void;
}

/** The camera's own reason, or the line's. */
function whyNot(error: unknown): string {
  return error instanceof Problem ? explain(error) : sayRecord(`fault.${faultOf(error)}`);
}

function ended(opened: MediaStream | null): void {
  for (const track of opened?.getTracks() ?? []) track.stop();
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
  // Counts how often the camera was opened: a recording that has ended has ended its stream.
  const turn = useSignal(0);

  /** It is over at once: nobody begins to record what ends while another one is opened. */
  const letGo = () => {
    ended(stream.peek());
    stream.value = null;
  };

  useEffect(() => {
    let isOver = false;
    const open = async () => {
      // The node first: without its limits nothing is recorded, and no camera is on.
      const { limits } = await meetNode();
      if (isOver) return;
      const opened = await openCamera(facing.value);
      if (isOver) return ended(opened);
      most.value = limits.video_seconds;
      stream.value = opened;
    };
    open().catch((error: unknown) => {
      if (!isOver) fault.value = whyNot(error);
    });
    return () => {
      isOver = true;
      letGo();
    };
  }, [facing.value, turn.value]);

  useEffect(() => {
    if (box.current !== null) box.current.srcObject = stream.value;
  }, [stream.value]);

  async function begin(): Promise<void> {
    const opened = stream.value;
    if (opened === null) return;
    fault.value = "";
    try {
      const { limits } = await meetNode();
      recording.current = new Recording(opened, limits, {
        onTime: (now) => {
          seconds.value = now;
        },
        onEnd: (file, why) => {
          isOn.value = false;
          if (why !== null) tell(sayRecord(`ended.${why}`), true);
          if (file === null) {
            fault.value = sayRecord("fault.empty");
            letGo();
            turn.value++;
          } else onFile(file);
        },
      });
      isOn.value = true;
    } catch (error) {
      fault.value = whyNot(error);
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
            {stream.value === null && fault.value !== "" && (
              <Button
                onClick={() => {
                  fault.value = "";
                  turn.value++;
                }}
              >
                {say("retry")}
              </Button>
            )}
            <Button disabled={stream.value === null} onClick={begin}>
              <Icon name="camera" />
              {sayRecord("start")}
            </Button>
            <Button
              kind="quiet"
              onClick={() => {
                fault.value = "";
                letGo();
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
