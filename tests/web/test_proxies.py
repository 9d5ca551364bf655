"""The proxies of `docs/proxies.md` let through what a node needs; a 413 of one is told as such."""

import ipaddress
import re
from pathlib import Path

import pytest

from node.client.api import error_of
from node.client.cli import advice
from node.client.uploads import CHUNK
from node.config import Config
from node.errors import TooMuch
from node.web.api.streams import HEARTBEAT_SECONDS
from node.web.limits import TrustedProxies
from node.web.problems import problem_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proxies.md"
UNITS = {"m": 2**20, "MB": 10**6, "s": 1}


def directives(language: str, end: str) -> dict[str, list[list[str]]]:
    """The directives of a block of the page by name, however deep; braces must match."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S)
    depth, found = 0, dict[str, list[list[str]]]()
    for line in filter(None, map(str.strip, block.splitlines())):
        depth += line.endswith("{") - (line == "}")
        assert depth >= 0 and line.endswith(("{", "}", end)), line
        name, *words = line.rstrip("{;").split()
        found.setdefault(name, []).append(words)
    assert depth == 0
    return found


def amount(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def trusted() -> TrustedProxies:
    (named,) = set(re.findall(r"KITH_TRUSTED_PROXIES=(\S+)", PAGE.read_text()))
    return TrustedProxies.of([named])


@pytest.mark.clause("API-4.4")
def test_nginx_passes_what_a_node_needs() -> None:
    found = directives("nginx", ";")
    config = Config(origin="https://kith.example.org")
    assert found["proxy_pass"] == [[f"http://{config.listen}"]]
    headers = dict(found["proxy_set_header"])
    assert headers == {"Host": "$host", "X-Forwarded-For": "$remote_addr", "Connection": '""'}
    assert found["proxy_buffering"] == found["proxy_request_buffering"] == [["off"]]
    assert found["proxy_http_version"] == [["1.1"]]
    ((body,),) = found["client_max_body_size"]
    assert amount(body) > max(config.chunk_limit_bytes, config.inbox_limit_bytes, CHUNK)
    ((silence,),) = found["proxy_read_timeout"]
    assert amount(silence) > max(2 * HEARTBEAT_SECONDS, config.peer_timeout_seconds)
    client = trusted().client("127.0.0.1", ["198.51.100.1"])
    assert client == "198.51.100.1"


@pytest.mark.clause("API-4.4")
def test_caddy_passes_what_a_node_needs() -> None:
    found = directives("caddy", "")
    config = Config(origin="https://kith.example.org")
    assert found["reverse_proxy"] == [[config.listen]]
    ((body,),) = found["max_size"]
    assert amount(body) > max(config.chunk_limit_bytes, CHUNK)
    assert found["flush_interval"] == [["-1"]], "nothing is held back"
    assert found["header_up"] == [["X-Forwarded-For", "{remote_host}"]]
    assert all(ipaddress.ip_network(n).is_loopback for n in map(str, trusted().proxies))


@pytest.mark.clause("API-9.6")
def test_a_413_of_a_proxy_is_told_as_such_and_one_of_the_node_is_not() -> None:
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    error = error_of(413, page, {"Content-Type": "text/html"})
    assert isinstance(error, TooMuch) and error.clause == "API-9.6"
    assert "proxy" in error.reason and "client_max_body_size" in advice.advice(error)
    ours = problem_of(TooMuch("VID-1.2", "a chunk is too large"), "").document()
    error = error_of(413, ours, {})
    assert isinstance(error, TooMuch) and error.clause == "VID-1.2"
