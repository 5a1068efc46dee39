"""The part `sessions`: what is known of each session, and its forms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from base.bus import Bus
from base.db import Database
from base.part import Part, Process
from sessions.config import SessionsConfig
from sessions.routes import ROUTES
from sessions.service import SessionService
from sessions.tables import PhotoRow, RatingLabelRow, RatingRow, ReportRow, SessionRow


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `SessionService`."""
    process.provide(
        SessionService(
            process.need(Database),
            process.need(Bus),
            process.config.of(SessionsConfig),
            process.clock,
        )
    )
    yield


PART = Part(
    name="sessions",
    start=start,
    settings={"sessions": SessionsConfig},
    routes=ROUTES,
    codes={
        "unknown_session": 404,
        "unknown_photo": 404,
        "already_given": 409,
        "session_ended": 409,
        "still_running": 409,
        "too_many_photos": 409,
    },
    tables=(SessionRow, PhotoRow, RatingRow, RatingLabelRow, ReportRow),
    migrations=Path(__file__).parent / "migrations",
)
