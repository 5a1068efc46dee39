"""How answers are written: JSON of our structs."""

from typing import Any

import msgspec
from aiohttp import web

_encoder = msgspec.json.Encoder()


def json(value: Any, status: int = 200) -> web.Response:
    """Return a JSON response that nobody caches."""
    return web.Response(
        body=_encoder.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def nothing() -> web.Response:
    """Return the answer to what was done and needs no words."""
    return web.Response(status=204, headers={"Cache-Control": "no-store"})
