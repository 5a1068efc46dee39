"""What HTTP asks of the rooms, and the typed key under which the application holds its surroundings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from base.clock import Clock
from base.config import Config
from base.metrics import Metrics
from base.part import HealthCheck
from people.service import PeopleService
from server.http.counters import HttpCounters


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

    def draining(self) -> bool:
        """Tell whether the server was told to stop and lets the running sessions finish."""
        ...

    def rooms(self) -> int:
        """Return how many rooms are open."""
        ...


@dataclass(frozen=True, kw_only=True)
class HttpServices:
    """What every request passes through uses. Rows name what they use by themselves."""

    config: Config
    clock: Clock
    metrics: Metrics
    people: PeopleService
    health: Mapping[str, HealthCheck]
    """Every part's check by its name, for `/healthz`."""
    statuses: Mapping[str, int]
    """The status of every code, with what every part brings."""


COUNTERS = web.AppKey("counters", HttpCounters)
SERVICES = web.AppKey("services", HttpServices)
