"""Pages for people, drawn here and without script: front, sign-up, profile, problem (API-10)."""

from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from node.accounts import invites
from node.accounts.account import Role, State
from node.accounts.invites import Invite
from node.accounts.sign_up import Registration
from node.config import Config
from node.errors import Forbidden, Malformed, Missing, Refused
from node.store.feeds import FeedUnit
from node.store.invites import InvitesUnit
from node.store.unit import Units
from node.web import problems
from node.web.bodies import ArrivingBody, JsonBodies
from node.web.budget import Budget
from node.web.limits import Limiter, TrustedProxies
from node.web.problems import Kind, Problem
from node.web.signup import SignUp, SignUpForm
from node.web.words import Speaker, chosen
from node.wire.api.inbox import MediaFile, Post
from node.wire.times import rfc3339

HERE = Path(__file__).parent
FIELDS = ("name", "display_name", "password", "reason")
FORM = JsonBodies(16 * 1024)  # a form is as long and as slow as other bodies may be
MOST_POSTS = 20  # on a person's page
ACTIVITY = ("application/activity+json", "application/ld+json")


def policy(media_origin: str) -> str:
    """What a page may load: our sheet, our media, no script at all (API-10.1)."""
    media = f"'self' {media_origin}"
    return (
        f"default-src 'none'; style-src 'self'; img-src {media}; media-src {media}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def server_option(config: Config) -> str:
    """What `kith login @you@domain` needs besides, where that domain is not where we are."""
    where = config.reached_at
    return "" if where == f"https://{config.account_domain}" else f" --server {where}"


ROBOTS = "User-agent: *\n" + "".join(
    f"Disallow: {path}\n"
    for path in ("/api/", "/media/", "/invite/", "/reset/", "/join", "/link", "/o/", "/t/")
)


class Draws(Protocol):
    """`drawing.Drawing`."""

    def draw(self, template: str, known: dict[str, Any]) -> str: ...


class Pages:
    """Draws pages."""

    def __init__(
        self,
        config: Config,
        units: Units,
        signing_up: SignUp,
        limiter: Limiter,
        proxies: TrustedProxies,
        budget: Budget,
    ) -> None:
        self.config = config
        self.units = units
        self.signing_up = signing_up
        self.limiter = limiter
        self.proxies = proxies
        self.budget = budget

    @cached_property
    def _drawing(self) -> Draws:
        # By name: no start waits for the templates, and a node may never draw a page.
        drawing: Draws = import_module("node.web.pages.drawing").Drawing(
            {
                "node_name": self.config.node_name,
                "domain": self.config.account_domain,
                "server": server_option(self.config),
            }
        )
        return drawing

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """Routes outside the API."""
        return (
            web.get("/", self.front, allow_head=False),
            web.get("/join", self.join, allow_head=False),
            web.post("/join", self.join),
            web.get("/invite/{secret}", self.join, allow_head=False),
            web.post("/invite/{secret}", self.join),
            web.get("/reset/{secret}", self.reset, allow_head=False),
            web.post("/reset/{secret}", self.reset),
            web.get("/link", self.link, allow_head=False),
            web.get("/welcome", self.welcome, allow_head=False),
            web.get("/@{name}", self.profile, allow_head=False),
            web.get("/problems/{code}", self.about_problem, allow_head=False),
            web.get("/robots.txt", self.robots, allow_head=False),
            web.static("/static", HERE / "static"),
        )

    def draw(
        self, request: web.Request, template: str, status: int = 200, **known: Any
    ) -> web.Response:
        """`template` with what is `known`, in the reader's language, and the headers of a page."""
        speaker = speaker_for(request)
        spoken = {"say": speaker.say, "language": speaker.language, "direction": speaker.direction}
        drawn = self._drawing.draw(template, known | spoken)
        response = web.Response(text=drawn, content_type="text/html", status=status)
        response.headers["Content-Language"] = speaker.language
        response.headers["Vary"] = "Accept-Language"
        response.headers["Content-Security-Policy"] = policy(self.config.media_origin)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response

    def draw_form(
        self, request: web.Request, template: str, status: int, **known: Any
    ) -> web.Response:
        """As `draw`, of what no cache keeps. Under `no-referrer` a browser would say
        `Origin: null` of our own form too."""
        response = self.draw(request, template, status, **known)
        response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})
        return response

    def problem(self, request: web.Request, problem: Problem) -> web.Response:
        """A problem as a page."""
        words = _problem_words(speaker_for(request), problem.kind, problem.clause, problem.detail)
        response = self.draw(
            request, "problem.html", problem.kind.status, kind=problem.kind,
            clause=problem.clause, incident=problem.incident, **words,
        )  # fmt: skip
        response.headers.update(problem.headers)
        return response

    async def about_problem(self, request: web.Request) -> web.StreamResponse:
        """What a problem document's `type` leads to."""
        code = request.match_info["code"]
        kind = next((one for one in problems.every_kind() if one.code == code), None)
        if kind is None:
            raise Missing("API-1.5", "there is no such problem")
        words = _problem_words(speaker_for(request), kind, "", "")
        return self.draw(request, "problem.html", 200, kind=kind, clause="", incident="", **words)

    async def link(self, _request: web.Request) -> web.StreamResponse:
        """The link of a device that is linked, opened by a camera: the app reads it (LNK-2.5).

        What stands behind the # a browser takes along by itself.
        """
        raise web.HTTPSeeOther("/app/link", headers={"Cache-Control": "no-cache"})

    async def robots(self, _request: web.Request) -> web.StreamResponse:
        """Pages say themselves whether they are to be found; the rest is for nobody's index."""
        return web.Response(text=ROBOTS, content_type="text/plain")

    async def front(self, request: web.Request) -> web.StreamResponse:
        registration = await self.units.look(InvitesUnit, lambda unit: unit.registration())
        return self.draw(request, "front.html", registration=registration)

    # -- sign-up -------------------------------------------------------------------------------

    async def join(self, request: web.Request) -> web.StreamResponse:
        """The form, and what was written into it."""
        secret = request.match_info.get("secret")
        form = await self._form(request, secret)
        if request.method == "GET":
            return self._join_page(request, form, {})
        same_site(request, self.config.origin)
        address = self.proxies.client_of(request)
        await self.limiter.attempt(address, {})
        sent = await _fields(request, self.budget, address)
        filled = SignUpForm(
            name=sent["name"], password=sent["password"], display_name=sent["display_name"],
            invite=secret, reason=sent["reason"],
        )  # fmt: skip
        try:
            account = await self.signing_up.sign_up(filled, address)
        except Refused as refusal:
            # The person sees the form again, with what they wrote and what to change.
            status = problems.kind_of(refusal).status
            problem = _reason(speaker_for(request), refusal.clause, refusal.reason)
            return self._join_page(request, form | {"problem": problem}, sent, status)
        to = "/welcome?pending" if account.state is State.PENDING else f"/welcome?{account.name}"
        raise web.HTTPSeeOther(to)

    async def _form(self, request: web.Request, secret: str | None) -> dict[str, Any]:
        async def look(unit: InvitesUnit) -> tuple[Registration, Invite | None, str]:
            if secret is None:
                return await unit.registration(), None, ""
            invite, maker = await invites.find_invite(invites.digest_of(secret), unit)
            shown = (maker.display_name or maker.name) if maker else ""
            return await unit.registration(), invite, shown

        registration, invite, inviter = await self.units.look(InvitesUnit, look)
        if invite is None and registration is Registration.INVITE:
            raise Forbidden(
                "ACC-2.1", "you need an invite to sign up here: ask somebody who lives on this node"
            )
        return {
            "by_invite": invite is not None,
            "secret": secret if invite is not None else "",
            "inviter": inviter,
            "befriends": bool(invite and invite.befriends),
            "admin": bool(invite and invite.role is Role.ADMIN),
            "approval": invite is None and registration is Registration.APPROVAL,
            "problem": "",
        }

    def _join_page(
        self, request: web.Request, form: dict[str, Any], sent: dict[str, str], status: int = 200
    ) -> web.Response:
        # A password is never sent back into a page.
        kept = {name: sent.get(name, "") for name in FIELDS if name != "password"}
        return self.draw_form(request, "join.html", status, **form, **kept)

    async def welcome(self, request: web.Request) -> web.StreamResponse:
        said = request.query_string
        pending = said == "pending"
        name = said if not pending and said.isascii() and said.replace("_", "a").isalnum() else ""
        return self.draw(request, "welcome.html", pending=pending, name=name[:30])

    async def reset(self, request: web.Request) -> web.StreamResponse:
        """The form of a link for a new password, and what was written into it (ACC-5.2)."""
        secret = request.match_info["secret"]
        whose, problem, status = await self.signing_up.reset(secret), "", 200
        if request.method == "POST":
            same_site(request, self.config.origin)
            address = self.proxies.client_of(request)
            await self.limiter.attempt(address, {})
            sent = await _fields(request, self.budget, address)
            try:
                account = await self.signing_up.use_reset(secret, sent["password"], address)
            except Malformed as refusal:
                problem = _reason(speaker_for(request), refusal.clause, refusal.reason)
                status = problems.kind_of(refusal).status
            else:
                raise web.HTTPSeeOther(f"/welcome?{account.name}")
        return self.draw_form(request, "reset.html", status, name=whose.name, problem=problem)

    # -- people --------------------------------------------------------------------------------

    async def profile(self, request: web.Request) -> web.StreamResponse:
        """A person's page, or the way to their actor document for who asks for that."""
        name = request.match_info["name"].lower()
        shown = await self.units.look(InvitesUnit, lambda unit: unit.profile(name))
        if shown is None:
            raise Missing("ACC-1.3", "nobody of this name lives here")
        if any(kind in request.headers.get("Accept", "") for kind in ACTIVITY):
            raise web.HTTPFound(shown.actor, headers={"Vary": "Accept"})
        open_posts = await self.units.look(
            FeedUnit, lambda unit: unit.open_by(shown.actor, MOST_POSTS)
        )
        response = self.draw(
            request, "profile.html", shown=shown.display_name or shown.name,
            posts=[_shown(post, speaker_for(request)) for post in open_posts],
            address=f"@{shown.name}@{self.config.account_domain}", actor=shown.actor,
            icon=shown.icon, links=shown.links, summary=shown.summary, kind=shown.kind,
        )  # fmt: skip
        response.headers["Vary"] = "Accept, Accept-Language"
        return response


