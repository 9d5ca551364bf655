"""The words of a token for our client API, and what each is for (API-3.2)."""

from collections.abc import Mapping
from enum import StrEnum


class Scope(StrEnum):
    """What a token may be used for. A route of this API needs exactly one."""

    READ = "read"
    WRITE = "write"
    MESSAGES = "messages"
    ADMIN = "admin"


ALL_SCOPES = (Scope.READ, Scope.WRITE, Scope.MESSAGES)
SCOPES: Mapping[str, str] = {
    Scope.READ: "read what the account may see",
    Scope.WRITE: "change and publish in the account's name",
    Scope.MESSAGES: "sealed messages: key packages, conversations, the mailbox",
    Scope.ADMIN: "administer the node, for administrators",
}
