/** The known-answer vectors of the MLS working group, for the suites that are spoken here. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { SUITES } from "../mls/public/suite.ts";
import * as basics from "./vectors_basics.ts";
import { passiveClientCase } from "./vectors_passive.ts";
import * as trees from "./vectors_trees.ts";
const FOLDER = process.env.KITH_VECTORS ?? "../shared/vectors";
const ROOT = new URL("mls/", new URL(`${pathToFileURL(FOLDER).href}/`));
/** A file, how many of its cases are ours, and what is done with each. */
const FILES = [
    ["crypto-basics", 2, basics.cryptoBasicsCase],
    ["deserialization", 14, basics.deserializationCase],
    ["key-schedule", 2, basics.keyScheduleCase],
    ["message-protection", 2, trees.messageProtectionCase],
    ["messages", 300, basics.messagesCase],
    ["passive-client-handling-commit", 26, passiveClientCase],
    ["passive-client-welcome", 16, passiveClientCase],
    ["psk_secret", 22, basics.pskSecretCase],
    ["secret-tree", 6, trees.secretTreeCase],
    ["transcript-hashes", 2, basics.transcriptHashesCase],
    ["tree-math", 10, basics.treeMathCase],
    ["tree-operations", 5, trees.treeOperationsCase],
    ["tree-validation", 28, trees.treeValidationCase],
    ["treekem", 22, trees.treekemCase],
    ["welcome", 2, trees.welcomeCase],
];
function isOurs(one) {
    return !one.has("cipher_suite") || SUITES.has(one.number("cipher_suite"));
}
for (const [name, count, run] of FILES) {
    const file = new URL(`${name}.json`, ROOT);
    const skip = existsSync(file)
        ? false
        : "no vectors: set KITH_VECTORS to the folder that has them";
    test(`vectors: ${name}`, { skip }, async () => {
        const read = JSON.parse(readFileSync(file, "utf8"));
        const cases = (Array.isArray(read) ? read : [read]).map((one) => new basics.Case(one));
        const ours = cases.filter(isOurs);
        for (const one of ours)
            await run(one);
        assert.equal(ours.length, count);
    });
}
