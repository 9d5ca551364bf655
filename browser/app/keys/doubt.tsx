/** What stands in the way of words because of somebody's devices, what to do, and what is told of it in passing. */

import type { Chat, DeviceEvent, Problem } from "../../worker/device_client.ts";
import { personOf } from "../chats/names.ts";
import { nameOf } from "../parts/avatar.tsx";
import { tell } from "../parts/toast.tsx";
import { at } from "../router.ts";
import { answerTo } from "./doubts.ts";
import { sayKeys } from "./words.ts";

/** Who of a chat it is about, as one calls them. */
export function about(others: Chat["others"], actor: string): { name: string; handle: string } {
  const other = others.find((one) => one.actor === actor) ?? { actor, handle: "" };
  return { name: nameOf(personOf(other)), handle: other.handle };
}

export function Doubt({ chat, trouble }: { readonly chat: Chat; readonly trouble: Problem }) {
  const found = answerTo(String(trouble.params.seen));
  const { name, handle } = about(chat.others, String(trouble.params.actor));
  const page = handle && `/people/${encodeURIComponent(handle)}/number`;
  const to = found.to ?? page;
  return (
    <div class="chat-notice" role="note">
      <p>{sayKeys(found.says, { name })}</p>
      {found.does !== undefined && to !== "" && <a href={at(to)}>{sayKeys(found.does)}</a>}
    </div>
  );
}

/** Of a device with which nothing begins that is all there is to know. */
const toldOf = (seen: string) => {
  const { says } = answerTo(seen);
  return says === "doubt.unfit" ? says : "doubt.told";
};

/** What a device told of somebody's devices, in passing. */
export function tellOf(event: DeviceEvent, others: Chat["others"], own: string): void {
  if (event.is !== "told") return;
  const { event: told } = event;
  if (told.is === "DeviceDoubted") {
    const { name } = about(others, told.actor);
    tell(
      told.actor === own ? sayKeys("doubt.told.own") : sayKeys(toldOf(told.seen), { name }),
      true,
    );
  } else if (told.is === "DoubtSettled" && told.actor !== own) {
    tell(sayKeys("doubt.settled", { name: about(others, told.actor).name }));
  } else if (told.is === "KeysChanged" && told.actor !== own) {
    tell(sayKeys("doubt.changed", { name: about(others, told.actor).name }));
  }
}
