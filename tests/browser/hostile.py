"""What hostile people write, how it reaches the app, and what it may not do to a screen."""

import json
from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Any

from playwright.async_api import Page, Request, Route

from node.testing.weather import Character, Stranger
from node.wire.api.accounts import Session
from tests.browser.app_node import AppNode

# Each is a trick on whoever draws it: direction, height, width, emptiness, markup, names.
WORDS = {
    "overridden": "\u202egnp.exe\u202d \u2066\u2067never closed",
    "towering": "Z" + "\u0301\u0316\u0360" * 60 + "a" + "\u0489" * 80 + "lgo",
    "endless": "W" * 100_000,
    "endless rtl": "\u0634" * 3_000,
    "flags": "\U0001f3f3\ufe0f\u200d\U0001f308\U0001f1e9\U0001f1ea" * 200,
    "both ways": "\u0645\u0631\u062d\u0628\u0627 (hello) \u05e9\u05dc\u05d5\u05dd 123 - !",
    "empty": "",
    "blank": " \u3000\u00a0\u200b\u2003 ",
    "controls": "a\x01b\x07\x1b[31m\x7f\x85c\r\n\td",
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;</p></div>",
    "svg": '<svg onload=alert(3)><a href="javascript:alert(4)">x</a><style>*{display:none}</style>',
    "links": "javascript:alert(5) data:text/html,x https://evil.test/%zz?#% https://[::1 http://%",
    "number": "9007199254740993",
    "NaN": "NaN",
    "member": "__proto__",
    "template": "{name} ${1} {{x}} %s %00 \\u0000",
}
DATES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z")
NUMBERS = (2**53, -1, 0, 1, 65535, 10**12)
ADDRESSES = (
    "javascript:alert(6)",
    "https://evil.test/x.png",
    "//evil.test/x.png",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(7)'/>",
    "http://%",
    "",
)
SIZES = ((1, 1), (65535, 65535), (1, 65535), (2**53 - 1, 0))


class Servers:
    """A hostile server, whose people say what they like; all of it comes over the wire."""

    def __init__(self, home: AppNode) -> None:
        self._home = home
        self.evil = Stranger(home.neighbours, "evil.test")
        self.people: list[Character] = []

    async def close(self) -> None:
        """Close its connections."""
        await self.evil.close()

    async def says(self, who: Character, verb: str, object: Any, to: str, **more: Any) -> int:
        """Deliver it. How it was answered: a node may refuse."""
        id = f"https://evil.test/t/{len(self.evil.asked)}-{who.name}-{verb}-{to.rpartition('/')[2]}"
        said = who.says(verb, object, more.pop("id", id), to=[to], cc=[], **more)
        return (await self.evil.say(self._home, who, said)).status

    def somebody(self, number: int, words: str) -> Character:
        """Somebody whose whole document says `words`."""
        one = self.evil.character(f"p{number}")
        picture = {"type": "Image", "url": ADDRESSES[number % len(ADDRESSES)]}
        page = one.document(name=words[:5000], summary=words[:50_000], icon=picture)
        self.evil.put(one.id, {**page, "published": DATES[number % len(DATES)]})
        self.people.append(one)
        return one

    async def ask_for(self, who: Character, friend: Session, words: str) -> None:
        """Ask to be friends, with `words`."""
        pair = {
            "type": "Relationship",
            "id": f"{who.id}/asks",
            "subject": who.id,
            "relationship": "http://purl.org/vocab/relationship/friendOf",
            "object": friend.account.actor,
        }
        asked = await self.says(
            who,
            "Offer",
            pair,
            friend.account.actor,
            content=words[:2000],
            target=friend.account.actor,
        )
        assert asked == 202, asked

    async def post(self, who: Character, friend: Session, number: int, words: str) -> int:
        """A post of theirs for one, with pictures of any size, and a comment below it."""
        width, height = SIZES[number % len(SIZES)]
        picture = {
            "type": "Image",
            "mediaType": "image/png",
            "url": ADDRESSES[number % len(ADDRESSES)] or "https://evil.test/y.png",
            "name": words,
            "width": width,
            "height": height,
            "size": NUMBERS[number % len(NUMBERS)],
            "blurhash": words[:150],
        }
        more: dict[str, Any] = {"attachment": [picture]} if number % 2 else {}
        if number % 3 == 0:
            more |= {"type": "Article", "name": words}
        if number % 5 == 0:
            more |= {"summary": words, "sensitive": True}
        note = {
            **who.note("post", content=f"<p>{words}</p><p>{words}</p>"),
            "published": DATES[number % len(DATES)],
            "to": [friend.account.actor],
            **more,
        }
        said = await self.says(who, "Create", note, friend.account.actor)
        answer = who.note("answer", content=words, inReplyTo=note["id"], to=[friend.account.actor])
        await self.says(who, "Create", answer, friend.account.actor)
        return said


async def besieged(home: AppNode, servers: Servers, ada: Session) -> None:
    """Half of the hostile people are Ada's friends and post; the other half ask to be."""
    for number, words in enumerate(WORDS.values()):
        who = servers.somebody(number, words)
        await servers.ask_for(who, ada, words)
    await applied(home)
    async with home.line(ada.token or "") as line:
        for who in servers.people[::2]:
            await line.ask("POST", "/friends/accept", dict, {"actor": who.id})
    taken = [
        await servers.post(who, ada, number, words)
        for number, (who, words) in enumerate(zip(servers.people, WORDS.values(), strict=True))
        if number % 2 == 0
    ]
    assert 202 in taken
    await applied(home)


