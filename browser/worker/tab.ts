/** A tab's end of the line to the device: each question is answered by whoever holds it. */

import type { DeviceClient, DeviceEvent } from "./device_client.ts";
import { type Answered, type Asked, CHANNEL, type Name, type Note, OVER } from "./link.ts";
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
  "edit",
  "takeBack",
  "react",
  "retry",
  "saveDraft",
  "markRead",
  "news",
  "putAway",
  "goOn",
  "leave",
  "newGroup",
  "changeGroup",
  "attach",
  "openFile",
  "keys",
  "recovery",
  "writtenDown",
  "recover",
  "startOver",
  "renewKeys",
  "revoke",
  "safety",
  "verify",
  "acceptAnew",
  "linkShow",
  "linkMeet",
  "linkRead",
  "linkType",
  "linkFinish",
  "linkEnd",
  "archive",
  "switchArchive",
  "seenMissing",
  "fetchArchive",
];

/**
 * Run this tab's worker, which waits for its turn. A page that the browser freezes lets go of it, so that the
 * other tabs are not left with a holder that sleeps; one that was replaced in its sleep begins anew.
 */
export function keepWorker(make: () => Worker): void {
  let worker: Worker | null = null;
  const begin = () => {
    worker ??= make();
    worker.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data !== OVER) return;
      end();
      begin();
    };
  };
  const end = () => {
    worker?.terminate();
    worker = null;
  };
  begin();
  document.addEventListener("freeze", end);
  addEventListener("pagehide", ({ persisted }) => persisted && end());
  onWake(begin);
}

/** Whenever this page wakes after the browser had suspended it. */
function onWake(wake: () => void): void {
  document.addEventListener("resume", wake);
  addEventListener("pageshow", ({ persisted }) => persisted && wake());
}

/** The device, as this tab asks it. Its own worker is run besides (`keepWorker`). */
export function connectDevice(): DeviceClient {
  const channel = new BroadcastChannel(CHANNEL);
  const waiting = new Map<string, Waiting>();
  const hears = new Set<(event: DeviceEvent) => void>();
  let term = 0;

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
  const tell = (event: DeviceEvent) => {
    for (const listener of hears) listener(event);
  };
  const hear = (note: Note) => {
    if (!("term" in note) || note.term < term) return; // a tab, or one that slept and was replaced
    const isNew = note.term > term;
    term = note.term;
    if (note.is === "told") tell(note.event);
    if (note.is === "answered") settle(note);
    // Whoever was asked before is gone, and so is what they were about to answer.
    if (isNew) for (const one of [...waiting.values()]) put(one);
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Note>) => hear(data));
  channel.postMessage({ is: "hello" } satisfies Note);
  onWake(() => tell({ is: "missed" }));

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
