"""Parts: their order is checked, services are found by class, and what is missing is named."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from base.config import Config
from base.metrics import Metrics
from base.part import Part, Process, StartError, check_parts, routes
from base.routes import PUBLIC, Asked, Route
from tests.fakes.clock import FakeClock


class Guestbook:
    """A service."""


@asynccontextmanager
async def _start(_process: Process) -> AsyncIterator[None]:
    yield


def _part(name: str, *needs: str) -> Part:
    return Part(name=name, start=_start, needs=needs)


def test_a_part_stands_after_what_it_needs() -> None:
    check_parts([_part("people"), _part("guestbook", "people")])
    with pytest.raises(StartError, match="the part guestbook needs people before it"):
        check_parts([_part("guestbook", "people"), _part("people")])


def test_two_parts_do_not_share_a_name() -> None:
    with pytest.raises(StartError, match="two parts are called people"):
        check_parts([_part("people"), _part("people")])


def test_a_service_is_found_by_its_class_and_what_nobody_brings_is_named() -> None:
    process = Process(Config(), FakeClock(), Metrics())
    with pytest.raises(StartError, match="brings a Guestbook"):
        process.need(Guestbook)
    book = Guestbook()
    process.provide(book)
    assert process.need(Guestbook) is book
    with pytest.raises(StartError, match="two parts bring a Guestbook"):
        process.provide(Guestbook())


async def _read(asked: Asked) -> None:
    """Do nothing."""


def test_the_rows_of_parts_are_known_before_any_of_them_stands() -> None:
    one, two = (Route("GET", f"/api/{n}", may=PUBLIC, do=_read, summary="x") for n in "12")
    parts = [
        Part(name="people", start=_start, routes=(one,)),
        _part("storage"),
        Part(name="guestbook", start=_start, routes=(two,)),
    ]
    assert routes(parts) == (one, two)
