"""Photos of a session: sending one in, and looking at it."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from msgspec import Struct

from base.config import Config
from base.errors import Refusal
from base.log import get_logger
from base.objects import Object
from base.routes import Answer, Asked, Binary, Route, Rule
from base.storage import Storage
from server.http import render
from server.http.counters import HttpCounters
from server.http.keys import LiveRooms
from server.http.request import identity, read_at_most
from server.http.stream import stream
from server.photos.config import PhotosConfig
from server.photos.service import PhotoService, storage_key
from server.photos.workshop import PhotoWorkshop
from sessions.routes import session
from sessions.service import SessionService
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


async def seat(asked: Asked, live: LiveRooms) -> Object:
    """Return the running room of the path, which is theirs who may send a photo into it now."""
    sits = live.may_upload(asked.path["session"], asked.person)
    return Object(owners=frozenset({asked.person} if sits else ()))


async def seen(asked: Asked, live: LiveRooms, sessions: SessionService) -> Object:
    """Return the photos of a session: of those who sit in it now, or are its student and teacher."""
    if live.is_member(asked.path["session"], asked.person):
        return Object(owners=frozenset({asked.person}))
    return await session(asked, sessions)


async def upload(
    request: web.Request,
    config: Config,
    workshop: PhotoWorkshop,
    photos: PhotoService,
    counters: HttpCounters,
) -> web.Response:
    """POST /api/sessions/{session}/photos."""
    session_id, person = request.match_info["session"], identity(request).person_id
    try:
        with workshop.place(person):
            most = config.of(PhotosConfig).max_bytes
            made = await workshop.prepare(await _received(request, most))
        photo = await photos.take(session_id, person, made)
    except Refusal as refusal:
        counters.photos.labels(refusal.code).inc()
        raise
    counters.photos.labels("ok").inc()
    kept = PhotoKept(photo=photo.photo, width=photo.width, height=photo.height)
    return render.json(kept, HTTPStatus.CREATED)


async def show(
    request: web.Request, sessions: SessionService, storage: Storage
) -> web.StreamResponse:
    """GET /api/sessions/{session}/photos/{photo}."""
    session_id = request.match_info["session"]
    photo = await sessions.photo(session_id, request.match_info["photo"])
    headers = {
        "Content-Type": _TYPES[photo.extension],
        # A photo's id is never given to another picture.
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    try:
        return await stream(
            request, storage, storage_key(photo), photo.sha256 or photo.photo, headers
        )
    except KeyError:
        log.warning("photo_missing", session=session_id, photo=photo.photo)
        raise Refusal("unknown_photo", "this photo is no longer kept") from None


async def _received(request: web.Request, most: int) -> bytearray:
    try:
        async with asyncio.timeout(_BODY_S):
            return await read_at_most(request, most)
    except TimeoutError:
        raise Refusal("timed_out", "the photo took too long") from None


ROUTES = (
    Route(
        "POST",
        "/api/sessions/{session}/photos",
        may=Rule("send_photo", of=seat),
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
        may=Rule("see_photo", of=seen),
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
