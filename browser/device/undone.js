/** Pure: what is told of what will never be done (spec DEV-4.6). */
import { FAILURE } from "./content.ts";
import { concerned, nameOf } from "./intents.ts";
import { MESSAGE } from "./rows.ts";
/** Our person's words and wishes are told; what the device owes by itself is not. */
export async function undone(state, owed, error) {
    const { group: conversation, intent } = owed;
    const { clause, reason } = error;
    if (intent.type === "Refresh" || intent.type === "Readmit")
        return [];
    if (intent.type === "Say") {
        const { id, text, kind } = await state.get(intent.message, MESSAGE);
        if (kind === FAILURE)
            return [];
        return [{ is: "MessageUndelivered", conversation, id, text, clause, reason }];
    }
    const [change, actors] = [nameOf(intent), concerned(intent)];
    return [{ is: "ChangeDropped", conversation, change, actors, clause, reason }];
}
