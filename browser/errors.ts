/**
 * Every error of the device: whose turn it is, and the clause that says so.
 *
 * `Refused` is theirs (a peer or a person sent what the clause forbids), `Unreachable` is the
 * network's (try again), `Broken` is ours. The text never holds a secret nor a person's words. Names
 * and meaning are those of `node/errors.py`.
 */

/** The root of all that this program raises on purpose. */
export class KithError extends Error {}

export type Params = Readonly<Record<string, string | number | bigint>>;

/** What was asked is against `clause` (such as `MLS-6.1e`); `reason` says how, in a sentence. */
export class Refused extends KithError {
  override readonly name: string = "Refused";
  readonly clause: string;
  readonly reason: string;
  readonly params: Params;

  constructor(clause: string, reason: string, params: Params = {}) {
    super(`${clause}: ${reason}`);
    this.clause = clause;
    this.reason = reason;
    this.params = params;
  }
}

/** The bytes are not what the clause describes. */
export class Malformed extends Refused {
  override readonly name = "Malformed";
}

/** Nobody has shown who says this: no signature, a wrong one. */
export class Unproven extends Refused {
  override readonly name = "Unproven";
}

/** We know who asks, and they may not. */
export class Forbidden extends Refused {
  override readonly name = "Forbidden";
}

/** There is no such thing here. */
export class Missing extends Refused {
  override readonly name = "Missing";
}

/** Right in itself, but not in the present state. */
export class Conflict extends Refused {
  override readonly name: string = "Conflict";
}

/** What was to be replaced is not there any more, or something newer is. */
export class Outdated extends Conflict {
  override readonly name = "Outdated";
}

/** Over a limit. `retryAfterSeconds` is set when waiting helps. */
export class TooMuch extends Refused {
  override readonly name: string = "TooMuch";
  readonly retryAfterSeconds: number | null;

  constructor(clause: string, reason: string, params: Params = {}, retryAfter?: number) {
    super(clause, reason, params);
    this.retryAfterSeconds = retryAfter ?? null;
  }
}

/** No room is left for it: a quota is used up, or the disk is full. */
export class Full extends TooMuch {
  override readonly name = "Full";
}

/** What a device itself waits for, though every server answers (DEV-2.3). */
export type Held = "behind" | "unanswered" | "busy" | "unread" | "no_device" | "new_device";

/**
 * The network or a peer did not answer as it should; the same call may succeed later.
 *
 * `beyond`: our own node does answer, and another server does not; or, with `held`, this device waits.
 */
export class Unreachable extends KithError {
  override readonly name = "Unreachable";
  readonly reason: string;
  readonly beyond: boolean;
  readonly held: Held | "";

  constructor(reason: string, beyond = false, held: Held | "" = "") {
    super(reason);
    this.reason = reason;
    this.beyond = beyond;
    this.held = held;
  }
}

/** Whether waiting helps: the same call may succeed later. A full disk always passes. */
export function willPass(error: unknown): error is TooMuch | Unreachable {
  const waits = error instanceof TooMuch && error.retryAfterSeconds !== null;
  return waits || error instanceof Full || error instanceof Unreachable;
}

/** A fault of this program or of its storage. Please report it. */
export class Broken extends KithError {
  override readonly name: string = "Broken";
}

/** The storage is full: nothing was changed, and the same call may succeed later. */
export class NoRoom extends Broken {
  override readonly name = "NoRoom";
}
