/**
 * Pure: what a device means to do in a group (spec DEV-4).
 *
 * An intent stays in the vault until it has come true. The message that carries it is made when its
 * turn has come, and made anew when others changed the group meanwhile: no wish is lost with a race.
 */
/** Whether it is carried by a commit, of which a group has one at a time. */
export function isCommit(intent) {
    return intent.type !== "Say" && intent.type !== "Leave";
}
/** The intent in a word. */
export function nameOf(intent) {
    return intent.type.toLowerCase();
}
/** The actors whom it adds or removes. */
export function concerned(intent) {
    switch (intent.type) {
        case "Add":
            return Object.keys(intent.packages).sort();
        case "Remove":
            return intent.actors;
        default:
            return [];
    }
}
