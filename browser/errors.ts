/**
 * Every error of the device: whose turn it is, and the clause that says so.
 *
 * `Refused` is theirs (a peer or a person sent what the clause forbids), `Broken` is ours. The text
 * never holds a secret nor a person's words. Names and meaning are those of `node/errors.py`.
 */

/** The root of all that this program raises on purpose. */
export class KithError extends Error {}

export type Params = Readonly<Record<string, string | number | bigint>>;

/** What was asked is against `clause` (such as `MLS-6.1e`); `reason` says how, in a sentence. */
export class Refused extends KithError {
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
export class Malformed extends Refused {}

/** Nobody has shown who says this: no signature, a wrong one. */
export class Unproven extends Refused {}

/** We know who asks, and they may not. */
export class Forbidden extends Refused {}

/** There is no such thing here. */
export class Missing extends Refused {}

/** Right in itself, but not in the present state. */
export class Conflict extends Refused {}

/** Over a limit. */
export class TooMuch extends Refused {}

/** A fault of this program or of its storage. Please report it. */
export class Broken extends KithError {}
