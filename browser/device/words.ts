/**
 * Pure: what a person says, changes, takes back and reacts to (spec DEV-18).
 *
 * It takes effect here at once and is owed to the others; each deed is one step.
 */

import { Conflict, Forbidden, Malformed, Missing, TooMuch } from "../errors.ts";
import { EMPTY } from "../wire/bytes.ts";
import * as content from "./content.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import { isMarked } from "./markdown.ts";
import type { Named } from "./message_maker.ts";
import { MESSAGE, type MessageRow, messageRow } from "./rows.ts";
import type { Said } from "./said.ts";
import { MOST_REACTIONS } from "./said_order.ts";
import * as rows from "./said_rows.ts";
import { message, type Reaction } from "./said_rows.ts";

const NOT_HERE =
  "there is no such message in this conversation: kith chat NAME --history --json has ids";
const NOT_YOURS = "only who said something may change it or take it back";

/** What a message answers, and whose that is. */
export interface Answered {
  readonly id: string;
  readonly author?: string;
}

/** Does one step, for a device that was not left behind (ACC-4.4). */
export type Step = <T>(work: () => Promise<T>) => Promise<T>;

/** The deeds of one device. What changes nothing gives null, and is said to nobody. */
export class Words {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;
  readonly #said: Said;
  readonly #step: Step;

  constructor(state: DeviceState, outbox: DeviceOutbox, said: Said, step: Step) {
    this.#state = state;
    this.#outbox = outbox;
    this.#said = said;
    this.#step = step;
  }

