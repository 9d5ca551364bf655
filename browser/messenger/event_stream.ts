/** Pure: server-sent events, as they come in pieces (spec API-7). */

import { Unreachable } from "../errors.ts";
import { type Bytes, utf8 } from "../wire/bytes.ts";

const LONGEST_EVENT = 1024 * 1024;

/** One event of the stream. `id` is where to resume after it. */
export interface NodeEvent {
  readonly id: string;
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Takes the bytes of a stream, gives the events that are whole. */
export class EventParser {
  #rest = "";
  readonly #decoder = new TextDecoder();

  /** The events that `piece` completes. Throws `Unreachable` for what is no such stream. */
  feed(piece: Bytes): readonly NodeEvent[] {
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const whole = text.replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = whole.pop() ?? "";
    if (utf8(this.#rest).length > LONGEST_EVENT) {
      throw new Unreachable("an event that does not end");
    }
    return whole.map(eventIn).filter((event) => event !== null);
  }
}

/** Null for comments, by which a server only shows that it is there. */
function eventIn(text: string): NodeEvent | null {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value = ""] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name) fields.set(name, value);
  }
  const data = fields.get("data");
  if (data === undefined) return null;
  const id = fields.get("id") ?? "";
  return { id, kind: fields.get("event") ?? "message", data: objectIn(data) };
}

function objectIn(data: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(data);
    if (typeof found === "object" && found !== null && !Array.isArray(found)) return { ...found };
  } catch {
    // The same as what is no object.
  }
  throw new Unreachable("an event that is no JSON object");
}
