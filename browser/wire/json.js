/** Pure: JSON as it is let in: bounded, unambiguous, plain values (spec FED-2). */
import { Malformed, TooMuch } from "../errors.ts";
import { text } from "./bytes.ts";
const LARGEST_DOCUMENT_BYTES = 1 << 20;
const DEEPEST = 64;
export function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** A string with the colon behind it, if there is one, or a bracket. */
const TOKENS = /("(?:[^"\\]|\\.)*")\s*(:?)|[[\]{}]/gs;
/** Refuses what is nested too deep, before a decoder sees it: that would use up the stack. */
function push(open) {
    open.push(new Set());
    if (open.length > DEEPEST) {
        const reason = "the document is nested too deep, or its brackets do not match";
        throw new Malformed("FED-2.1", reason);
    }
}
/** Whether no object has a member twice. What is not JSON may pass here: a decoder sees it next. */
function isUnambiguous(written) {
    const open = [];
    let isOnce = true;
    for (const [token, string, colon] of written.matchAll(TOKENS)) {
        if (colon && string !== undefined) {
            const member = nameOf(string);
            if (open.at(-1)?.has(member))
                isOnce = false;
            open.at(-1)?.add(member);
        }
        else if (token === "[" || token === "{") {
            push(open);
        }
        else if (token === "]" || token === "}") {
            open.pop();
        }
    }
    return isOnce;
}
/** What a member is called: the same name can be written in several ways. */
function nameOf(string) {
    try {
        return String(JSON.parse(string));
    }
    catch {
        return string;
    }
}
function notJson() {
    return new Malformed("FED-2.2", "the document is not JSON in UTF-8");
}
/** Refuses numbers that fit no double, and halves of surrogate pairs. */
function plain(member, value) {
    if (typeof value === "number" && !Number.isFinite(value))
        throw notJson();
    if (!member.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
        throw new Malformed("FED-2.2", "the document holds half of a surrogate pair");
    }
    return value;
}
/**
 * The value that `data` says, and nothing else could read into it.
 *
 * Throws `TooMuch` (FED-2.1 size) and `Malformed` (FED-2.1 depth, FED-2.2 anything else).
 */
export function decode(data) {
    if (data.length > LARGEST_DOCUMENT_BYTES) {
        throw new TooMuch("FED-2.1", "the document is too large");
    }
    let written;
    try {
        written = text(data);
    }
    catch {
        throw notJson();
    }
    const isOnce = isUnambiguous(written);
    let value;
    try {
        value = JSON.parse(written, plain);
    }
    catch (error) {
        throw error instanceof Malformed ? error : notJson();
    }
    if (!isOnce)
        throw notJson();
    return value;
}
