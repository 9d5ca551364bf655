/** Pure: ids of actors and conversations: http(s) URLs (spec FED-1). */
const LONGEST_ID = 2048;
const URL_WITHOUT_USER = /^https?:\/\/[^/?#\\\s@]+([/?#][^\s\\]*)?$/i;
function origin(id) {
    if (id.length > LONGEST_ID || !URL_WITHOUT_USER.test(id))
        return null;
    return URL.canParse(id) ? new URL(id).origin : null;
}
/** Whether both ids are http(s) URLs of one origin; false when either has none (FED-1.3). */
export function sameOrigin(one, other) {
    const known = origin(one);
    return known !== null && known === origin(other);
}