def speaker_for(request: web.Request) -> Speaker:
    """Who says the words of a page to whoever asks for it."""
    return Speaker(chosen(request.headers.get("Accept-Language", "")))


def _reason(speaker: Speaker, clause: str, reason: str) -> str:
    """Why something was refused: in English as it is thrown, else as the app says it."""
    key = f"problem.{clause}"
    return speaker.say(key) if speaker.language != "en" and speaker.knows(key) else reason


def _problem_words(speaker: Speaker, kind: Kind, clause: str, detail: str) -> dict[str, str]:
    """The words of a problem's page."""
    key = f"problem.{kind.code}"
    if speaker.language == "en" or not speaker.knows(key):
        return {"title": kind.title, "detail": detail, "advice": kind.advice}
    told = _reason(speaker, clause, "").removesuffix(".")
    return {"title": speaker.say(key).removesuffix("."), "detail": told, "advice": ""}


def _shown(post: Post, speaker: Speaker) -> dict[str, Any]:
    """A public post as its author's page has it; a video's page has all else of a video."""
    when = rfc3339(post.published)
    path = urlsplit(post.url).path if post.video else ""
    return {
        "anchor": post.id.rpartition("/")[2], "when": when, "day": when[:10],
        "video": path, "name": post.name or speaker.say("page.video"), "lang": post.lang,
        "words": "" if post.video else post.content,
        "pictures": [] if post.video else [_picture(one) for one in post.media],
        "behind": post.summary or (speaker.say("page.sensitive") if post.sensitive else ""),
    }  # fmt: skip