async def applied(home: AppNode) -> None:
    """Until what came is in the tables."""
    while await home.node.worker.step():
        pass


# -- what a node of one's own would never say, and yet may break nothing ---------------------------

ENUMS = {
    "id", "kind", "state", "role", "registration", "media_type", "following", "code", "clause",
    "audience", "actor", "seat", "number", "domain", "media_origin", "post", "direction",
    "in_reply_to", "handle", "fetch", "device", "languages", "lang",
}  # fmt: skip
# The device's own talk with its node is sealed and signed: what is changed there is refused there.
OF_THE_DEVICE = ("/events", "/mailbox", "/device", "/key", "/conversations", "/relationships")


class Twisted:
    """Answers of the node in which every word, number, date and address is a hostile one."""

    def __init__(self, turn: int) -> None:
        self._words = self._from(list(WORDS.values()), turn)
        self._numbers = self._from(NUMBERS, turn)
        self._dates = self._from(DATES, turn)
        self._addresses = self._from(ADDRESSES, turn)

    @staticmethod
    def _from(values: Iterable[Any], turn: int) -> Iterator[Any]:
        endless = cycle(values)
        for _ in range(turn):
            next(endless)
        return endless

    async def answer(self, route: Route, request: Request) -> None:
        """What the node says, twisted."""
        path = request.url.partition("/api/kith/v1")[2]
        if request.method != "GET" or path.startswith(OF_THE_DEVICE):
            await route.continue_()
            return
        answer = await route.fetch()
        if "json" not in answer.headers.get("content-type", ""):
            await route.fulfill(response=answer)
            return
        said = self.twisted(await answer.json())
        await route.fulfill(response=answer, body=json.dumps(said))

    def twisted(self, value: Any, name: str = "") -> Any:
        """`value` with all leaves but those by which the app finds its way."""
        if isinstance(value, dict):
            return {key: self.twisted(member, key) for key, member in value.items()}
        if isinstance(value, list):
            return [self.twisted(member, name) for member in value]
        if name in ENUMS or isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return next(self._numbers)
        if len(value) > 18 and value[4:5] == "-" and value[10:11] == "T":
            return next(self._dates)
        is_address = name in {"here", "poster_here", "icon_here", "icon", "url"}
        return next(self._addresses if is_address else self._words)


# -- what it may not do to a screen ----------------------------------------------------------------

WRONG = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push("the page goes sideways");
  if (document.querySelector("[role=alert] h1") !== null) found.push("the screen stumbled");
  const name = (one) => `${one.tagName.toLowerCase()}.${one.className} in ` +
    `${one.parentElement?.tagName.toLowerCase()}.${one.parentElement?.className}`;
  // The ways out are seen, and nothing lies over them.
  const dialog = document.querySelector("dialog[open]");
  const ways = dialog === null
    ? document.querySelectorAll(".ways-bar a.way, .screen-head > .round, .chat-back, .feed-back")
    : dialog.querySelectorAll(".sheet-head > .round");
  for (const way of [...ways, ...(dialog ?? document).querySelectorAll(".composer textarea")]) {
    if (!way.checkVisibility()) continue;
    way.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { left, top, width, height } = way.getBoundingClientRect();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    if (over === null || !(way.contains(over) || over.contains(way)))
      found.push(`${name(way)} is covered by ${over && name(over)}`);
  }
  const isInline = (one) => getComputedStyle(one).display.startsWith("inline") &&
    getComputedStyle(one).display === "inline";
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = words.nextNode(); node !== null; node = words.nextNode()) {
    const text = node.data;
    const holder = node.parentElement;
    if (holder.closest("script, style, option, textarea") || !holder.checkVisibility()) continue;
    // Marks that tower stay within their own item.
    if (/\\p{M}{8}/u.test(text)) {
      const item = holder.closest("li, article, header, .card, .line, p, h1, h2, dt, dd");
      let clips = false;
      for (let one = holder; one !== null && !clips; one = one.parentElement) {
        clips = getComputedStyle(one).overflowY !== "visible";
        if (one === item?.parentElement) break;
      }
      if (!clips) found.push(`marks tower out of ${name(holder)}`);
    }
    // Words of others turn no words that stand beside them.
    if (!/[\\u0590-\\u08ff\\u202a-\\u202e\\u2066-\\u2069]/u.test(text)) continue;
    if (/^\\u2068[^\\u2066-\\u2069]*\\u2069$/u.test(text)) continue;
    let one = holder;
    let isApart = false;
    while (isInline(one) && !isApart) {
      isApart = /isolate|plaintext/u.test(getComputedStyle(one).unicodeBidi);
      one = one.parentElement;
    }
    if (isApart || /isolate|plaintext/u.test(getComputedStyle(one).unicodeBidi)) continue;
    const beside = [...one.childNodes].filter((other) => !other.contains(node) && (
      other.nodeType === Node.TEXT_NODE ? other.data.trim() !== ""
        : other.nodeType === Node.ELEMENT_NODE && isInline(other) && other.textContent !== ""));
    if (beside.length > 0) found.push(`${name(holder)} turns what stands beside it`);
  }
  return [...new Set(found)].slice(0, 12);
}"""
GO = """(path) => {
  history.pushState(null, "", "/app" + path);
  dispatchEvent(new PopStateEvent("popstate"));
}"""


class Complaints:
    """What a page's console says beside what `Watched` hears."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A node that refuses an address that is none is no fault of the page.
        # Nor is a service worker that this test does without.
        expected = ("Failed to load resource", "Service Worker registration blocked")
        if message.type in {"error", "warning"} and not message.text.startswith(expected):
            self.said.append(message.text[:300])
