/** Pure: a device's own key packages, and whose others' are (spec DEV-6, E2E-5.1). */
import { Forbidden } from "../errors.ts";
import { parseKeyPackage } from "../mls/index.ts";
import { equal, utf8 } from "../wire/bytes.ts";
import { PACKAGE, packageRow } from "./rows.ts";
const LAST_RESORT_KEPT_SECONDS = 7 * 86400;
/**
 * `count` packages, and one of last resort if so.
 *
 * Inside a step. A former last resort goes a week after it was made, with the next one.
 */
export async function make(state, count, lastResort, now) {
    for (const name of lastResort ? state.names("package") : []) {
        const old = await state.get(name, PACKAGE);
        if (old.last_resort && now - old.made > LAST_RESORT_KEPT_SECONDS)
            state.delete(name);
    }
    const made = [];
    for (let number = 0; number < count + Number(lastResort); number++) {
        const own = await state.groups.me.keyPackage(state.entropy, now);
        const last_resort = number === count;
        state.put(packageRow(own.reference), { package: own.dump(), made: now, last_resort });
        made.push([own.package, last_resort]);
    }
    return made;
}
/** The package is of `actor`. Throws `Forbidden` (E2E-5.1). */
export function checkOwner(keyPackage, actor) {
    const { identity } = parseKeyPackage(keyPackage).leaf.credential;
    if (!equal(identity, utf8(actor))) {
        throw new Forbidden("E2E-5.1", `a key package that is not of ${actor}`);
    }
}
