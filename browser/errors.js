/**
 * Every error of the device: whose turn it is, and the clause that says so.
 *
 * `Refused` is theirs (a peer or a person sent what the clause forbids), `Unreachable` is the
 * network's (try again), `Broken` is ours. The text never holds a secret nor a person's words. Names
 * and meaning are those of `node/errors.py`.
 */
/** The root of all that this program raises on purpose. */
export class KithError extends Error {
}
/** What was asked is against `clause` (such as `MLS-6.1e`); `reason` says how, in a sentence. */
export class Refused extends KithError {
    name = "Refused";
    clause;
    reason;
    params;
    constructor(clause, reason, params = {}) {
        super(`${clause}: ${reason}`);
        this.clause = clause;
        this.reason = reason;
        this.params = params;
    }
}
/** The bytes are not what the clause describes. */
export class Malformed extends Refused {
    name = "Malformed";
}
/** Nobody has shown who says this: no signature, a wrong one. */
export class Unproven extends Refused {
    name = "Unproven";
}
/** We know who asks, and they may not. */
export class Forbidden extends Refused {
    name = "Forbidden";
}
/** There is no such thing here. */
export class Missing extends Refused {
    name = "Missing";
}
/** Right in itself, but not in the present state. */
export class Conflict extends Refused {
    name = "Conflict";
}
/** Over a limit. `retryAfterSeconds` is set when waiting helps. */
export class TooMuch extends Refused {
    name = "TooMuch";
    retryAfterSeconds;
    constructor(clause, reason, params = {}, retryAfter) {
        super(clause, reason, params);
        this.retryAfterSeconds = retryAfter ?? null;
    }
}
/** No room is left for it: a quota is used up, or the disk is full. */
export class Full extends TooMuch {
    name = "Full";
}
/**
 * The network or a peer did not answer as it should; the same call may succeed later.
 *
 * `beyond`: our own node does answer, and another server does not.
 */
export class Unreachable extends KithError {
    name = "Unreachable";
    reason;
    beyond;
    constructor(reason, beyond = false) {
        super(reason);
        this.reason = reason;
        this.beyond = beyond;
    }
}
/** A fault of this program or of its storage. Please report it. */
export class Broken extends KithError {
    name = "Broken";
}
/** The storage is full: nothing was changed, and the same call may succeed later. */
export class NoRoom extends Broken {
    name = "NoRoom";
}
