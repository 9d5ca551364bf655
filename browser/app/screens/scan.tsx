/** Somebody's code: by the camera, from a photo, or as a link that was sent. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { decodeQR } from "qr/decode.js";

import { homeNode } from "../home_node.ts";
import { Button, Fault, Field } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { at, go } from "../router.ts";
import { whoIn } from "../who.ts";
import { say } from "../words/index.ts";

const LOOK_EVERY_MS = 250;
const WIDEST = 900; // more pixels take longer and show nothing more

/** What the code in a picture says; "" where none is to be read. */
function read(source: CanvasImageSource, width: number, height: number): string {
  const scale = Math.min(1, WIDEST / Math.max(width, height, 1));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(width * scale)),
    Math.max(1, Math.round(height * scale)),
  );
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return "";
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return decodeQR({ width: canvas.width, height: canvas.height, data });
  } catch {
    return ""; // no code in it, or none that is sharp enough
  }
}

function Camera({
  onFound,
  onRefused,
}: {
  onFound: (text: string) => void;
  onRefused: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let isOver = false;
    const looking = setInterval(() => {
      const box = video.current;
      if (box === null || box.videoWidth === 0) return;
      const text = read(box, box.videoWidth, box.videoHeight);
      if (text !== "") onFound(text);
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
      <video ref={video} autoplay muted playsInline aria-label={say("scan.camera")} />
    </div>
  );
}

export function ScanScreen() {
  const fault = useSignal("");
  const hasCamera = useSignal(false);
  const pasted = useSignal("");
  function found(text: string): void {
    const who = whoIn(text, homeNode.value?.domain ?? location.host);
    if (who === "") fault.value = say("scan.other");
    else go(`/people/${encodeURIComponent(who)}`, true);
  }
  async function photo(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    fault.value = "";
    try {
      const picture = await createImageBitmap(file);
      const text = read(picture, picture.width, picture.height);
      picture.close();
      if (text === "") fault.value = say("scan.none");
      else found(text);
    } catch {
      fault.value = say("scan.none");
    }
  }
  return (
    <Screen title={say("people.scan")} under="/people">
      <section class="card">
        {hasCamera.value ? (
          <Camera
            onFound={found}
            onRefused={() => {
              hasCamera.value = false;
              fault.value = say("scan.no_camera");
            }}
          />
        ) : (
          <Button
            onClick={() => {
              fault.value = "";
              hasCamera.value = true;
            }}
          >
            <Icon name="camera" />
            {say("scan.start")}
          </Button>
        )}
        {fault.value !== "" && <Fault>{fault.value}</Fault>}
        <label class="button quiet file">
          <Icon name="qr" />
          {say("scan.photo")}
          <input
            type="file"
            accept="image/*"
            capture="environment"
            onChange={(event) => void photo(event.currentTarget.files?.[0])}
          />
        </label>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            found(pasted.value);
          }}
        >
          <Field
            label={say("scan.paste")}
            name="link"
            plain
            value={pasted.value}
            onValue={(text) => {
              pasted.value = text;
            }}
          />
          <button type="submit" class="button quiet" disabled={pasted.value.trim() === ""}>
            {say("people.search.do")}
          </button>
        </form>
      </section>
      <p class="centred">
        <a href={at("/code")}>{say("people.code")}</a>
      </p>
    </Screen>
  );
}
