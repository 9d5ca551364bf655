/** What a page of a test asks of the library, inside a worker of its browser. */
import { Judge } from "./replay.ts";
import { measure } from "./speed.ts";
import { replay } from "./transcripts.ts";
import { perform } from "./vaults.ts";
async function answer({ shelf, lines, suite = 1, members = 2, vault }) {
    if (vault !== undefined)
        return perform(vault);
    if (lines !== undefined)
        return replay(lines, true);
    if (shelf === undefined)
        return measure(suite, members);
    const judge = new Judge(shelf);
    return [...(await judge.twins()), ...(await judge.cases())];
}
addEventListener("message", async ({ data }) => {
    try {
        postMessage({ value: await answer(data) });
    }
    catch (error) {
        postMessage({ error: String(error) });
    }
});
