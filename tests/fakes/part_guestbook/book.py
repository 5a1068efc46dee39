"""The guestbook itself: rules, rows, events, and who has it open."""

from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import func, select, update

from base.bus import Bus
from base.clock import Clock
from base.config import Section
from base.db import Database
from base.errors import Refusal
from base.events import Envelope
from base.ids import new_id
from base.jobs.queue import Jobs
from base.metrics import Metrics
from base.sockets import Socket
from people.events import SignInRevoked
from people.service import PeopleService
from tests.fakes.part_guestbook.counting import COUNT, OUT
from tests.fakes.part_guestbook.events import GuestbookSigned
from tests.fakes.part_guestbook.messages import Changed, Entry, Kept, Waved
from tests.fakes.part_guestbook.tables import EntryRow
from wire.common import Message


class GuestbookConfig(Section, frozen=True, kw_only=True):
    max_entries: Annotated[int, Meta(ge=1, le=1000)] = 100


class Guestbook:
    """Keeps entries and tells open pages of new ones."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        jobs: Jobs,
        people: PeopleService,
        config: GuestbookConfig,
        clock: Clock,
        metrics: Metrics,
        folder: Path,
    ) -> None:
        self._database = database
        self._bus = bus
        self._jobs = jobs
        self._people = people
        self._config = config
        self._clock = clock
        self._folder = folder
        self._signed = metrics.counter("inkcall_guestbook_signed_total", "Entries written")
        self._open: dict[str, Socket] = {}

    async def sign(self, person: str, text: str, entry: str = "") -> Kept:
        """Keep an entry, its event and its job in one transaction; refuses with `guestbook_full`."""
        entry = entry or new_id("g")
        async with self._database.transaction() as transaction:
            count = await transaction.scalar(select(func.count()).select_from(EntryRow))
            if (count or 0) >= self._config.max_entries:
                raise Refusal("guestbook_full", "there is no room for another entry")
            now_ms = self._clock.unix_ms()
            transaction.add(EntryRow(id=entry, person_id=person, text=text, signed_ms=now_ms))
            event = GuestbookSigned(entry_id=entry, person_id=person)
            self._bus.add(transaction, event, actor=person)
            payload = {"entry": entry, "text": text}
            job = await self._jobs.enqueue(transaction, COUNT.name, payload, owner=person)
        self._signed.inc()
        return Kept(entry=entry, job=job)

    async def entries(self, most: int) -> list[Entry]:
        """Return the newest entries."""
        newest = select(EntryRow).order_by(EntryRow.signed_ms.desc(), EntryRow.id).limit(most)
        async with self._database.reading() as transaction:
            rows = list(await transaction.scalars(newest))
        return [
            Entry(
                entry=row.id,
                person=row.person_id,
                name=(await self._people.person(row.person_id)).name,
                text=row.text,
                signed_ms=row.signed_ms,
                left=row.left_ms is not None,
            )
            for row in rows
        ]

    async def owner(self, entry: str) -> str:
        """Return who wrote an entry; refuses with `unknown_entry`."""
        async with self._database.reading() as transaction:
            row = await transaction.get(EntryRow, entry)
        if row is None:
            raise Refusal("unknown_entry", "there is no such entry")
        return row.person_id

    async def remove(self, entry: str) -> None:
        """Take an entry out; one that is gone stays gone."""
        async with self._database.transaction() as transaction:
            row = await transaction.get(EntryRow, entry)
            if row is not None:
                await transaction.delete(row)

    async def answers(self) -> bool:
        """Tell whether the table can be read."""
        async with self._database.reading() as transaction:
            await transaction.execute(select(EntryRow.id).limit(1))
        return True

    # --- what is heard ------------------------------------------------------------------------

    async def signed(self, _envelope: Envelope[GuestbookSigned]) -> None:
        """Tell every open page."""
        self._tell(Changed())

    async def signed_out(self, envelope: Envelope[SignInRevoked]) -> None:
        """Note at a person's entries that they have left; a second time changes nothing."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                update(EntryRow)
                .where(
                    EntryRow.person_id == envelope.event.person_id,
                    EntryRow.left_ms.is_(None),
                    EntryRow.signed_ms <= envelope.at_ms,
                )
                .values(left_ms=envelope.at_ms)
            )
        self._tell(Changed())

    def finish(self, payload: Any, _result: Any, folder: Path) -> None:
        """Put a job's file in its place."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (folder / OUT).replace(self._folder / f"{payload['entry']}.txt")

    # --- open pages ---------------------------------------------------------------------------

    def enter(self, socket: Socket) -> None:
        """Tell a page of all that is new from now on."""
        self._open[socket.id] = socket

    def leave(self, socket: Socket) -> None:
        """Forget a page."""
        self._open.pop(socket.id, None)

    def wave(self, person: str) -> None:
        """Show a wave to all."""
        self._tell(Waved(person=person))

    def _tell(self, message: Message) -> None:
        for socket in list(self._open.values()):
            socket.send(message)
