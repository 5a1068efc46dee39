"""What goes wrong with disks and storage while a backup is made or restored, as one sentence."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator

from obstore.exceptions import BaseError
from sqlalchemy.exc import DBAPIError

from base.errors import Refusal

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def no_room(where: object) -> Refusal:
    """Return the refusal for a disk that is full."""
    return Refusal("no_room", f"there is no room in {where}: nothing was kept")


@contextlib.contextmanager
def plainly(where: object) -> Iterator[None]:
    """Turn what a disk or a storage says in the block into a refusal; `where` is what is written to."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise no_room(where) from None
        what = error.filename or where
        raise Refusal("failed", f"{what}: {error.strerror or type(error).__name__}") from None
    except (sqlite3.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF not in (
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR,
        ):
            raise
        raise no_room(where) from None
    except BaseError as error:
        raise Refusal("storage", f"the photos' storage fails ({type(error).__name__})") from None
