/** One worker holds a vault, whatever tabs are open (spec E2E-6.12). */
import { Conflict } from "../errors.ts";
/** Hold the vault. Throws `Conflict` (E2E-6.12) when another tab does. */
export async function hold(vault) {
    const held = await request(vault, { ifAvailable: true });
    if (held !== null)
        return held;
    throw new Conflict("E2E-6.12", "another tab of this browser has Kith open: use that one");
}
/** Wait until no other tab holds it, then hold it. Rejects when `signal` says to wait no more. */
export async function takeTurn(vault, signal) {
    const held = await request(vault, { signal });
    if (held === null)
        throw new TypeError("a lock that was waited for is given");
    return held;
}
function request(vault, how) {
    return new Promise((resolve, reject) => {
        const given = (lock) => {
            if (lock !== null)
                return new Promise((release) => resolve({ release }));
            resolve(null);
            return undefined;
        };
        navigator.locks.request(`kith-vault/${vault}`, how, given).catch(reject);
    });
}
