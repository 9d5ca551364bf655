"""Pure: which copy of a public video goes to who follows its channel or author (spec VID-8.2)."""

from collections.abc import Container
from enum import StrEnum

from node.federation.capabilities import FRIENDSHIP, VIDEOS


class Copy(StrEnum):
    """In which form a server is told of the video."""

    VIDEO = "video"  # the Create of the Video
    SHARE = "share"  # the channel's Announce of it


def copy_for(capabilities: Container[str], hears_note: bool) -> Copy | None:
    """The one copy that a follower's server reads; None: the Note that they are sent is enough.

    PeerTube shows no Notes, whoever is sent one. Of the others a Kith server looks into the Video;
    elsewhere what an account makes is shown to the account's followers, and to the channel's what
    the channel announces.
    """
    if VIDEOS in capabilities:
        return Copy.SHARE
    if hears_note:
        return None
    return Copy.VIDEO if FRIENDSHIP in capabilities else Copy.SHARE
