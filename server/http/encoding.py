"""Which form of a body to send, and answers of the interface made smaller. Choosing is pure.

An answer that holds a secret is never compressed: who can put text of their own beside a secret and
see how long the answer is learns the secret letter by letter (BREACH, CVE-2013-3587). Ours need a
bearer token that another site cannot send, but renewing goes by a cookie: so rows say `secret`.
Ranges, pictures and voices stay as they are: they are compressed already, and a range counts bytes.
"""

import asyncio
import gzip
from collections.abc import Sequence

from aiohttp import web

_LEAST_BYTES = 1024
"""Below, the answer is one packet either way."""

_THREAD_BYTES = 32 * 1024
"""About 1 ms of work; what is larger does not hold up the voices of the loop."""

_LEVEL = 5

_TYPES = frozenset({"application/json", "application/msgpack", "text/plain"})


def preferred(accepted: str, offered: Sequence[str]) -> str:
    """Return the one of `offered` that the client likes most, or `identity` (RFC 9110 section 12.5.3).

    `offered` is in our own order, the smallest first, and that decides between equals.
    """
    weights = _weights(accepted)
    others = weights.get("*", 0.0)
    best, most = "identity", 0.0
    for coding in offered:
        weight = weights.get(coding, others)
        if weight > most:
            best, most = coding, weight
    # Who does not name it takes it when there is nothing else.
    return "identity" if weights.get("identity", 0.0) > most else best


def _weights(accepted: str) -> dict[str, float]:
    weights = {}
    for item in accepted.lower().split(","):
        coding, *parameters = (piece.strip() for piece in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                weight = _quality(value.strip())
        if coding:
            weights["gzip" if coding == "x-gzip" else coding] = weight
    return weights


def _quality(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    # Not `min` and `max`, which let NaN through.
    return weight if 0.0 <= weight <= 1.0 else 0.0


async def compress(request: web.Request, answer: web.StreamResponse) -> None:
    """Make a whole answer of text smaller, in place, when the client can read that."""
    if (
        not isinstance(answer, web.Response)
        or answer.prepared
        or answer.content_type not in _TYPES
        or answer.status == 206
        or not answer.headers.keys().isdisjoint({"Content-Encoding", "Content-Range", "ETag"})
        or not isinstance(answer.body, bytes | bytearray)
        or len(answer.body) < _LEAST_BYTES
    ):
        return
    answer.headers["Vary"] = "Accept-Encoding"
    if preferred(request.headers.get("Accept-Encoding", ""), ("gzip",)) != "gzip":
        return
    body = bytes(answer.body)
    if len(body) > _THREAD_BYTES:
        smaller = await asyncio.to_thread(_gzip, body)
    else:
        smaller = _gzip(body)
    if len(smaller) < len(body):
        answer.body = smaller
        answer.headers["Content-Encoding"] = "gzip"


def _gzip(body: bytes) -> bytes:
    # No time within, so that equal answers are equal bytes.
    return gzip.compress(body, _LEVEL, mtime=0)
