"""Holds a real answer against the interface's description: is its status there, does it fit."""

import functools
import re
from typing import Any

import jsonschema
from aiohttp import ClientResponse

from server.app import PARTS, with_http
from server.http.openapi import ID_PATTERN
from server.http.routes import declared, describe

STATUSES = declared(with_http(PARTS))[1]
"""The status of every code of today's parts."""
DESCRIBED = describe(with_http(PARTS))


@functools.cache
def _described() -> tuple[dict[str, Any], list[tuple[re.Pattern[str], dict[str, Any]]]]:
    described = DESCRIBED
    paths = [
        (re.compile(re.sub(r"{\w+}", lambda _: ID_PATTERN, path)), methods)
        for path, methods in described["paths"].items()
    ]
    # An address without parameters goes before one that would take it too.
    paths.sort(key=lambda pair: ID_PATTERN in pair[0].pattern)
    return described, paths


@functools.cache
def _validator(method: str, path: str, status: int) -> Any:
    """Return what checks this answer; nothing when it is not ours, or is no JSON."""
    described, paths = _described()
    operation = next((m.get(method) for pattern, m in paths if pattern.fullmatch(path)), None)
    if operation is None:
        return None
    assert str(status) in operation["responses"], f"{method} {path} does not name {status}"
    content = operation["responses"][str(status)].get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return None
    return jsonschema.Draft202012Validator({**schema, "components": described["components"]})


async def conforms(method: str, answer: ClientResponse) -> None:
    """Fail unless the answer is one that the description has."""
    validator = _validator(method.lower(), answer.url.path, answer.status)
    if validator is not None:
        validator.validate(await answer.json())
