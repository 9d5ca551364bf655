/** Who the others in chats are: their names and pictures, which the device does not keep. */

import { signal } from "@preact/signals";
import type { Chat } from "../../worker/device_client.ts";
import { pageAsMe } from "../accounts.ts";
import type { Person, Relation } from "../api_types.ts";
import { nameOf } from "../parts/avatar.tsx";
import { inRow } from "../words/index.ts";

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

/** Where the people of a group stand. */
export const wayToGroup = (id: string): string => `/chats/${encodeURIComponent(id)}/group`;

/** What a chat is called: its name, or who is in it. */
export const titleOf = (chat: Chat): string =>
  chat.group?.name ?? inRow(chat.others.map((one) => nameOf(personOf(one))));

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
