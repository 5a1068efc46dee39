"""Photos of a session: sending one in, and looking at it."""

import asyncio
from http import HTTPStatus

from aiohttp import web
from msgspec import Struct

from base.errors import Refusal
from base.ids import new_id
from base.routes import Answer, Binary, Route, Rule
from people.model import Identity
from server.http import permit, render
from server.http.keys import PHOTOS, SERVICES, HttpServices
from server.http.request import identity, read_at_most
from server.photo_config import PhotosConfig
from sessions.model import PhotoRecord
from wire.common import Id

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
        services.metrics.photos.labels(refusal.code).inc()
        raise
    services.metrics.photos.labels("ok").inc()
    kept = PhotoKept(photo=photo.photo, width=photo.width, height=photo.height)
    return render.json(kept, HTTPStatus.CREATED)


async def show(request: web.Request) -> web.StreamResponse:
    """GET /api/sessions/{session}/photos/{photo}."""
    services = request.app[SERVICES]
    session_id = request.match_info["session"]
    photo = await services.sessions.photo(session_id, request.match_info["photo"])
    return web.FileResponse(
        services.storage.path(_key(photo)),
        headers={
            "Content-Type": _TYPES[photo.extension],
            # A photo's id is never given to another picture.
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )


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
    photo = PhotoRecord(
        photo=new_id("f"),
        session=session_id,
        member=known.person_id,
        extension=made.extension,
        width=made.width,
        height=made.height,
        bytes=len(made.data),
    )
    await services.storage.put(_key(photo), made.data)
    try:
        await services.sessions.add_photo(photo, services.config.of(PhotosConfig).per_session)
        # The session may have ended while the photo was on its way.
        if not services.live.photo_uploaded(session_id, photo.photo, photo.width, photo.height):
            raise Refusal("session_ended", "the session is over")
    except Refusal:
        await services.storage.delete(_key(photo))
        raise
    return photo


def _key(photo: PhotoRecord) -> str:
    return f"photos/{photo.session}/{photo.photo}.{photo.extension}"


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
        also=(Answer(status=206, returns=Binary(tuple(_TYPES.values()))), Answer(status=416)),
        errors=("unknown_session", "unknown_photo"),
    ),
)
