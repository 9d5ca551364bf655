/** Who the others in chats are: their names and pictures, which the device does not keep. */

import { signal } from "@preact/signals";

import { pageAsMe } from "../accounts.ts";
import type { Person, Relation } from "../api_types.ts";

const known = signal<Readonly<Record<string, Person>>>({});
let asked = "";

/** Ask for the friends of whoever is open, once. */
export async function meetFriends(actor: string): Promise<void> {
  if (asked === actor) return;
  asked = actor;
  let next = "/friends";
  while (next !== "") {
    const page = await pageAsMe<Relation>(next);
    const people = page.items.map(({ person }) => [person.id, person] as const);
    known.value = { ...known.value, ...Object.fromEntries(people) };
    next = page.next;
  }
}

/** Somebody in a chat, as far as one knows them. */
export function personOf(other: { readonly actor: string; readonly handle: string }): Person {
  return (
    known.value[other.actor] ?? {
      id: other.actor,
      handle: other.handle === "" ? other.actor : other.handle,
      display_name: "",
      icon: "",
    }
  );
}
