/** A person's picture and name, as they stand beside what the person did. */

import { useSignal } from "@preact/signals";

import type { Person } from "../api_types.ts";
import { mediaAddress } from "../media.ts";
import { at } from "../router.ts";

type Shown = Pick<Person, "id" | "handle" | "display_name" | "icon" | "icon_here">;

const LONGEST_NAME = 80; // signs; other servers give their people what they like

/** What somebody is called. */
export function nameOf(person: Pick<Person, "handle" | "display_name">): string {
  const name = person.display_name.trim() || (person.handle.split("@")[1] ?? person.handle);
  return name.length > LONGEST_NAME ? `${[...name].slice(0, LONGEST_NAME).join("")}…` : name;
}

function letterOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return (first?.segment ?? "?").toUpperCase();
}

/** One of six grounds, the same for the same person everywhere. */
function groundOf(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return sum % 6;
}

export function Avatar({ person, size = 44 }: { person: Shown; size?: number }) {
  const failed = useSignal(false);
  const source = mediaAddress(person.icon_here ?? "");
  if (source !== "" && !failed.value) {
    return (
      <img
        class="avatar"
        src={source}
        alt=""
        width={size}
        height={size}
        loading="lazy"
        decoding="async"
        onError={() => {
          failed.value = true;
        }}
      />
    );
  }
  return (
    <span
      class={`avatar ground-${groundOf(person.id)}`}
      style={{ width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.42}px` }}
      data-letter={letterOf(nameOf(person))}
      aria-hidden="true"
    />
  );
}

/** The way to a person's page. */
export const pageOf = (handle: string): string => at(`/people/${encodeURIComponent(handle)}`);

/** Picture, name and address in a row. */
export function PersonLine({ person, note }: { person: Shown; note?: string | undefined }) {
  return (
    <span class="person">
      <Avatar person={person} />
      <span class="person-words">
        <bdi class="person-name">{nameOf(person)}</bdi>
        <span class="person-handle" dir={note === undefined ? "ltr" : "auto"}>
          {note ?? person.handle}
        </span>
      </span>
    </span>
  );
}
