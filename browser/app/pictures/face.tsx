/** A face, or the picture behind a profile: chosen, made at once, worn when the profile is saved. */

import { type Signal, useSignal } from "@preact/signals";

import { Button, Fault } from "../parts/form.tsx";
import { explain } from "../words/problems.ts";
import { makePicture } from "./making.ts";
import { PictureFiles } from "./picker.tsx";
import "./sheet.ts";
import { sayPictures } from "./words.ts";

interface Props {
  readonly label: string;
  /** Where the one is that is worn now; "" for none. */
  readonly now: string;
  /** What is to become of it: the node's id of another, "" for none, null: as it is. */
  readonly wanted: Signal<string | null>;
  readonly isBehind?: boolean;
}

export function FaceField({ label, now, wanted, isBehind = false }: Props) {
  const preview = useSignal("");
  const fault = useSignal("");
  const state = useSignal("");
  const shown = wanted.value === "" ? "" : preview.value || now;
  async function choose([file]: readonly File[]): Promise<void> {
    if (file === undefined) return;
    fault.value = "";
    const { signal } = new AbortController();
    state.value = sayPictures("face.making");
    try {
      const made = await makePicture(file, { signal, sent: () => undefined });
      wanted.value = made.id;
      preview.value = URL.createObjectURL(file);
      state.value = sayPictures("face.ready");
    } catch (error) {
      fault.value = explain(error);
      state.value = "";
    }
  }
  return (
    <fieldset class="face-field">
      <legend>{label}</legend>
      {shown !== "" && (
        <img
          class={isBehind ? "behind" : ""}
          src={shown}
          alt=""
          width={isBehind ? 480 : 96}
          height={isBehind ? 160 : 96}
        />
      )}
      <p class="quiet" role="status">
        {state.value}
      </p>
      {fault.value !== "" && <Fault>{fault.value}</Fault>}
      <div class="ways">
        <PictureFiles
          words={sayPictures("face.choose")}
          many={false}
          onFiles={(files) => void choose(files)}
        />
        {shown !== "" && (
          <Button
            kind="quiet"
            onClick={() => {
              wanted.value = "";
              preview.value = "";
            }}
          >
            {sayPictures("face.remove")}
          </Button>
        )}
      </div>
    </fieldset>
  );
}
