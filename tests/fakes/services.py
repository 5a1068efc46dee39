"""The kept part of a server (database, bus, people, pens, sessions) on a real database."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from alembic import command

from base.bus import Bus
from base.config import Config, DatabaseConfig
from base.db import Database
from base.metrics import Metrics
from base.migrations import alembic_config
from base.signing import Signer
from people.config import PeopleConfig
from people.model import Person
from people.pens import PenService
from people.service import PeopleService
from sessions.config import SessionsConfig
from sessions.service import SessionService
from tests.fakes import databases
from tests.fakes.clock import FakeClock

PASSWORD = "correct horse"
CHEAP = PeopleConfig(argon2_time_cost=1, argon2_memory_kib=8)
"""Password hashing that costs nothing, because it is not what most tests are about."""


@dataclass(kw_only=True)
class Kept:
    """The services, and what they stand on."""

    config: Config
    database: Database
    people: PeopleService
    pens: PenService
    sessions: SessionService
    bus: Bus
    clock: FakeClock = field(default_factory=FakeClock)
    metrics: Metrics = field(default_factory=Metrics)
    signer: Signer = field(default_factory=lambda: Signer(b"k" * 32))

    async def student(self, login: str = "lin", name: str = "林小雨") -> Person:
        """Open a student's account."""
        return await self.people.create(
            login=login, password=PASSWORD, name=name, role="student", grade=8, school="青桐中学"
        )

    async def teacher(self, login: str = "chen", name: str = "陈静怡") -> Person:
        """Open a teacher's account."""
        return await self.people.create(
            login=login,
            password=PASSWORD,
            name=name,
            role="teacher",
            subjects=["maths"],
            grades=[8],
        )

    async def auditor(self, login: str = "zhou", name: str = "周明") -> Person:
        """Open an auditor's account."""
        return await self.people.create(login=login, password=PASSWORD, name=name, role="auditor")


@asynccontextmanager
async def kept(
    folder: Path, clock: FakeClock | None = None, **sections: Any
) -> AsyncIterator[Kept]:
    """Open the services on the database of `folder`, which may hold one of an earlier run.

    It is a SQLite file in it, unless the test asked for `each_database`.
    """
    clock = clock or FakeClock()
    base = Config(people=CHEAP)
    server = sections.pop("server", base.server)
    server = msgspec.structs.replace(server, data_dir=str(folder))
    config = base.with_(server=server, **sections)
    if url := databases.OF_FOLDER.get(folder):
        config = config.with_(database=DatabaseConfig(url=url))
    elif not (folder / "inkcall.db").exists():
        shutil.copy(_migrated(), folder / "inkcall.db")
    database = Database(config.database_url)
    metrics = Metrics()
    signer = Signer(b"k" * 32)
    bus = Bus(database, clock, metrics)
    people = PeopleService(database, bus, signer, config.of(PeopleConfig), clock, metrics)
    await people.start()
    try:
        yield Kept(
            config=config,
            database=database,
            bus=bus,
            people=people,
            pens=PenService(database, bus, config.of(PeopleConfig), clock),
            sessions=SessionService(database, bus, config.of(SessionsConfig), clock),
            clock=clock,
            metrics=metrics,
            signer=signer,
        )
    finally:
        people.close()
        await database.close()


@functools.cache
def _migrated() -> Path:
    """Return an empty database with all tables, made once: migrating takes half a second."""
    folder = tempfile.mkdtemp(prefix="inkcall-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = Path(folder) / "empty.db"
    # Alembic's environment runs a loop of its own; the caller's test has one already.
    with ThreadPoolExecutor(1) as pool:
        config = alembic_config(f"sqlite+aiosqlite:///{file}")
        pool.submit(command.upgrade, config, "heads").result()
    return file
