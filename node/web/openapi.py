"""The description of the client API, made from its routes (OpenAPI 3.1, spec API-8)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from node.web import problems
from node.web.routes import LARGEST_PAGE, USUAL_PAGE, Route, Scope

VERSION = "1.0.0"
_PARAMETER = re.compile(r"\{(\w+)(?::[^}]*)?\}")
_SCOPES = {
    Scope.READ: "read what the account may see",
    Scope.WRITE: "change and publish in the account's name",
    Scope.MESSAGES: "sealed messages: key packages, conversations, the mailbox",
    Scope.ADMIN: "administer the node, for administrators",
}


def describe(routes: Sequence[Route], server: str) -> dict[str, Any]:
    """The whole document. `server` is the address that the paths are below."""
    types = [kind for route in routes for kind in (route.body, route.answers) if _is_json(kind)]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kith client API",
            "version": VERSION,
            "description": "What a person's devices and bots say to their home node. The clauses "
            "that answers name are those of the specification.",
        },
        "servers": [{"url": server}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted({**components, "Problem": _problem_schema()}.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": _scopes()}
            },
        },
    }


def _is_json(kind: Any) -> bool:
    return kind is not None and kind is not bytes


def _scopes() -> str:
    return "Scopes: " + "; ".join(f"`{scope}`: {text}" for scope, text in _SCOPES.items())


def _operation(route: Route, schemas: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.says,
        "tags": [route.path.strip("/").partition("/")[0]],
        "parameters": _parameters(route),
        "responses": {str(route.status): _answers(route, schemas), "default": _refusals()},
    }
    if route.scope is not None:
        operation["security"] = [{"token": [str(route.scope)]}]
    else:
        operation["security"] = []
    if route.admin:
        operation["description"] = "For administrators only."
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body, schemas)}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", _PARAMETER.sub(r"by_\1", route.path))
    return "_".join([route.method.lower(), *words])


def _content(kind: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    if kind is bytes:
        return {"application/octet-stream": {}}
    return {"application/json": {"schema": schemas[repr(kind)]}}


def _answers(route: Route, schemas: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": route.says}
    if route.answers is not None:
        answer["content"] = _content(route.answers, schemas)
    if route.paged:
        answer["headers"] = {
            "Link": {
                "description": 'The next page, with `rel="next"`; absent on the last one.',
                "schema": {"type": "string"},
            }
        }
    return answer


def _refusals() -> dict[str, Any]:
    return {
        "description": "A refusal, as a problem document (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }


def _parameters(route: Route) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": text}
        for name in _PARAMETER.findall(route.path)
    ]
    found += [
        {"name": name, "in": "query", "description": says, "schema": text}
        for name, says in route.query.items()
    ]
    if route.paged:
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE}
        after = "Where the last page ended, from its Link header."
        found.append({"name": "limit", "in": "query", "schema": limit})
        found.append({"name": "after", "in": "query", "description": after, "schema": text})
    if route.method == "POST" and route.idempotent:
        key = {"type": "string", "minLength": 16, "maxLength": 255}
        says = "With it the deed is done once, however often it is asked for within 24 hours."
        found.append(
            {"name": "Idempotency-Key", "in": "header", "description": says, "schema": key}
        )
    return found


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    codes = sorted({kind.code for kind in problems.every_kind()})
    return {
        "title": "Problem",
        "type": "object",
        "required": ["type", "title", "status", "detail", "clause", "code", "params"],
        "properties": {
            "type": text | {"format": "uri-reference"},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "clause": text | {"description": "The numbered clause of the specification."},
            "code": text | {"enum": codes},
            "params": {
                "type": "object",
                "additionalProperties": {"type": ["string", "integer"]},
            },
            "incident": text | {"description": "Of a fault: what the operator looks for."},
        },
    }


def undocumented(
    app: web.Application, routes: Iterable[Route], known: Iterable[str], prefix: str
) -> list[str]:
    """What `app` serves though neither `routes` (below `prefix`) nor the list `known` names it."""
    said = {f"{route.method} {prefix}{route.path}" for route in routes} | set(known)
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None
    }
    return sorted(served - said)
