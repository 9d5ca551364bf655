"""Write browser/messenger/api_types.ts from the API's own description: `python -m tools.api_types`.

The description is that of API-8, as a node serves it. `make check` compares.
"""

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from node.app import System
from node.testing.fakes import FakeClock, FakeEntropy, FakeFetch
from node.testing.new_node import open_new_node
from node.web.api.surface import API
from node.web.openapi import describe
from node.web.server import SURFACES

PAGE = Path(__file__).resolve().parents[1] / "browser" / "messenger" / "api_types.ts"
HEAD = """\
/**
 * What the client API takes and answers, by route. Made from the node's OpenAPI document by
 * `tools/api_types.py`: change the routes, not this page.
 */

/** With padding. Instants are RFC 3339, in UTC. */
export type Base64 = string;
"""
ROUTES = """\
/** Each route: what stands in its path and its query, what is sent and what is answered. */
export interface Routes {
"""
WIDTH = 100
PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
Schema = Mapping[str, Any]


async def description() -> Any:
    """The OpenAPI document of a whole node."""
    system = System(FakeClock(), FakeEntropy(), FakeFetch())
    with tempfile.TemporaryDirectory() as folder:
        async with open_new_node("a.test", Path(folder), system) as node:
            surface = node.application[SURFACES][0]
            return json.loads(json.dumps(describe(surface, "https://a.test" + API)))


def page(document: Any) -> str:
    """The types of all structures, and of all routes."""
    schemas = document["components"]["schemas"]
    parts = [HEAD, *(_structure(name, schema) for name, schema in schemas.items())]
    routes = [
        _route(method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return "\n".join([*parts, ROUTES + "".join(routes) + "}\n"])


def _structure(name: str, schema: Schema) -> str:
    required = set(schema.get("required", ()))
    lines = []
    for member, kind in schema.get("properties", {}).items():
        mark = "" if member in required else "?"
        key = member if re.fullmatch(r"[A-Za-z_]\w*", member) else json.dumps(member)
        lines.append(f"  readonly {key}{mark}: {_type(kind)};\n")
    says = _comment(schema.get("description", ""))
    return f"{says}export interface {name} {{\n{''.join(lines)}}}\n"


def _comment(text: str) -> str:
    paragraphs = [" ".join(one.split()) for one in text.split("\n\n")]
    text = " ".join(one for one in paragraphs if one).replace("*/", "* /")
    if not text:
        return ""
    if len(text) + 7 <= WIDTH:
        return f"/** {text} */\n"
    lines, line = [], " *"
    for word in text.split():
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = " *"
        line += f" {word}"
    return "/**\n" + "\n".join([*lines, line]) + "\n */\n"


def _type(schema: Schema) -> str:
    among = schema.get("anyOf") or schema.get("oneOf")
    if among:
        return " | ".join(dict.fromkeys(map(_type, among)))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(map(json.dumps, schema["enum"]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": one}) for one in kind)
    return _plain(str(kind), schema)


def _plain(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"readonly {_grouped(_type(schema.get('items', {})))}[]"
    if kind == "object":
        return f"Readonly<Record<string, {_type(schema.get('additionalProperties') or {})}>>"
    if schema.get("contentEncoding") == "base64":
        return "Base64"
    return PLAIN.get(kind, "unknown")


def _grouped(kind: str) -> str:
    return f"({kind})" if "|" in kind or kind.startswith("readonly") else kind


def _route(method: str, path: str, operation: Schema) -> str:
    where = {"path": "", "query": ""}
    for one in operation["parameters"]:
        if one["in"] in where:
            mark = "" if one.get("required") else "?"
            where[one["in"]] += f"readonly {one['name']}{mark}: string; "
    answer = next(of for status, of in operation["responses"].items() if status != "default")
    members = {
        "path": f"{{ {where['path']}}}" if where["path"] else "null",
        "query": f"{{ {where['query']}}}" if where["query"] else "null",
        "body": _content(operation.get("requestBody")),
        "answer": _content(answer),
    }
    lines = "".join(f"    readonly {name}: {kind};\n" for name, kind in members.items())
    says = " ".join(operation["summary"].split()).replace("*/", "* /")
    return f'  /** {says} */\n  readonly "{method.upper()} {path}": {{\n{lines}  }};\n'


def _content(said: Schema | None) -> str:
    content = (said or {}).get("content")
    if not content:
        return "null"
    json_schema = content.get("application/json")
    return "Uint8Array" if json_schema is None else _type(json_schema["schema"])


def made() -> str:
    """The page as it has to be."""
    return page(asyncio.run(description()))


if __name__ == "__main__":
    PAGE.write_text(made())
