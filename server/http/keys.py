"""What handlers need, and the typed key under which the application holds it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from base.clock import Clock
from base.config import Config
from base.metrics import Metrics
from base.storage import Storage
from people.pens import PenService
from people.service import PeopleService
from recorder.library import Library
from server.photos import PhotoWorkshop
from server.voice_files import VoiceFiles
from sessions.service import SessionService


@dataclass(frozen=True, kw_only=True)
class LiveStatus:
    """How the live part is; `checks` are named, and true is well."""

    draining: bool
    rooms: int
    checks: dict[str, bool]


class LiveRooms(Protocol):
    """What HTTP may ask of the rooms that are open, so that it needs to know nothing of signalling."""

    def may_upload(self, session_id: str, person_id: str, /) -> bool:
        """Tell whether a person may send a photo into a running session now."""
        ...

    def is_member(self, session_id: str, person_id: str, /) -> bool:
        """Tell whether a person sits in a running session."""
        ...

    def photo_uploaded(self, session_id: str, photo_id: str, width: int, height: int, /) -> bool:
        """Let the room know of a photo that is stored (pixels); false when the session is over."""
        ...

    def pen_connected(self, pen_id: str, /) -> bool:
        """Tell whether a pen is connected now."""
        ...

    def status(self) -> LiveStatus:
        """Tell how the live part is."""
        ...


@dataclass(frozen=True, kw_only=True)
class HttpServices:
    """Everything the handlers use."""

    config: Config
    clock: Clock
    metrics: Metrics
    people: PeopleService
    pens: PenService
    sessions: SessionService
    storage: Storage
    library: Library
    live: LiveRooms
    photos: PhotoWorkshop
    voices: VoiceFiles
    web_root: Path


SERVICES = web.AppKey("services", HttpServices)