def _picture(file: MediaFile) -> dict[str, str]:
    """A smaller one of it, where there is one; of an animation its first picture."""
    return {"at": file.poster or file.url, "words": file.name}


def same_site(request: web.Request, origin: str) -> None:
    """Raises `Forbidden` (API-10.2) when the browser says that another site sent the form.

    `null` is said by a page without an origin (a sandboxed frame, a `data:` address), and by
    some browsers for a page of ours: only those that say more are believed then.
    """
    fetched_from = request.headers.get("Sec-Fetch-Site")
    sent_from = request.headers.get("Origin", origin)
    ours = urlsplit(sent_from).netloc == urlsplit(origin).netloc
    ours = ours or (sent_from == "null" and fetched_from == "same-origin")
    if fetched_from not in (None, "same-origin", "none") or not ours:
        raise Forbidden("API-10.2", "this form was sent from another site: open the link again")


async def _fields(request: web.Request, budget: Budget, address: str) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise problems.WrongType("API-1.2", "this page takes the form that it shows")
    with budget.holding(address) as holding:
        raw = await ArrivingBody(request, FORM.limit_bytes, FORM, holding).whole()
    try:
        sent = dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict"))
    except ValueError:
        raise Malformed("API-1.3", "the form is not text in UTF-8") from None
    return {name: sent.get(name, "") for name in FIELDS}
