"""The commands of the HTTP interface."""

import json
from collections.abc import Mapping, Sequence

from base.commands import Answer, Command
from base.config import Config
from base.part import Part
from server.http.routes import describe


def commands(parts: Sequence[Part]) -> tuple[Command, ...]:
    """Return them for a program of these parts, which all have a say in the interface."""

    async def run(_config: Config, _options: Mapping[str, object]) -> Answer:
        described = describe(parts)
        return Answer(described, json.dumps(described, ensure_ascii=False, indent=2))

    return (
        Command(
            name="openapi",
            help="Print what the HTTP interface is (OpenAPI 3.1). It needs no server.",
            run=run,
            examples=("inkcall openapi > inkcall.json",),
        ),
    )
