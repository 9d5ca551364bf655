"""The description of the client API, made from its routes (OpenAPI 3.1, spec API-8)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from node.web import problems
from node.web.routes import Route
from node.web.surface import Surface

VERSION = "1.0.0"
_PARAMETER = re.compile(r"\{(\w+)(?::[^}]*)?\}")


def describe(surface: Surface, server: str) -> dict[str, Any]:
    """The whole document. `server` is the address that the paths are below."""
    routes = surface.routes
    types = [kind for route in routes for kind in (route.body, route.answers) if _is_json(kind)]
    schemas, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(map(repr, types), schemas, strict=True))
    for name in _always_whole(surface):
        components[name]["required"] = list(components[name]["properties"])
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = _PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(surface, route, by_type)
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
                "token": {"type": "http", "scheme": "bearer", "description": _scopes(surface)}
            },
        },
    }


def _always_whole(surface: Surface) -> set[str]:
    """The structures of answers: the node says each of their members, whatever its default is."""
    asked = {kind.__name__ for kind in _structures(route.body for route in surface.routes)}
    said = _structures(route.answers for route in surface.routes)
    return {kind.__name__ for kind in said if not kind.__struct_config__.omit_defaults} - asked


def _structures(kinds: Iterable[Any]) -> set[Any]:
    """These, and all that they are made of."""
    found: set[Any] = set()
    left = list(msgspec.inspect.multi_type_info([kind for kind in kinds if _is_json(kind)]))
    while left:
        match left.pop():
            case msgspec.inspect.StructType(cls=cls, fields=fields) if cls not in found:
                found.add(cls)
                left += [field.type for field in fields]
            case msgspec.inspect.ListType(item_type=item):
                left.append(item)
            case msgspec.inspect.DictType(value_type=value):
                left.append(value)
            case msgspec.inspect.UnionType(types=types):
                left += types
    return found


def _is_json(kind: Any) -> bool:
    return kind is not None and kind is not bytes


def _scopes(surface: Surface) -> str:
    words = surface.scopes or {}
    return "Scopes: " + "; ".join(f"`{scope}`: {text}" for scope, text in words.items())


def _operation(surface: Surface, route: Route, schemas: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.says,
        "tags": [route.path.strip("/").partition("/")[0]],
        "parameters": _parameters(surface, route),
        "responses": {str(route.status): _answers(route, schemas), "default": _refusals()},
    }
    operation["security"] = [{"token": [str(word)]} for word in route.scopes]
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


def _parameters(surface: Surface, route: Route) -> list[dict[str, Any]]:
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
        found += [
            {"name": name, "in": "query", **members}
            for name, members in surface.paging.parameters.items()
        ]
    if route.method == "POST" and route.idempotent:
        key = {"type": "string", "minLength": 16, "maxLength": 255}
        says = "With it the request is carried out once, however often it is sent within 24 hours."
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


def undocumented(app: web.Application, surface: Surface, known: Iterable[str]) -> list[str]:
    """What `app` serves though neither a route of `surface` nor the list `known` names it.

    HEAD goes with its GET.
    """
    said = {f"{route.method} {surface.prefix}{route.path}" for route in surface.routes} | set(known)
    served = {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None
    }
    return sorted(one for one in served - said if one.replace("HEAD ", "GET ", 1) not in said)
