/** The pictures of a new post: each with a field for what it shows, and how far it is. */

import { useSignal } from "@preact/signals";

import { Button, Fault, Field } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { tell } from "../parts/toast.tsx";
import { number } from "../words/index.ts";
import { type Chosen, type ChosenPictures, LONGEST, MOST } from "./chosen.ts";
import "./sheet.ts";
import { sayPictures } from "./words.ts";

export const TYPES = "image/jpeg,image/png,image/webp,image/gif,image/avif,image/heic,image/heif";

function standing({ id, sent }: Chosen, place: string): string {
  if (id.value !== "") return sayPictures("ready", { number: place });
  if (sent.value === 1) return sayPictures("making", { number: place });
  const percent = number(Math.round(sent.value * 100));
  return sayPictures("sending", { number: place, percent });
}

interface ItemProps {
  readonly one: Chosen;
  readonly place: number;
  readonly all: ChosenPictures;
}

function Item({ one, place, all }: ItemProps) {
  const isBlank = useSignal(false);
  const shown = number(place);
  return (
    <li>
      {isBlank.value ? (
        <span class="blank" aria-hidden="true" />
      ) : (
        <img
          src={one.preview}
          alt=""
          onError={() => {
            isBlank.value = true; // this browser cannot draw it; the node can
          }}
        />
      )}
      <div>
        <Field
          label={sayPictures("shows", { number: shown })}
          hint={sayPictures("shows.hint")}
          name={`shows-${one.key}`}
          maxLength={LONGEST}
          value={one.description.value}
          onValue={(text) => {
            one.description.value = text;
          }}
        />
        {one.fault.value === "" ? (
          <p class="quiet" role="status">
            {standing(one, shown)}
          </p>
        ) : (
          <Fault>{one.fault.value}</Fault>
        )}
        <Button kind="quiet" size="small" onClick={() => all.remove(one)}>
          {sayPictures("remove", { number: shown })}
        </Button>
      </div>
    </li>
  );
}

/** Take these; who chose too many is told. */
export function takePictures(all: ChosenPictures, files: readonly File[]): void {
  if (!all.add(files)) tell(sayPictures("many", { most: number(MOST) }), true);
}

/** A button that chooses files. */
export function PictureFiles({
  words,
  onFiles,
  many = true,
}: {
  readonly words: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly many?: boolean;
}) {
  return (
    <label class="button quiet file">
      <Icon name="plus" />
      {words}
      <input
        type="file"
        accept={TYPES}
        multiple={many}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

export function PicturePicker({ all }: { readonly all: ChosenPictures }) {
  const items = all.items.value;
  return (
    <div class="picked">
      <ul class="picked-pictures" aria-label={sayPictures("list")}>
        {items.map((one, index) => (
          <Item key={one.key} one={one} place={index + 1} all={all} />
        ))}
      </ul>
      {items.length < MOST && (
        <PictureFiles words={sayPictures("more")} onFiles={(files) => takePictures(all, files)} />
      )}
    </div>
  );
}
