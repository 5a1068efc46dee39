"""Copying a database: both ways, every row the same, and refused whenever it cannot be whole."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from base import dbcopy
from base.db import Base, Database
from base.dbcopy import CopyRefused
from base.events import DomainEvent
from base.jobs.tables import JobRow
from sessions.model import Rating, Report, SessionFacts
from tests.fakes import postgres
from tests.fakes.databases import OF_FOLDER
from tests.fakes.services import Kept, kept

assert JobRow.__tablename__ in Base.metadata.tables, "all tables of the template are known"


class Happened(DomainEvent, tag="test_copied", frozen=True, kw_only=True):
    pass


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[tuple[Path, Path]]:
    """Folders of an empty SQLite and an empty PostgreSQL database."""
    lite, big = tmp_path / "lite", tmp_path / "big"
    lite.mkdir()
    big.mkdir()
    server = postgres.server()
    OF_FOLDER[big] = server.create("test_copy", postgres.TEMPLATE)
    async with kept(lite):
        pass
    yield lite, big
    del OF_FOLDER[big]
    server.drop("test_copy")


def url(folder: Path) -> str:
    return OF_FOLDER.get(folder, f"sqlite:///{folder}/inkcall.db")


async def fill(services: Kept) -> None:
    """Put rows of every kind of column into the tables."""
    student, teacher = await services.student(), await services.teacher()
    await services.people.sign_in("lin", "correct horse", "192.0.2.1")
    await services.pens.pair(teacher.id, "pen-1", "N2")
    for n in range(600):
        name = f"s_{n}"
        await services.sessions.create(name, f"c_{n}", student.id, teacher.id, "maths", "圆 π", n)
        if n >= 2:
            continue
        facts = SessionFacts(together_s=300.1, strokes=12)
        await services.sessions.end(name, 10**12, "hung_up", facts)
        rating = Rating(understood=3, clear=3, patient=3, useful=2, labels=["patient", "lively"])
        await services.sessions.rate(name, student.id, rating)
        report = Report(knowledge_points=["圆", "π"], difficulty=4, participation=5)
        await services.sessions.report(name, teacher.id, report)


@pytest.mark.parametrize("back", [False, True], ids=["to_postgresql", "to_sqlite"])
async def test_everything_is_copied_and_ids_go_on(both: tuple[Path, Path], back: bool) -> None:
    source, target = reversed(both) if back else both
    async with kept(source) as services:
        await fill(services)
        before = await services.sessions.get("s_1")
        async with services.database.transaction() as transaction:
            highest = await transaction.scalar(text("SELECT max(id) FROM events"))
            await transaction.execute(text("DELETE FROM events WHERE id = :id"), {"id": highest})
    seen: list[tuple[str, int]] = []
    tables = await dbcopy.copy(url(source), url(target), lambda *step: seen.append(step))
    rows = {table.name: table.rows for table in tables}
    assert rows["sessions"] == 600
    assert [step for step in seen if step[0] == "sessions"] == [
        ("sessions", 500),
        ("sessions", 600),
    ]
    assert {"people", "sign_ins", "refresh_tokens", "pens", "ratings", "reports"} <= {
        name for name, count in rows.items() if count
    }
    assert dbcopy.report(tables).endswith("rows, the same on both sides")
    async with kept(target) as services:
        assert await services.sessions.get("s_1") == before
        await services.people.sign_in("lin", "correct horse", "192.0.2.1")
        async with services.database.transaction() as transaction:
            services.bus.add(transaction, Happened())
        async with services.database.reading() as transaction:
            # Above what the source has ever given, not only above what it still has.
            newest = await transaction.scalar(text("SELECT max(id) FROM events"))
            assert newest == (highest or 0) + 1


async def refused(source: str, target: str) -> str:
    with pytest.raises(CopyRefused) as error:
        await dbcopy.copy(source, target)
    return str(error.value)


async def count(folder: Path) -> int | None:
    database = Database(url(folder))
    async with database.reading() as transaction:
        found: int | None = await transaction.scalar(text("SELECT count(*) FROM people"))
    await database.close()
    return found


async def test_a_target_with_rows_or_without_tables_is_refused(
    both: tuple[Path, Path], tmp_path: Path
) -> None:
    lite, big = both
    async with kept(big) as services:
        await services.student()
    assert "the target is not empty: people" in await refused(url(lite), url(big))
    (tmp_path / "bare.db").touch()
    assert "not migrated" in await refused(url(lite), f"sqlite:///{tmp_path}/bare.db")
    assert "no database" in await refused(url(lite), f"sqlite:///{tmp_path}/nowhere.db")
    assert not (tmp_path / "nowhere.db").exists()
    assert "the same database" in await refused(url(lite), url(lite))


@pytest.mark.parametrize("back", [False, True], ids=["to_postgresql", "to_sqlite"])
async def test_a_database_in_use_is_refused(both: tuple[Path, Path], back: bool) -> None:
    source, target = reversed(both) if back else both
    async with kept(source):
        assert "is in use" in await refused(url(source), url(target))
    async with kept(target):
        assert "is in use" in await refused(url(source), url(target))


async def test_a_row_the_target_cannot_keep_as_it_is_undoes_the_whole_copy(
    both: tuple[Path, Path],
) -> None:
    lite, big = both
    async with kept(lite) as services:
        await services.student()
        async with services.database.transaction() as transaction:
            await transaction.execute(text("UPDATE people SET school = 'a' || char(0) || 'b'"))
    said = await refused(url(lite), url(big))
    assert "people came out different" in said
    assert await count(big) == 0
