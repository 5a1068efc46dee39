"""What the database names and the backup does not hold: lost before, and somebody should know."""

from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from base.db import Database
from recorder.files import SUFFIX
from server.backup.archive import OBJECTS, RECORDINGS, Manifest
from server.backup.snapshot import url_of
from server.photos.service import storage_key
from sessions.model import PhotoRecord
from sessions.tables import PhotoRow, SessionRow


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of rows whose file is nowhere."""

    photos: list[str] = []
    sessions: list[str] = []


async def missing(copied: Path, manifest: Manifest) -> Missing:
    """Return what the copied database names and the manifest does not."""
    names = {entry.name for entry in manifest.entries}
    fields = [getattr(PhotoRow, column) for column in _COLUMNS.values()]
    database = Database(url_of(copied))
    try:
        async with database.reading() as transaction:
            photos = [
                PhotoRecord(**dict(zip(_COLUMNS, row, strict=True)))
                for row in await transaction.execute(select(*fields))
            ]
            sessions = list(await transaction.scalars(select(SessionRow.id)))
    except DBAPIError:
        # Of an older version than this program; it is kept as it is.
        return Missing()
    finally:
        await database.close()
    return Missing(
        photos=sorted(row.photo for row in photos if OBJECTS + storage_key(row) not in names),
        sessions=sorted(id_ for id_ in sessions if f"{RECORDINGS}{id_}{SUFFIX}" not in names),
    )


_COLUMNS = {
    "photo": "id",
    "session": "session_id",
    "member": "member_id",
    "extension": "extension",
    "width": "width",
    "height": "height",
    "bytes": "bytes",
    "owner": "owner",
    "sha256": "sha256",
}
"""Fields of a `PhotoRecord`, and the columns they are kept in."""
