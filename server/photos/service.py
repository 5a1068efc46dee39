"""Photos that are sent in: stored, written as a row, told to the room; whatever fails leaves nothing behind."""

import asyncio
import contextlib
import hashlib
from typing import Protocol
from weakref import WeakValueDictionary

from base.errors import Refusal
from base.ids import new_id
from base.log import get_logger
from base.storage import Storage, in_chunks
from server.photos.workshop import Photo
from sessions.model import PhotoRecord
from sessions.service import SessionService

log = get_logger(__name__)


class Rooms(Protocol):
    """What is told to the rooms."""

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str, /) -> bool:
        """Let the room know of a photo that is stored; false when the session is over."""
        ...


class PhotoService:
    """Takes in photos of sessions."""

    def __init__(
        self, storage: Storage, sessions: SessionService, rooms: Rooms, per_session: int
    ) -> None:
        self._storage = storage
        self._sessions = sessions
        self._rooms = rooms
        self._per_session = per_session
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    async def take(self, session_id: str, member: str, made: Photo) -> PhotoRecord:
        """Keep a picture and return its record.

        Refuses with `session_ended`, `too_many_photos` and what the sessions refuse with.
        """
        photo = PhotoRecord(
            photo=new_id("f"),
            session=session_id,
            member=member,
            extension=made.extension,
            width=made.width,
            height=made.height,
            bytes=len(made.data),
            owner=f"session:{session_id}",
            sha256=(await asyncio.to_thread(hashlib.sha256, made.data)).hexdigest(),
        )
        # Equal pictures of a session are one file: none may be taken away while another comes.
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            try:
                await self._storage.put(storage_key(photo), in_chunks(made.data))
                await self._sessions.add_photo(photo, self._per_session)
                # The room may have closed between the row and this line.
                if not self._rooms.photo_uploaded(session_id, photo.photo, photo.sha256):
                    raise Refusal("session_ended", "the session is over")
            except BaseException:
                with contextlib.suppress(Exception):
                    await self._forget(photo)
                raise
        return photo

    async def _forget(self, photo: PhotoRecord) -> None:
        try:
            if await self._sessions.forget_photo(photo):
                await self._storage.delete(storage_key(photo))
        except Exception as error:
            log.exception("photo_left_behind", photo=photo.photo, reason=type(error).__name__)
            raise


def storage_key(photo: PhotoRecord) -> str:
    """Return where the file of a photo is kept; those without a hash are from before there was one."""
    if not photo.sha256:
        return f"photos/{photo.session}/{photo.photo}.{photo.extension}"
    # A colon is no part of a storage key.
    return f"photos/{photo.owner.replace(':', '.')}/{photo.sha256}.{photo.extension}"
