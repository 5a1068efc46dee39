"""The commands of the HTTP interface."""

import json
from collections.abc import Mapping

from base.commands import Answer, Command
from base.config import Config
from server.http.openapi import document
from server.http.routes import ROUTES


async def describe(config: Config, options: Mapping[str, object]) -> Answer:
    """Return the description that a running server gives at /api/openapi.json."""
    described = document(ROUTES)
    return Answer(described, json.dumps(described, ensure_ascii=False, indent=2))


COMMANDS = (
    Command(
        name="openapi",
        help="Print what the HTTP interface is (OpenAPI 3.1). It needs no server.",
        run=describe,
        examples=("inkcall openapi > inkcall.json",),
    ),
)
