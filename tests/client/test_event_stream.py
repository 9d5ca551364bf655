"""Server-sent events, however the network cuts them."""

import pytest

from node.client.event_stream import LONGEST_EVENT, Event, EventParser
from node.errors import Unreachable

STREAM = (
    b": hello\n\n"
    b'id: 1.1\nevent: notice\ndata: {"n":1}\n\n'
    b":\n\n"
    b'id: 2.1\r\nevent: sealed\r\ndata: {"text":"\xc3\xa9"}\r\n\r\n'
    b'data: {"n":3}\n\n'
)
EVENTS = [
    Event("1.1", "notice", {"n": 1}),
    Event("2.1", "sealed", {"text": "é"}),
    Event("", "message", {"n": 3}),
]


@pytest.mark.clause("API-7.3")
@pytest.mark.parametrize("size", [1, 2, 7, 40, len(STREAM)])
def test_events_are_the_same_in_whichever_pieces_they_come(size: int) -> None:
    parser = EventParser()
    pieces = (STREAM[at : at + size] for at in range(0, len(STREAM), size))
    assert [event for piece in pieces for event in parser.feed(piece)] == EVENTS


def test_those_that_came_together_are_given_together() -> None:
    assert EventParser().feed(STREAM) == EVENTS


@pytest.mark.parametrize("data", ["no JSON", "null", "[]", "7", '"words"'])
def test_data_that_is_no_object_is_no_event(data: str) -> None:
    with pytest.raises(Unreachable):
        EventParser().feed(f"data: {data}\n\n".encode())


def test_what_is_no_stream_of_events_is_told() -> None:
    with pytest.raises(Unreachable):
        EventParser().feed(b"x" * (LONGEST_EVENT + 1))
