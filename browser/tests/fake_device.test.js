/** The device of the screens' tests does as the questions say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conflict, Missing, NoRoom, TooMuch, Unreachable } from "../errors.ts";
import { errorOf, problemOf } from "../worker/problems.ts";
import { FakeDevice } from "./fake_device.ts";
const BOB = "https://beta.test/people/bob";
test("words are said once, found again and told of", async () => {
    const device = new FakeDevice("https://alpha.test", { [BOB]: "@bob@beta.test" });
    const heard = [];
    const stop = device.listen((event) => heard.push(event));
    await assert.rejects(device.session(), Missing);
    await device.logIn({ name: "alice", password: "a password", deviceName: "Firefox" });
    const chat = await device.chatWith("@bob@beta.test");
    await device.send(chat.id, "Hello Bob", "one");
    await device.send(chat.id, "Hello Bob", "one");
    device.hear(BOB, "hello");
    assert.equal((await device.history(chat.id, 10, null)).items.length, 2);
    assert.equal((await device.search("BOB", null, 10, null)).items.length, 1);
    assert.deepEqual((await device.chats()).map(({ unread }) => unread), [1]);
    const page = await device.history(chat.id, 1, null);
    assert.equal((await device.history(chat.id, 1, page.before)).items[0]?.id, "urn:uuid:one");
    stop();
    assert.equal(heard.filter(({ is }) => is === "item").length, 2);
});
test("a refusal is the same on the other side", () => {
    for (const error of [
        new Conflict("ACC-4.4", "another copy", { epoch: 3 }),
        new TooMuch("API-4.2", "later", {}, 7),
        new Unreachable("no answer", true),
        new NoRoom("no room"),
    ]) {
        assert.deepEqual(errorOf(problemOf(error)), error);
    }
    const foreseen = problemOf(new TypeError("a secret"));
    assert.equal(foreseen.is, "Broken");
    assert.doesNotMatch(foreseen.reason, /secret/);
});