  /**
   * Say `text`, as an answer. Words with an `id` that were said already are not said again; `later`: they are sealed
   * when they go out; `raw` are the files that go along (`rawOf`). Throws `TooMuch` (E2E-5.3), `Missing` (DEV-18.6).
   */
  say(
    group: string,
    text: string,
    micros: number,
    id = "",
    later = false,
    answered: Answered | null = null,
    raw = "",
  ): Promise<MessageRow> {
    return this.#step(async () => {
      const known =
        id && (await this.#state.find(messageRow(group, this.#state.actor, id), MESSAGE));
      if (known) return known;
      const about = answered?.id ?? "";
      const author =
        answered === null ? "" : (await this.#here(group, about, answered.author)).row.actor;
      const said = message({
        id: id || content.urnUuid4(this.#state.entropy.draw(16)),
        actor: this.#state.actor,
        text,
        at: micros,
        number: this.#state.number(),
        kind: "Note",
        sent: false,
        about,
        author,
        markdown: isMarked(text),
        raw,
      });
      await this.#outbox.say(group, said, later);
      return said;
    });
  }

  /** Change own words. Throws `Forbidden`, `Missing`, `Conflict` (DEV-18.6), `TooMuch`. */
  edit(
    group: string,
    id: string,
    text: string,
    micros: number,
    later = false,
  ): Promise<MessageRow | null> {
    return this.#step(async () => {
      const { name, row } = await this.#own(group, id);
      if (row.kind === content.TOMBSTONE) {
        throw new Conflict("DEV-18.6", "it was taken back: there is nothing to change");
      }
      if (!text.trim()) {
        throw new Malformed("DEV-18.6", "nothing is left of it: take it back instead");
      }
      if (row.text === text) return null;
      const changed = message({ ...row, text, markdown: isMarked(text) });
      if (!isUnsealed(row)) {
        // It has to fit as it is said anew, too (E2E-5.9).
        const edited = Math.max(micros, row.edited ?? 0);
        this.#outbox.maker.checkLength({ ...changed, edited });
        return this.#do(group, content.UPDATE, row, text, micros, later, row.edited);
      }
      this.#outbox.maker.checkLength(changed);
      this.#state.put(name, changed);
      return null;
    });
  }

  /** Take own words back, for everybody. Throws `Forbidden`, `Missing` (DEV-18.6). */
  delete(group: string, id: string, micros: number, later = false): Promise<MessageRow | null> {
    return this.#step(async () => {
      const { name, row } = await this.#own(group, id);
      if (row.kind === content.TOMBSTONE) return null;
      if (!isUnsealed(row)) return this.#do(group, content.DELETE, row, "", micros, later);
      await this.#said.takeBack(group, name, row);
      return null;
    });
  }

  /**
   * Put an emoji under a message; or, not `on`, take it away. Throws `Malformed` (E2E-7.7), `Missing`, `Conflict`,
   * `TooMuch` (DEV-18.6).
   */
  react(
    group: string,
    id: string,
    emoji: string,
    micros: number,
    author = "",
    on = true,
    later = false,
  ): Promise<MessageRow | null> {
    return this.#step(async () => {
      content.checkEmoji(emoji);
      const { name, row } = await this.#here(group, id, author);
      if (row.kind === content.TOMBSTONE) {
        throw new Conflict("DEV-18.6", "it was taken back: there is nothing to react to");
      }
      const all = await this.#said.reactions(name);
      const own = all.filter(({ actor }) => actor === this.#state.actor);
      const known = own.find((one) => one.emoji === emoji);
      if ((known !== undefined && !known.off) === on) return null;
      // The oldest one makes room; not one that stands.
      const oldest = known === undefined && own.length >= MOST_REACTIONS ? own[0] : undefined;
      if (oldest !== undefined && !oldest.off) {
        const many = `you reacted to it in ${MOST_REACTIONS} ways: there is no room for more`;
        throw new TooMuch("DEV-18.6", many);
      }
      const kind = on ? content.LIKE : content.UNDO;
      return this.#do(group, kind, row, emoji, micros, later, oldest?.at, known);
    });
  }

  /** It happens here, and is owed. A clock that went back makes nothing older than it is. */
  async #do(
    group: string,
    kind: string,
    row: MessageRow,
    text: string,
    micros: number,
    later: boolean,
    after = 0,
    known: Reaction | null = null,
  ): Promise<MessageRow> {
    const at = Math.max(micros, after + 1, known === null ? 0 : known.at + 1);
    if (at > Number.MAX_SAFE_INTEGER) {
      throw new Conflict("DEV-18.6", "another device did so at a time that is too far ahead");
    }
    const isReaction = kind === content.LIKE || kind === content.UNDO;
    const act = message({
      id: content.urnUuid4(this.#state.entropy.draw(16)),
      actor: this.#state.actor,
      text,
      at,
      number: this.#state.number(),
      kind,
      sent: false,
      digest: EMPTY,
      about: row.id,
      author: isReaction ? row.actor : "",
      markdown: kind === content.UPDATE && isMarked(text),
      edit: kind === content.UNDO ? (known?.id ?? "") : "",
    });
    await this.#said.take(group, act, micros);
    await this.#outbox.say(group, act, later, rows.actRow(group, act.id));
    return act;
  }

  async #here(group: string, id: string, author = ""): Promise<Named<MessageRow>> {
    const name = await rows.meant(this.#state, group, id, author);
    if (name === null) throw new Missing("DEV-18.6", NOT_HERE);
    return { name, row: await this.#state.get(name, MESSAGE) };
  }

  async #own(group: string, id: string): Promise<Named<MessageRow>> {
    const name = await rows.find(this.#state, group, this.#state.actor, id);
    if (name !== null) return { name, row: await this.#state.get(name, MESSAGE) };
    if ((await rows.meant(this.#state, group, id)) !== null) {
      throw new Forbidden("DEV-18.6", NOT_YOURS);
    }
    throw new Missing("DEV-18.6", NOT_HERE);
  }

  /** What stands under the message of that row, the first one first. */
  async reactions(name: string): Promise<readonly Reaction[]> {
    return (await this.#said.reactions(name)).filter(({ off }) => !off);
  }
}

/** Whether nobody can have it (DEV-18.2). */
function isUnsealed({ sent, digest, mended, sealed }: MessageRow): boolean {
  return !sent && !digest.length && !mended && !sealed;
}
