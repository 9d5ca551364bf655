"""Pure: the node's name, as the world reaches it: DNS, TLS, proxy, WebFinger (spec OPS-3)."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

from node.operation.findings import Finding, look, ok, unknown, wrong

SOON, VERY_SOON = timedelta(days=14), timedelta(days=3)
PROXIES = "docs/proxies.md has whole configurations for Caddy and nginx."


def dns(host: str, addresses: Sequence[str], special: bool) -> Finding:
    """What the name leads to; `special`: it is no public name."""
    if not addresses:
        return wrong(
            "dns",
            f"the name {host} leads nowhere",
            "Make an A or AAAA record for it at your DNS provider.",
        )
    told = f"{host} leads to {', '.join(addresses)}"
    private = [one for one in addresses if not ipaddress.ip_address(one).is_global]
    if private and special:
        return ok("dns", f"{told}: a name for a lab")
    if private:
        return look(
            "dns",
            f"{told}, of which {', '.join(private)} can be reached from here only",
            "Ask from elsewhere too; others need a public address (this may be your hosts file).",
        )
    return ok("dns", told)


def not_reached(check: str, what: str, fault: str, running: bool) -> Finding:
    """Nothing answers, for the reason `fault`. Of a node that is stopped nothing else is wanted."""
    told = f"{what} is not reached: {fault}"
    if not running:
        return unknown(check, f"{told}; the node does not run here")
    return wrong(
        check, told, f"Does the proxy run, and does it pass this name to the node? {PROXIES}"
    )


def certificate(
    check: str, where: str, ends: datetime | None, fault: str, now: datetime
) -> Finding:
    """A certificate of `where`; `fault`: it is not believed, or cannot be read."""
    if fault:
        return wrong(
            check,
            f"the certificate of {where} is not believed: {fault}",
            "Get one for this name (Let's Encrypt), with its whole chain; without it no other "
            "server speaks with this one.",
        )
    if ends is None:
        return unknown(check, f"no certificate of {where} was seen")
    left, told = ends - now, f"the certificate of {where} ends {ends:%Y-%m-%d}"
    if left < timedelta():
        return wrong(check, f"the certificate of {where} ended {ends:%Y-%m-%d}", "Renew it now.")
    if left < VERY_SOON:
        return wrong(check, f"{told}, in less than three days", "Renew it, and see why it was not.")
    if left < SOON:
        return look(check, f"{told}, in less than two weeks", "See whether its renewal works.")
    return ok(check, told)


def same_node(asked: str, answered: str | None) -> Finding:
    """Which node answers under our name; None: nobody told."""
    if answered is None:
        return wrong(
            "same-node",
            f"what answers at {asked} is no Kith node",
            f"Let the proxy pass every path to the node. {PROXIES}",
        )
    if answered != asked:
        return wrong(
            "same-node",
            f"at {asked} answers the node {answered}",
            "Let the proxy pass this name to this node's port.",
        )
    return ok("same-node", f"at {asked} answers this node")


def names(kept: str, given: str) -> Finding:
    """The name that the database has since its first start, and the one in the settings."""
    if given and given != kept:
        return wrong(
            "name",
            f"the settings say {given}, and the database is that of {kept}",
            f"Set KITH_ORIGIN (or --domain) to {kept}: a node's name cannot be changed.",
        )
    return ok("name", f"the node is {kept}")


def webfinger(domain: str, subject: str | None, fault: str) -> Finding:
    """What the domain of the people's addresses says of one of them."""
    if fault or subject is None:
        return wrong(
            "webfinger",
            f"https://{domain}/.well-known/webfinger does not find this node's people: "
            f"{fault or 'it names nobody of this node'}",
            "Let the web server of this domain redirect /.well-known/webfinger to the node, with "
            "its query; else nobody elsewhere finds @name@" + domain + ".",
        )
    return ok("webfinger", f"others find people as @name@{domain}")


def proxy_named(behind: bool | None, named: Sequence[str]) -> Finding:
    """Whether the proxy's word for who calls is believed; `behind` None: nobody could see."""
    wide = [one for one in named if ipaddress.ip_network(one, strict=False).prefixlen == 0]
    if wide:
        return wrong(
            "proxy-headers",
            f"KITH_TRUSTED_PROXIES names {', '.join(wide)}: everybody may say who they are",
            "Name the proxy's own address or network only.",
        )
    if behind is None:
        return unknown("proxy-headers", "whether a proxy stands before the node was not seen")
    if behind and not named:
        return wrong(
            "proxy-headers",
            "a proxy stands before the node and is not named: everybody shares its address, and "
            "its ten logins a minute",
            f"Set KITH_TRUSTED_PROXIES, and let the proxy send X-Forwarded-For. {PROXIES}",
        )
    if not behind:
        return ok("proxy-headers", "people reach the node itself")
    return ok("proxy-headers", f"X-Forwarded-For of {', '.join(named)} is believed")


def proxy_body(status: int | None, asked: int) -> Finding:
    """What is answered to the head of a body of `asked` bytes; None: nothing in time."""
    if status == 413:
        return wrong(
            "proxy-body",
            f"a proxy takes no bodies of {asked // 2**20} MiB: uploads of videos fail",
            f"nginx: client_max_body_size 32m; Caddy: request_body max_size 32MB. {PROXIES}",
        )
    if status is None:
        return unknown("proxy-body", "nobody answered to the head of a large body")
    return ok("proxy-body", f"bodies of {asked // 2**20} MiB come through")


def port(where: str, running: bool, listening: bool, ours: bool) -> Finding:
    """Who listens where the node is to."""
    if listening and not ours:
        return wrong(
            "port",
            f"something else listens on {where}",
            "Stop it, or choose another address with --listen.",
        )
    if running and not listening:
        return wrong(
            "port",
            f"the node runs, and nothing listens on {where}",
            "Is --listen the one it was started with? Else look at its log, and start it again.",
        )
    if listening and not running:
        return look(
            "port",
            f"a Kith node listens on {where}, and this one does not run here",
            "Is it this one, in a container? Ask there. Else choose another address with --listen.",
        )
    return ok("port", f"{where} is {'the node' if listening else 'free'}")


def lab(resolve: Sequence[str], special: bool) -> Finding:
    """Doors into the private network."""
    if resolve and not special:
        return look(
            "lab",
            f"`resolve` leads {', '.join(sorted(resolve))} into the private network",
            "Remove it, unless this node is a lab.",
        )
    return ok("lab", "no name leads into the private network")
