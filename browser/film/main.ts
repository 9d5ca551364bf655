/** The script of the worker that makes one film smaller, or says what it would make of it. */

import type { Answer, Asked } from "./link.ts";
import { look, MEANS, make } from "./maker.ts";
import { type AsItIs, planned } from "./plan.ts";

interface Here {
  onmessage: ((message: MessageEvent<Asked>) => void) | null;
  postMessage(answer: Answer): void;
}

const here = globalThis as unknown as Here;

async function answer({ file, part, isTrial }: Asked): Promise<Answer> {
  const source = await look(file).catch(() => null);
  if (source === null) return { is: "as_it_is", why: "unread" };
  const plan = await planned(source, part, MEANS);
  if (typeof plan === "string") return { is: "as_it_is", why: plan };
  if (isTrial) return { is: "planned", plan };
  const made = await make(file, plan, part, (done) => here.postMessage({ is: "progress", done }));
  if (made.size >= file.size) return { is: "as_it_is", why: "small" };
  return { is: "made", file: made };
}

/** Without room for what it makes, or else by a fault of a codec. */
function whyOf(error: unknown): AsItIs {
  return error instanceof DOMException && error.name === "QuotaExceededError" ? "room" : "broke";
}

here.onmessage = ({ data }) => {
  void answer(data)
    .catch((error: unknown): Answer => ({ is: "as_it_is", why: whyOf(error) }))
    .then((said) => here.postMessage(said));
};
