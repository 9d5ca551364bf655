/** A tab's end of the line to the device: each question is answered by whoever holds it. */

import type { DeviceClient, DeviceEvent } from "./device_client.ts";
import { type Answered, type Asked, CHANNEL, type Name, type Note } from "./link.ts";
import { errorOf } from "./problems.ts";

/** A question that waits for its answer. */
interface Waiting {
  readonly asked: Asked;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

const NAMES: readonly Name[] = [
  "status",
  "signUp",
  "logIn",
  "logOut",
  "deleteAccount",
  "forget",
  "switchTo",
  "unlock",
  "setPassphrase",
  "session",
  "chats",
  "chatWith",
  "history",
  "search",
  "send",
  "retry",
  "saveDraft",
  "markRead",
  "goOn",
  "leave",
];

/** The device, as this tab asks it. The tab starts a worker of its own besides: `start.ts`. */
export function connectDevice(): DeviceClient {
  const channel = new BroadcastChannel(CHANNEL);
  const waiting = new Map<string, Waiting>();
  const hears = new Set<(event: DeviceEvent) => void>();
  let holder = "";

  const put = (one: Waiting) => {
    waiting.set(one.asked.id, one);
    channel.postMessage(one.asked);
  };
  const ask = (name: Name, given: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asked: Asked = { is: "asked", id: crypto.randomUUID(), name, given };
      put({ asked, resolve, reject });
    });
  const settle = ({ id, value, problem }: Answered) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (problem === undefined) one?.resolve(value as never);
    else one?.reject(errorOf(problem));
  };
  const hear = (note: Note) => {
    if (note.is === "told") for (const listener of hears) listener(note.event);
    if (note.is === "answered") settle(note);
    if (note.is !== "here" || note.holder === holder) return;
    holder = note.holder;
    // Whoever was asked before is gone, and so is what they were about to answer.
    for (const one of [...waiting.values()]) put(one);
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Note>) => hear(data));
  channel.postMessage({ is: "hello" } satisfies Note);

  const questions = NAMES.map((name) => [name, (...given: unknown[]) => ask(name, given)]);
  return {
    ...(Object.fromEntries(questions) as Omit<DeviceClient, "listen" | "persist">),
    // Only a page may ask for it.
    persist: async () => (await navigator.storage?.persist?.()) ?? false,
    listen: (hear) => {
      hears.add(hear);
      return () => hears.delete(hear);
    },
  };
}
