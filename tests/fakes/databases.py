"""Each database a service may stand on: fixtures that run a test once on SQLite and once on PostgreSQL."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import postgres

KINDS = ("sqlite", "postgresql")

OF_FOLDER: dict[Path, str] = {}
"""Address of the database that belongs to a test's folder, where it is not SQLite's file in it."""

_numbers = itertools.count()


@pytest.fixture(params=KINDS)
def each_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The kind of database `kept(tmp_path)` opens in this test; it has all tables and no rows."""
    kind: str = request.param
    if kind == "sqlite":
        yield kind
        return
    server = postgres.server()
    name = f"test_{next(_numbers)}"
    OF_FOLDER[tmp_path] = server.create(name, postgres.TEMPLATE)
    yield kind
    del OF_FOLDER[tmp_path]
    server.drop(name)


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'folder' / 'empty.db'}"
        return
    server = postgres.server()
    name = f"test_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)
