"""What handlers need, and the typed key under which the application holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from base.clock import Clock
from base.config import Config
from base.jobs.queue import Jobs
from base.metrics import Metrics
from base.part import HealthCheck
from base.storage import Storage
from people.grants import TABLE, Table
from people.pens import PenService
from people.service import PeopleService
from recorder.library import Library
from server.http.counters import HttpCounters
from server.http.refusals import STATUS
from server.photo_desk import PhotoDesk
from server.photos import PhotoWorkshop
from server.voice_files import VoiceFiles
from sessions.service import SessionService


class LiveRooms(Protocol):
    """What HTTP may ask of the rooms that are open, so that it needs to know nothing of sockets."""

    def may_upload(self, session_id: str, person_id: str, /) -> bool:
        """Tell whether a person may send a photo into a running session now."""
        ...

    def is_member(self, session_id: str, person_id: str, /) -> bool:
        """Tell whether a person sits in a running session."""
        ...

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str, /) -> bool:
        """Let the room know of a photo that is stored; false when the session is over."""
        ...

    def pen_connected(self, pen_id: str, /) -> bool:
        """Tell whether a pen is connected now."""
        ...

    def draining(self) -> bool:
        """Tell whether the server was told to stop and lets the running sessions finish."""
        ...

    def rooms(self) -> int:
        """Return how many rooms are open."""
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
    jobs: Jobs
    storage: Storage
    library: Library
    live: LiveRooms
    health: Mapping[str, HealthCheck]
    """Every part's check by its name, for `/healthz`."""
    table: Table = field(default_factory=lambda: TABLE)
    """Who may do what, with what every part brings."""
    statuses: Mapping[str, int] = field(default_factory=lambda: STATUS)
    """The status of every code, with what every part brings."""


COUNTERS = web.AppKey("counters", HttpCounters)
SERVICES = web.AppKey("services", HttpServices)
PHOTO_DESK = web.AppKey("photo_desk", PhotoDesk)
PHOTOS = web.AppKey("photos", PhotoWorkshop)
DESCRIPTION: web.AppKey[dict[str, Any]] = web.AppKey("description", dict)
VOICES = web.AppKey("voices", VoiceFiles)
