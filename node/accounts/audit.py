"""What administrators did, as it is written down (spec API-11.8)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Deed(StrEnum):
    """What can be done."""

    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"
    RESET_LINK = "reset-link"
    SETTINGS = "set-registration"
    SUSPEND_SERVER = "suspend-server"
    ALLOW_SERVER = "allow-server"
    SUSPEND_ACTOR = "suspend-actor"
    ALLOW_ACTOR = "allow-actor"
    DELETE_POST = "delete-post"
    CLOSE_REPORT = "close-report"


class Act(Struct, frozen=True):
    """`who` is the name of an administrator's account, "" on the node's machine. `object` is an
    account's name, a host, an actor, a post or a report. `about` is whom it is not shown to."""

    id: str
    who: str
    deed: Deed
    object: str
    at: datetime
    about: str = ""
