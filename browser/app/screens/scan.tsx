/** Somebody's code: by the camera, from a photo, or as a link that was sent. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { befriend } from "../codes/befriend.ts";
import { readCode } from "../codes/read.ts";
import { sayCode } from "../codes/words.ts";
import { homeNode } from "../home_node.ts";
import { Button, Fault, Field } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { Screen } from "../parts/screen.tsx";
import { tell } from "../parts/toast.tsx";
import { at, go } from "../router.ts";
import { codeIn, whoIn } from "../who.ts";
import { say } from "../words/index.ts";
import { explain } from "../words/problems.ts";

const LOOK_EVERY_MS = 250;

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

export function ScanScreen() {
  const fault = useSignal("");
  const hasCamera = useSignal(false);
  const pasted = useSignal("");
  const isAsking = useRef(false);
  async function found(text: string): Promise<void> {
    if (isAsking.current) return; // the camera sees it again and again
    const who = whoIn(text, homeNode.value?.domain ?? location.host);
    if (who === "") {
      fault.value = sayCode("scan.other");
      return;
    }
    const code = codeIn(text);
    isAsking.current = true;
    try {
      if (code !== "") {
        const { is, name } = await befriend(who, code);
        if (is === "own" || is === "blocked") {
          fault.value = sayCode(is, { name });
          return;
        }
        tell(sayCode(is, { name }));
      }
      go(`/people/${encodeURIComponent(who)}`, true);
    } catch (error) {
      fault.value = explain(error);
    } finally {
      isAsking.current = false;
    }
  }
  async function photo(file: File | undefined): Promise<void> {
    if (file === undefined) return;
    fault.value = "";
    try {
      const picture = await createImageBitmap(file);
      const text = await readCode(picture, picture.width, picture.height);
      picture.close();
      if (text === "") fault.value = sayCode("scan.none");
      else await found(text);
    } catch {
      fault.value = sayCode("scan.none");
    }
  }
  return (
    <Screen title={say("people.scan")} under="/people">
      <section class="card">
        {hasCamera.value ? (
          <Camera
            onFound={(text) => void found(text)}
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
              onChange={(event) => void photo(event.currentTarget.files?.[0])}
            />
          </label>
        </div>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void found(pasted.value);
          }}
        >
          <Field
            label={sayCode("scan.paste")}
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
