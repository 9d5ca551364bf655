/** Pure: which groups this device is behind, and whom it is to take back (spec DEV-9). */
import { Unreachable } from "../errors.ts";
import { ASKED, askedRow, READMISSION, readmissionRow, unmade } from "./rows.ts";
const CATCHING_UP = "this device missed changes of the conversation and is being taken back in";
/** Whether this device has asked to be taken back into the group (DEV-9.1). */
export async function isBehind(state, group) {
    const asked = await state.find(askedRow(group), ASKED);
    return asked !== null && asked.sent > 0;
}
/** What is in the way of words meanwhile. */
export function catchingUp() {
    return new Unreachable(CATCHING_UP, true);
}
/** Others are to take the device back; before our next words we do it ourselves. */
export function postpone(state, group, intent) {
    state.put(readmissionRow(group, intent.stale), intent);
}
/** What others have not done meanwhile. */
export async function takePostponed(state, maker, group) {
    const found = [];
    for (const name of state.names("readmission", group)) {
        const owed = unmade(group, await state.get(name, READMISSION));
        state.delete(name);
        if (!(await maker.isMoot(owed)))
            found.push(owed);
    }
    return found;
}
