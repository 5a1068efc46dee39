"""What wraps every request: errors as JSON with stable codes, security headers, one log line."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from math import ceil

from aiohttp import web

from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger, safe_error
from people.model import Identity
from server.http.keys import COUNTERS, SERVICES
from server.http.refusals import STATUS

log = get_logger(__name__)

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

IDENTITY = web.RequestKey("identity", Identity)
"""Set once a request's token was checked; the log line takes the person's id from it."""

HEADERS = {
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            # Component libraries set style attributes.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob: mediastream:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            # Rooms may be on another node; and older Safari does not count ws: as 'self'.
            "connect-src 'self' blob: ws: wss:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "microphone=(self), camera=(self), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Instead of the versions of Python and aiohttp.
    "Server": "inkcall",
}

_CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large",
}


def render_error(
    code: str,
    text: str,
    retry_after_s: float | None = None,
    statuses: Mapping[str, int] = STATUS,
) -> web.Response:
    """Return the one form all errors have."""
    status = statuses.get(code, HTTPStatus.BAD_REQUEST)
    response = web.json_response({"error": {"code": code, "text": text}}, status=status)
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(max(1, ceil(retry_after_s)))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    response.headers["Cache-Control"] = "no-store"
    return response


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every response, also on streamed ones."""
    response.headers.update(HEADERS)


@web.middleware
async def observe(request: web.Request, handler: RequestHandler) -> web.StreamResponse:
    """Log one line a request, with ids and the route's pattern: paths and queries can be personal."""
    services = request.app[SERVICES]
    request_id = new_id("r")
    before = services.clock.now()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
        return response
    finally:
        resource = request.match_info.route.resource
        identity = request.get(IDENTITY)
        request.app[COUNTERS].responses.labels(f"{status // 100}xx").inc()
        write = log.info if request.path.startswith("/api/") else log.debug
        write(
            "http",
            request=request_id,
            method=request.method,
            route=resource.canonical if resource is not None else "",
            status=status,
            ms=round((services.clock.now() - before) * 1000, 1),
            person=identity.person_id if identity is not None else None,
        )


@web.middleware
async def explain(request: web.Request, handler: RequestHandler) -> web.StreamResponse:
    """Turn what handlers raise into answers: refusals are told, our own faults only logged."""
    if request.path.startswith("/ws/"):
        return await handler(request)
    try:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refusal("unsupported_encoding", "send the body as it is")
        return await handler(request)
    except Refusal as refusal:
        services = request.app[SERVICES]
        services.metrics.refused.labels(refusal.code).inc()
        return render_error(refusal.code, refusal.text, refusal.retry_after_s, services.statuses)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = _CODES.get(HTTPStatus(error.status), "bad_request")
        response = render_error(code, error.reason)
        if allow := error.headers.get("Allow"):
            # RFC 9110 section 15.5.6.
            response.headers["Allow"] = allow
        return response
    except ConnectionError:
        # The client is gone; there is nobody to tell.
        raise
    except Exception as error:
        log.exception("request_failed", **safe_error(error))
        return render_error("internal", "something went wrong here")
