"""The part `people`: accounts, sign-ins, pens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.bus import Bus
from base.db import Database
from base.names import Names
from base.part import Part, Process
from base.signing import Signer
from people import pen_routes, routes
from people.commands import COMMANDS
from people.config import PeopleConfig
from people.pens import PenService
from people.service import PeopleService
from people.tables import PenRow, PersonRow, RefreshTokenRow, SignInRow


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `PeopleService` and `PenService`, and with them the names of people (`base.names.Names`)."""
    database, bus = process.need(Database), process.need(Bus)
    config = process.config.of(PeopleConfig)
    people = PeopleService(
        database, bus, process.need(Signer), config, process.clock, process.metrics
    )
    await people.start()
    process.provide(people)
    process.provide(people, as_=Names)
    process.provide(PenService(database, bus, config, process.clock))
    try:
        yield
    finally:
        people.close()


PART = Part(
    name="people",
    start=start,
    commands=COMMANDS,
    settings={"people": PeopleConfig},
    routes=(*routes.ROUTES, *pen_routes.ROUTES),
    codes={
        "bad_pen": 400,
        "bad_person": 400,
        "bad_password": 400,
        # RFC 8628 section 3.5 and RFC 6749 section 5.2.
        "authorization_pending": 400,
        "slow_down": 400,
        "expired_token": 400,
        "access_denied": 400,
        "wrong_password": 401,
        "unknown_code": 404,
        "unknown_pen": 404,
        "unknown_person": 404,
        "login_taken": 409,
        "expired": 410,
        "too_many_attempts": 429,
        "too_many_pairings": 503,
    },
    tables=(PersonRow, SignInRow, RefreshTokenRow, PenRow),
)
