"""What is sent of the abuse cases (`cases/*.json`): requests, of inputs.

`tests/abuse/test_cases.py` says what the kinds of inputs are and judges each answer; the hostile
load (`tests/process/hostile.py`) sends them all, over and over.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from node.federation.discovery import ACTIVITY_JSON
from node.ports import Clock, Request, Response
from node.testing.weather import Character, ScriptedServer
from node.wire import proofs
from node.wire.keys import PrivateKey, ed25519_from_seed

FILES = sorted((Path(__file__).parent / "cases").glob("*.json"))
TARGET = "https://alpha.test"
INBOX = f"{TARGET}/inbox"
BESIDE = ("as", "serves")  # what an input has beside its kind


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def kind_of(input: Mapping[str, Any]) -> tuple[str, Any]:
    """What is done, and with what."""
    return next((kind, input[kind]) for kind in input if kind not in BESIDE)


class Mouth:
    """A server of Mallory and Eve, and how the inputs are said there.

    `others` are who else may be named as a sender; `names` are ids behind `$name`.
    """

    def __init__(
        self, server: ScriptedServer, clock: Clock, names: dict[str, str], **others: Character
    ) -> None:
        self.server = server
        self._clock = clock
        self.mallory, self.eve = server.character("mallory"), server.character("eve")
        self.people = {"mallory": self.mallory, "eve": self.eve, **others}
        self.names = {**names, **{name: one.id for name, one in self.people.items()}}
        self._ways: dict[str, Callable[[int, Any, Character], list[Request]]] = {
            "ask": self._asked,
            "get": self._got,
            "body": self._raw_body,
            "says": self._said,
            "alter": self._altered,
            "proof": self._proven,
            "hosts": self._from_many_hosts,
        }

    def fill(self, value: Any) -> Any:
        """`value` with `$name` as the id it stands for, and `[text, times]` under `*` repeated."""
        if isinstance(value, str):
            for name, id in self.names.items():
                value = value.replace(f"${name}", id)
            return value
        if isinstance(value, dict) and set(value) == {"*"}:
            each, times = value["*"]
            return each * times if isinstance(each, str) else [self.fill(each)] * times
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        return [self.fill(each) for each in value] if isinstance(value, list) else value

    def requests(self, number: int, input: Mapping[str, Any]) -> list[Request]:
        """What the input sends; nothing, when it is of a kind that sends none."""
        self.server.pages.update(self._served(input.get("serves", {})))
        kind, what = kind_of(input)
        way = self._ways.get(kind)
        return way(number, what, self.people[input.get("as", "mallory")]) if way else []

    def _served(self, pages: dict[str, Any]) -> dict[str, Response]:
        """What stands at addresses of the server: documents, or bytes of another kind."""
        found = {}
        for path, page in pages.items():
            url = f"https://{self.server.domain}{path}"
            plain = isinstance(page, dict) and "kind" in page
            body = page["body"] if plain else json.dumps(self.fill(page))
            headers = {"content-type": page["kind"] if plain else ACTIVITY_JSON}
            status = page.get("status", 200) if plain else 200
            found[url] = Response(status, url, headers, body.encode())
        return found

    def post(self, raw: bytes, one: Character) -> Request:
        return self.server.signed(one.ed25519, raw, INBOX)

    def _asked(self, _number: int, what: Any, _one: Character) -> list[Request]:
        body = what.get("body", "").encode()
        url = TARGET + self.fill(what["path"])
        return [Request(what["method"], url, what.get("headers", {}), body)]

    def _got(self, _number: int, what: str, one: Character) -> list[Request]:
        url = self.fill(what)
        return [self.server.asks(one, url if url.startswith("https://") else TARGET + url)]

    def _raw_body(self, _number: int, what: Any, one: Character) -> list[Request]:
        raw = "".join(text * times for text, times in what).encode("utf-8", "surrogatepass")
        return [self.post(raw, one)]

    def _said(self, number: int, what: Any, one: Character) -> list[Request]:
        said = {"id": f"https://{one.host}/t/{number}", "actor": one.id, **what}
        return [self.post(json.dumps(self.fill(said)).encode(), one)]

    def _altered(self, number: int, what: Any, _one: Character) -> list[Request]:
        id = f"https://{self.server.domain}/t/{number}"
        said = self.mallory.says("Like", self.names["public"], id, to=[self.names["alice"]])
        signer = self.eve if what.get("by") == "eve" else self.mallory
        now = self._clock.now() + timedelta(seconds=what.get("seconds", 0))
        url = TARGET + what.get("signed_for", "/inbox")
        key = signer.rsa if what.get("rsa") else signer.ed25519
        request = self.server.signed(key, said, url, now)
        drop = {name.lower() for name in what.get("drop", ())}
        headers = {k: v for k, v in request.headers.items() if k.lower() not in drop}
        for name, (old, new) in what.get("swap", {}).items():
            headers = {
                k: v.replace(old, new) if k.lower() == name else v for k, v in headers.items()
            }
        headers.update(what.get("headers", {}))
        body = request.body + what.get("more", "").encode()
        return [Request(what.get("method", "POST"), INBOX, headers, body)]

    def _proven(self, number: int, what: Any, _one: Character) -> list[Request]:
        actor = self.people[what.get("actor", "mallory")]
        says = what.get("says", {"type": "Like", "object": "$public", "to": ["$alice"]})
        document = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"https://{self.server.domain}/t/{number}",
            "actor": actor.id,
            **self.fill(says),
        }
        now = self._clock.now() + timedelta(seconds=what.get("seconds", 0))
        target = document["object"] if what.get("inner") else document
        made = []
        for name in what.get("by", ["mallory"]):
            key: PrivateKey = self.people[name].ed25519
            proof = dict(proofs.prove(target, key, now)["proof"]) | self.fill(what.get("proof", {}))
            made += [{name: each for name, each in proof.items() if each is not None}]
        made *= what.get("times", 1)
        if made:
            target["proof"] = made if len(made) > 1 else made[0]
        document.update(self.fill(what.get("edit", {})))
        sender = self.people[what.get("sent_by", "mallory")]
        return [self.post(json.dumps(document).encode(), sender)]

    def _from_many_hosts(self, _number: int, count: int, _one: Character) -> list[Request]:
        """Likes under keys of as many hosts that there are not."""
        found = []
        for host in no_hosts(count):
            actor = f"https://{host}/a/x"
            said = {"id": f"{actor}/1", "type": "Like", "actor": actor, "object": "$public"}
            key = ed25519_from_seed(bytes(32), f"{actor}#ed25519-key", actor)
            raw = json.dumps(self.fill(said)).encode()
            found.append(self.server.signed(key, raw, INBOX))
        return found


def no_hosts(count: int) -> list[str]:
    """Names of so many servers that there are not."""
    return [f"h{each}.{each % 50}.test" for each in range(count)]
