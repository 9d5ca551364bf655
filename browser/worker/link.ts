/**
 * The line between tabs and the one worker that holds the device (spec E2E-6.12): a BroadcastChannel, over
 * which questions are asked again when another worker has taken over.
 */

import { KithError } from "../errors.ts";
import type { DeviceEvent, DeviceQuestions, Problem } from "./device_client.ts";
import type { FileQuestions } from "./file_questions.ts";
import type { KeyQuestions } from "./key_questions.ts";
import { problemOf } from "./problems.ts";

export const CHANNEL = "kith-device";
/** Whoever has it holds the device. */
export const LOCK = "kith-device";

/** What a worker says to its own page when another has taken the device over. */
export const OVER = "over";

export type Name = Exclude<keyof DeviceQuestions, "persist">;

/** The questions as whoever holds the device answers them. `key`: the same when it is asked again. */
export type Answers = {
  readonly [N in Name]: (
    ...given: readonly [...Parameters<DeviceQuestions[N]>, key: string]
  ) => Promise<ReturnType<DeviceQuestions[N]>>;
};

/** The answers come from several: each has those of its part. */
export type Parts = readonly [
  Omit<Answers, keyof KeyQuestions | keyof FileQuestions>,
  Pick<Answers, keyof KeyQuestions>,
  Pick<Answers, keyof FileQuestions>,
];

/** A tab asks. `id` is a UUID. */
export interface Asked {
  readonly is: "asked";
  readonly id: string;
  readonly name: Name;
  readonly given: readonly unknown[];
}

export interface Answered {
  readonly is: "answered";
  readonly term: number;
  readonly id: string;
  readonly value?: unknown;
  readonly problem?: Problem;
}

/** A tab asks who is there; whoever holds the device says so, also when it takes over. */
export interface Hello {
  readonly is: "hello";
}

/** `term` grows with every holder: what an earlier one says after that counts for nothing. */
export interface Here {
  readonly is: "here";
  readonly term: number;
}

/** Something happened. */
export interface Told {
  readonly is: "told";
  readonly term: number;
  readonly event: DeviceEvent;
}

export type Note = Asked | Answered | Hello | Here | Told;

/** Answer what tabs ask from when `ready` resolves, for as long as this worker lives. */
export function answerTabs(
  channel: BroadcastChannel,
  term: number,
  parts: Parts,
  ready: Promise<void>,
): void {
  const say = (note: Note) => channel.postMessage(note);
  const begun = new Set<string>();
  const answer = async ({ id, name, given }: Asked): Promise<void> => {
    // What it is given comes from our own pages, as `DeviceQuestions` has it.
    const answers = parts.find((part) => name in part) as Answers;
    const ask = answers[name] as (...given: readonly unknown[]) => Promise<unknown>;
    try {
      await ready;
      say({ is: "answered", term, id, value: await ask.call(answers, ...given, id) });
    } catch (error) {
      if (!(error instanceof KithError)) globalThis.reportError?.(error);
      say({ is: "answered", term, id, problem: problemOf(error) });
    }
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Note>) => {
    if (data.is === "hello") say({ is: "here", term });
    if (data.is !== "asked" || begun.has(data.id)) return;
    begun.add(data.id);
    void answer(data).finally(() => begun.delete(data.id));
  });
  say({ is: "here", term });
}
