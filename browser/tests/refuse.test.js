/** Every case of the must-refuse corpus is refused by its clause, and every twin is accepted. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Judge } from "./replay.ts";
const CORPUS = new URL("../../spec/vectors/mls-refuse/", import.meta.url);
const FILES = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
for (const name of FILES) {
    const shelf = JSON.parse(readFileSync(new URL(name, CORPUS), "utf8"));
    const judge = new Judge(shelf);
    test(`each twin is accepted: ${name}`, async () => {
        assert(Object.keys(shelf.twins).length > 0);
        assert.deepEqual(await judge.twins(), []);
    });
    test(`each case is refused by its clause: ${name}`, async () => {
        assert(shelf.cases.length > 0);
        assert.deepEqual(await judge.cases(), []);
    });
}
