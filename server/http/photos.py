"""Photos of a session: sending one in, and looking at it."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from base.errors import Refusal, forbidden, not_found
from base.log import get_logger
from people.model import Identity, may_audit
from server.http import render
from server.http.keys import PHOTO_DESK, PHOTOS, SERVICES, HttpServices
from server.http.request import identity, read_at_most
from server.http.stream import stream
from server.photo_desk import storage_key
from sessions.model import PhotoRecord

log = get_logger(__name__)

_BODY_S = 120.0
"""15 MB in that time are 1 Mbit/s; slower senders give their place to others."""

_TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}


async def upload(request: web.Request) -> web.Response:
    """POST /api/sessions/{session}/photos."""
    known = identity(request)
    services = request.app[SERVICES]
    try:
        photo = await _take(request, services, known)
    except Refusal as refusal:
        services.metrics.photos.labels(refusal.code).inc()
        raise
    services.metrics.photos.labels("ok").inc()
    return render.json(
        {"photo": photo.photo, "width": photo.width, "height": photo.height}, HTTPStatus.CREATED
    )


async def show(request: web.Request) -> web.StreamResponse:
    """GET /api/sessions/{session}/photos/{photo}."""
    known = identity(request)
    services = request.app[SERVICES]
    session_id = request.match_info["session"]
    if not (may_audit(known.role) or services.live.is_member(session_id, known.person_id)):
        record = await services.sessions.get(session_id)
        if known.person_id not in (record.student, record.teacher):
            raise forbidden("this photo is another session's")
    photo = await services.sessions.photo(session_id, request.match_info["photo"])
    headers = {
        "Content-Type": _TYPES[photo.extension],
        # A photo's id is never given to another picture.
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    try:
        return await stream(
            request, services.storage, storage_key(photo), photo.sha256 or photo.photo, headers
        )
    except KeyError:
        log.warning("photo_missing", session=session_id, photo=photo.photo)
        raise not_found("unknown_photo", "this photo is no longer kept") from None


async def _take(request: web.Request, services: HttpServices, known: Identity) -> PhotoRecord:
    session_id = request.match_info["session"]
    if not services.live.may_upload(session_id, known.person_id):
        raise forbidden("photos may not be sent into this session now")
    workshop = request.app[PHOTOS]
    with workshop.place(known.person_id):
        try:
            async with asyncio.timeout(_BODY_S):
                data = await read_at_most(request, services.config.photos.max_bytes)
        except TimeoutError:
            raise Refusal(
                "timed_out", "the photo took too long", HTTPStatus.REQUEST_TIMEOUT
            ) from None
        made = await workshop.prepare(data)
    return await request.app[PHOTO_DESK].take(session_id, known.person_id, made)
