"""The interface's description (OpenAPI 3.1), made from the rows that the server itself runs on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from base.routes import PUBLIC, Answer, Asked, Binary, Query, Route, Rule
from people.grants import ROLES, TABLE, Table
from server.http import render
from server.http.refusals import STATUS, Problem
from wire.common import PROTOCOL_VERSION

ID_PATTERN = "[A-Za-z0-9_.:-]{1,64}"
_TEMPLATE = "#/components/schemas/{name}"
_MOMENT = "Unix milliseconds, or a day like 2026-09-01 (UTC)"


@dataclass(frozen=True, slots=True)
class Description:
    """What a server shows of itself."""

    document: dict[str, Any]


async def show(_asked: Asked, description: Description) -> web.Response:
    """GET /api/openapi.json."""
    return render.json(description.document)


def document(
    routes: Iterable[Route], table: Table = TABLE, statuses: Mapping[str, int] = STATUS
) -> dict[str, Any]:
    """Return the description of all listed rows."""
    listed = [route for route in routes if route.listed]
    types = list({id(kind): kind for route in listed for kind in _types(route)}.values())
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=_TEMPLATE)
    by_type = {id(kind): schema for kind, schema in zip(types, schemas, strict=False)}
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for route in listed:
        paths[route.path][route.method.lower()] = _operation(route, by_type, table, statuses)
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Inkcall", "version": str(PROTOCOL_VERSION)},
        "paths": dict(paths),
        "components": {
            "schemas": components,
            "securitySchemes": {
                "access_token": {"type": "http", "scheme": "bearer"},
                "refresh": {"type": "apiKey", "in": "cookie", "name": "refresh"},
            },
        },
    }
    _plain_patterns(described)
    return described


def codes(route: Route) -> set[str]:
    """Return every code that a row can refuse with: its own, and those of what stands before it."""
    found = {"internal", "unsupported_encoding", *route.errors}
    if isinstance(route.may, Rule):
        found |= {"token_invalid", "token_expired", "token_revoked", "forbidden"}
        found |= {route.may.hidden} - {""}
    if route.query:
        found.add("bad_request")
    if route.body is not None and not isinstance(route.body, Binary):
        found |= {"bad_request", "unsupported_type", "too_large"}
    if route.parameters:
        # What is no id in the path is no address of ours, and any other GET is the front end's.
        found.add("not_found" if route.method == "GET" else "method_not_allowed")
    return found


def _types(route: Route) -> list[Any]:
    kinds = [route.body, route.returns, *(answer.returns for answer in route.also)]
    return [kind for kind in kinds if kind is not None and not isinstance(kind, Binary)]


def _operation(
    route: Route, schemas: dict[int, Any], table: Table, statuses: Mapping[str, int]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "security": _security(route),
        "x-may": _may(route, table),
        "parameters": [
            *(_path_parameter(name) for name in route.parameters),
            *(_query_parameter(query) for query in route.query),
        ],
        "responses": _responses(route, schemas, statuses),
    }
    if route.body is not None:
        described["requestBody"] = {"required": True, "content": _content(route.body, schemas)}
    return described


def _operation_id(route: Route) -> str:
    words = route.path.replace("{", "by_").replace("}", "").replace(".", "_").replace("-", "_")
    return "_".join([route.method.lower(), *(part for part in words.split("/") if part)])


def _security(route: Route) -> list[dict[str, list[str]]]:
    if isinstance(route.may, Rule):
        return [{"access_token": []}]
    return [{route.cookie: []}] if route.cookie else []


def _may(route: Route, table: Table) -> dict[str, Any]:
    """Return the rule in words: the action, and the widest scope of every role that has it."""
    if not isinstance(route.may, Rule):
        return {"action": None}
    action = route.may.action
    roles = {role: table[role][action] for role in ROLES if action in table[role]}
    return {"action": action, "roles": roles}


def _path_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameter(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    summary = query.summary
    if query.kind == "number":
        schema = {"type": "integer", "minimum": 0, "default": query.default}
        summary = summary or f"kept between {query.least} and {query.most}"
    elif query.kind == "moment":
        summary = summary or _MOMENT
    elif query.most:
        schema["maxLength"] = query.most
    return {
        "name": query.name,
        "in": "query",
        "required": False,
        "description": summary or query.name,
        "schema": schema,
    }


def _responses(
    route: Route, schemas: dict[int, Any], statuses: Mapping[str, int]
) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for answer in (Answer(status=route.status, returns=route.returns), *route.also):
        one: dict[str, Any] = {"description": HTTPStatus(answer.status).phrase}
        if answer.returns is not None:
            one["content"] = _content(answer.returns, schemas)
        described[str(int(answer.status))] = one
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in sorted(codes(route)):
        by_status[statuses[code]].append(code)
    for status, words in sorted(by_status.items()):
        refused = _refused(words)
        before = described.get(str(status))
        if before is not None:
            before_schema = before["content"]["application/json"]["schema"]
            refused = {"anyOf": [before_schema, refused]}
        described[str(status)] = {
            "description": ", ".join(f"`{word}`" for word in words),
            "content": {"application/json": {"schema": refused}},
        }
    return described


def _refused(words: list[str]) -> dict[str, Any]:
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": words}}}}}
    return {"allOf": [{"$ref": _TEMPLATE.format(name="Problem")}, narrowed]}


def _content(kind: Any, schemas: dict[int, Any]) -> dict[str, Any]:
    if isinstance(kind, Binary):
        return {name: {} for name in kind.types}
    return {"application/json": {"schema": schemas[id(kind)]}}


def _plain_patterns(value: Any) -> None:
    """Put `$` for Python's end of text, in place: JSON Schema's expressions are ECMAScript's."""
    if isinstance(value, dict):
        pattern = value.get("pattern")
        if isinstance(pattern, str):
            value["pattern"] = pattern.replace("\\Z", "$")
        for one in value.values():
            _plain_patterns(one)
    elif isinstance(value, list):
        for one in value:
            _plain_patterns(one)


ROUTES = (
    Route(
        "GET",
        "/api/openapi.json",
        may=PUBLIC,
        do=show,
        summary="This description",
        returns=Binary(("application/json",)),
    ),
)
