"""Photos of a session: sending one in, and looking at it."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from msgspec import Struct

from base.errors import Refusal
from base.log import get_logger
from base.routes import Answer, Binary, Route, Rule
from people.model import Identity
from server.http import permit, render
from server.http.keys import COUNTERS, PHOTO_DESK, PHOTOS, SERVICES, HttpServices
from server.http.request import identity, read_at_most
from server.http.stream import stream
from server.photo_config import PhotosConfig
from server.photo_desk import storage_key
from sessions.model import PhotoRecord
from wire.common import Id

log = get_logger(__name__)

_BODY_S = 120.0
"""15 MB in that time are 1 Mbit/s; slower senders give their place to others."""

_TYPES = {"jpg": "image/jpeg", "webp": "image/webp"}


class PhotoKept(Struct, frozen=True, kw_only=True):
    """A photo that was taken in; its size in pixels, upright."""

    photo: Id
    width: int
    height: int


async def upload(request: web.Request) -> web.Response:
    """POST /api/sessions/{session}/photos."""
    known = identity(request)
    services = request.app[SERVICES]
    try:
        photo = await _take(request, services, known)
    except Refusal as refusal:
        request.app[COUNTERS].photos.labels(refusal.code).inc()
        raise
    request.app[COUNTERS].photos.labels("ok").inc()
    kept = PhotoKept(photo=photo.photo, width=photo.width, height=photo.height)
    return render.json(kept, HTTPStatus.CREATED)


async def show(request: web.Request) -> web.StreamResponse:
    """GET /api/sessions/{session}/photos/{photo}."""
    services = request.app[SERVICES]
    session_id = request.match_info["session"]
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
        raise Refusal("unknown_photo", "this photo is no longer kept") from None


async def _take(request: web.Request, services: HttpServices, known: Identity) -> PhotoRecord:
    session_id = request.match_info["session"]
    workshop = request.app[PHOTOS]
    with workshop.place(known.person_id):
        try:
            async with asyncio.timeout(_BODY_S):
                data = await read_at_most(request, services.config.of(PhotosConfig).max_bytes)
        except TimeoutError:
            raise Refusal("timed_out", "the photo took too long") from None
        made = await workshop.prepare(data)
    return await request.app[PHOTO_DESK].take(session_id, known.person_id, made)


ROUTES = (
    Route(
        "POST",
        "/api/sessions/{session}/photos",
        may=Rule("send_photo", of=permit.seat),
        do=upload,
        summary="Send a picture into a running session",
        body=Binary(("image/*",)),
        returns=PhotoKept,
        status=HTTPStatus.CREATED,
        errors=(
            "too_large",
            "not_a_picture",
            "picture_too_large",
            "photo_failed",
            "too_many_photos",
            "session_ended",
            "unknown_session",
            "timed_out",
            "busy",
        ),
    ),
    Route(
        "GET",
        "/api/sessions/{session}/photos/{photo}",
        may=Rule("see_photo", of=permit.photos),
        do=show,
        summary="Look at a picture of a session",
        returns=Binary(tuple(_TYPES.values())),
        also=(
            Answer(status=206, returns=Binary(tuple(_TYPES.values()))),
            Answer(status=304),
            Answer(status=416),
        ),
        errors=("unknown_session", "unknown_photo"),
    ),
)
