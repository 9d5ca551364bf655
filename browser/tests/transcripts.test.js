/** The transcripts of devices (spec DEV-7): each line comes out again, also after restarts. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { replay } from "./transcripts.ts";
const FOLDER = new URL("../../spec/vectors/device/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".jsonl"));
for (const file of FILES) {
    const written = readFileSync(new URL(file, FOLDER), "utf8").trim().split("\n");
    const lines = written.map((line) => JSON.parse(line));
    for (const restarts of [false, true]) {
        test(`${file}${restarts ? ", with restarts" : ""}`, async () => {
            for (const [number, line] of (await replay(lines, restarts)).entries()) {
                assert.deepEqual(line, lines[number], `${file}:${number + 1}: ${line.do}`);
            }
        });
    }
}
test("another chance is noticed", async () => {
    const written = readFileSync(new URL("first-contact.alice.jsonl", FOLDER), "utf8");
    const [first, second] = written.split("\n").map((line) => line && JSON.parse(line));
    assert(first && second);
    const [draw = "", ...draws] = second.draws;
    const changed = { ...second, draws: [`00${draw.slice(2)}`, ...draws] };
    assert.notDeepEqual((await replay([first, changed], false))[1], changed);
});
