/** A code is read: by the camera, from a photo, or as what was pasted. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { useDeed } from "../parts/deed.ts";
import { Button, Fault, Field } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { readCode } from "./read.ts";
import { sayCode } from "./words.ts";

const LOOK_EVERY_MS = 250;

interface CameraProps {
  readonly onFound: (text: string) => void;
  readonly onRefused: () => void;
}

function Camera({ onFound, onRefused }: CameraProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let isOver = false;
    let isBusy = false;
    const looking = setInterval(() => {
      const box = video.current;
      if (box === null || box.videoWidth === 0) return;
      if (isBusy) return;
      isBusy = true;
      void readCode(box, box.videoWidth, box.videoHeight).then((text) => {
        isBusy = false;
        if (text !== "" && !isOver) onFound(text);
      });
    }, LOOK_EVERY_MS);
    navigator.mediaDevices
      ?.getUserMedia({ video: { facingMode: "environment" } })
      .then((opened) => {
        stream = opened;
        if (isOver) for (const track of opened.getTracks()) track.stop();
        else if (video.current !== null) video.current.srcObject = opened;
      }, onRefused) ?? onRefused();
    return () => {
      isOver = true;
      clearInterval(looking);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, []);
  return (
    <div class="viewfinder">
      <video ref={video} autoplay muted playsInline aria-label={sayCode("scan.camera")} />
    </div>
  );
}

interface ScannerProps {
  /**
   * Each code that is seen, again and again while the camera sees it. `isScanned`: by this camera, now; a photo and
   * what was pasted may be what somebody sent.
   */
  readonly onFound: (text: string, isScanned: boolean) => unknown;
  /** What was wrong with the last one; "" for nothing. */
  readonly fault: { value: string };
  readonly paste: string;
  readonly go: string;
}

export function Scanner({ onFound, fault, paste, go }: ScannerProps) {
  const hasCamera = useSignal(false);
  const pasted = useSignal("");
  const { busy, begin } = useDeed();
  async function photo(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    fault.value = "";
    try {
      const picture = await createImageBitmap(file);
      const text = await readCode(picture, picture.width, picture.height);
      picture.close();
      if (text === "") fault.value = sayCode("scan.none");
      else await onFound(text, false);
    } catch {
      fault.value = sayCode("scan.none");
    }
  }
  return (
    <>
      {hasCamera.value ? (
        <Camera
          onFound={(text) => void begin(() => onFound(text, true))}
          onRefused={() => {
            hasCamera.value = false;
            fault.value = sayCode("scan.no_camera");
          }}
        />
      ) : (
        <div class="ways column">
          <Button
            onClick={() => {
              fault.value = "";
              hasCamera.value = true;
            }}
          >
            <Icon name="camera" />
            {sayCode("scan.start")}
          </Button>
        </div>
      )}
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <div class="ways column">
        <label class="button quiet file">
          <Icon name="qr" />
          {sayCode("scan.photo")}
          <input
            type="file"
            accept="image/*"
            capture="environment"
            onChange={({ currentTarget: { files } }) => void begin(() => photo(files?.[0]))}
          />
        </label>
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void begin(() => onFound(pasted.value, false));
        }}
      >
        <Field
          label={paste}
          name="link"
          plain
          value={pasted.value}
          onValue={(text) => {
            pasted.value = text;
          }}
        />
        <button
          type="submit"
          class="button quiet"
          disabled={pasted.value.trim() === ""}
          aria-busy={busy.value}
        >
          {go}
        </button>
      </form>
    </>
  );
}
