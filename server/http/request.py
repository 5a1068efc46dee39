"""What handlers take from a request: who asks, from where, and a typed body of bounded size."""

from typing import TypeVar

import msgspec
from aiohttp import web

from base.errors import Refusal
from base.routes import Asked, Query, Route, Rule
from people.model import Identity
from server.http.errors import IDENTITY
from server.http.keys import SERVICES

_JSON_BYTES = 16 * 1024

T = TypeVar("T")


def identity(request: web.Request) -> Identity:
    """Return who asks; refuses with `token_invalid`, `token_expired` or `token_revoked`."""
    if IDENTITY in request:
        return request[IDENTITY]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal("token_invalid", "please sign in")
    known = request.app[SERVICES].people.verify_access(token.strip())
    request[IDENTITY] = known
    return known


def address(request: web.Request) -> str:
    """Return the client's address, for throttles."""
    if request.app[SERVICES].config.server.trust_forwarded:
        # The last entry is the one our own proxy wrote; those before it are the client's word.
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded
    return request.remote or ""


def is_secure(request: web.Request) -> bool:
    """Tell whether the client's side of the connection is HTTPS."""
    server = request.app[SERVICES].config.server
    forwarded = request.headers.get("X-Forwarded-Proto", "") if server.trust_forwarded else ""
    return request.secure or forwarded == "https" or server.public_url.startswith("https:")


async def body(request: web.Request, kind: type[T]) -> T:
    """Return the JSON body as `kind`; refuses with `too_large`, `unsupported_type` or `bad_request`."""
    # Another site's form can post text, but not this type without asking us first.
    if request.content_type != "application/json":
        raise Refusal("unsupported_type", "send JSON")
    data = await read_at_most(request, _JSON_BYTES)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # msgspec's texts name the field and the type that was expected, never the value.
        text = str(error) if isinstance(error, msgspec.ValidationError) else "this is not JSON"
        raise Refusal("bad_request", text) from None


async def read_at_most(request: web.Request, limit: int) -> bytearray:
    """Return the body, uncopied; refuses with `too_large` without having read more than `limit` bytes."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > limit:
            raise _too_large(limit)
    return data


def asked_of(request: web.Request, route: Route) -> Asked:
    """Return what a row's function takes that knows nothing of HTTP; refuses with `bad_request`."""
    known = identity(request) if isinstance(route.may, Rule) else None
    return Asked(
        person=known.person_id if known else "",
        role=known.role if known else None,
        address=address(request),
        path=dict(request.match_info),
        query={
            query.name: (_number if query.kind == "number" else _text)(request, query)
            for query in route.query
        },
    )


def _number(request: web.Request, query: Query) -> int:
    text = request.query.get(query.name, "")
    if not text:
        return query.default
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Refusal("bad_request", f"{query.name} must be a whole number")
    return min(max(int(text), query.least), query.most)


def _text(request: web.Request, query: Query) -> str:
    text = request.query.get(query.name, "").strip()
    if query.most and len(text) > query.most:
        raise Refusal("bad_request", f"{query.name} is too long")
    return text


def _too_large(limit: int) -> Refusal:
    return Refusal("too_large", f"at most {limit} bytes")
