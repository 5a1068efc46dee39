"""The part `guestbook`: an example of everything a part can bring, and the proof that it can."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import select

from base.bus import Bus
from base.db import Database
from base.jobs.queue import Jobs
from base.part import Part, Process
from base.sockets import SocketRoute
from people.events import SignInRevoked
from people.service import PeopleService
from tests.fakes.part_guestbook.book import Guestbook, GuestbookConfig
from tests.fakes.part_guestbook.commands import COMMANDS
from tests.fakes.part_guestbook.counting import COUNT
from tests.fakes.part_guestbook.events import GuestbookSigned
from tests.fakes.part_guestbook.messages import from_client
from tests.fakes.part_guestbook.routes import ACTIONS, CODES, ROUTES
from tests.fakes.part_guestbook.socket import GuestbookSocket
from tests.fakes.part_guestbook.tables import EntryRow

DEMO_ENTRY = "g_demo"


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Guestbook`."""
    bus, jobs = process.need(Bus), process.need(Jobs)
    book = Guestbook(
        process.need(Database),
        bus,
        jobs,
        process.need(PeopleService),
        process.config.of(GuestbookConfig),
        process.clock,
        process.metrics,
        process.config.data_dir / "guestbook",
    )
    process.provide(book)
    process.sockets.append(
        SocketRoute(
            path="/ws/guestbook",
            kind="guestbook",
            decoder=from_client,
            handler=lambda socket: GuestbookSocket(socket, book),
        )
    )
    jobs.register(COUNT, book.finish)
    bus.subscribe("guestbook", "leavings", {SignInRevoked: book.signed_out})
    bus.subscribe("guestbook", "pages", {GuestbookSigned: book.signed}, start="now")
    process.health["guestbook"] = book.answers
    yield


async def demo(process: Process) -> None:
    """Let a demo student have written something."""
    person = await process.need(PeopleService).by_login("student1")
    async with process.need(Database).reading() as transaction:
        there = await transaction.scalar(select(EntryRow.id).where(EntryRow.id == DEMO_ENTRY))
    if there is None:
        await process.need(Guestbook).sign(person.id, "一次函数终于懂了", DEMO_ENTRY)


PART = Part(
    name="guestbook",
    start=start,
    settings={"guestbook": GuestbookConfig},
    commands=COMMANDS,
    tables=(EntryRow,),
    migrations=Path(__file__).parent / "migrations",
    routes=ROUTES,
    actions=ACTIONS,
    codes=CODES,
    demo=demo,
    needs=("jobs", "people", "sockets", "demo"),
)
