"""Photos: store, row, room; and whatever fails leaves neither row nor file."""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from base.errors import Refusal
from base.storage import LocalStorage, Stored, read_all
from server.photos.service import PhotoService, storage_key
from server.photos.workshop import Photo
from sessions.model import PhotoRecord, SessionFacts
from tests.fakes.services import Kept, kept

pytestmark = pytest.mark.usefixtures("each_database")

FACTS = SessionFacts(together_s=300, photos=1)
PICTURE = Photo(extension="jpg", width=4, height=3, data=b"a picture")


@dataclass
class Room:
    """A room that notes what it is told and then answers, or fails."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    over: bool = False
    failure: BaseException | None = None

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str) -> bool:
        self.told.append((session_id, photo_id, sha256))
        if self.failure is not None:
            raise self.failure
        return not self.over


@dataclass
class Place:
    """The service and what it works with."""

    photos: PhotoService
    room: Room
    storage: LocalStorage
    kept: Kept

    async def files(self) -> list[str]:
        return [key async for key in self.storage.list()]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with kept(tmp_path) as services:
        now_ms = services.clock.unix_ms()
        await services.sessions.create("s_1", "c_1", "p_s", "p_t", "maths", "", now_ms)
        room, storage = Room(), LocalStorage(tmp_path / "objects")
        yield Place(PhotoService(storage, services.sessions, room, 3), room, storage, services)


async def test_a_photo_is_named_by_owner_and_hash_and_the_room_hears_it(place: Place) -> None:
    photo = await place.photos.take("s_1", "p_s", PICTURE)
    sha256 = hashlib.sha256(PICTURE.data).hexdigest()
    assert (photo.owner, photo.sha256) == ("session:s_1", sha256)
    assert await place.files() == [f"photos/session.s_1/{sha256}.jpg"]
    assert await read_all(place.storage, storage_key(photo)) == PICTURE.data
    assert place.room.told == [("s_1", photo.photo, sha256)]
    assert await place.kept.sessions.photo("s_1", photo.photo) == photo


async def test_a_photo_after_the_end_leaves_nothing_and_the_room_is_not_told(place: Place) -> None:
    await place.kept.sessions.end("s_1", place.kept.clock.unix_ms(), "hung_up", FACTS)
    with pytest.raises(Refusal) as refused:
        await place.photos.take("s_1", "p_s", PICTURE)
    assert refused.value.code == "session_ended"
    assert (await place.files(), place.room.told) == ([], [])


@pytest.mark.parametrize("failure", [None, RuntimeError(), asyncio.CancelledError()])
async def test_a_room_that_does_not_take_it_leaves_neither_row_nor_file(
    place: Place, failure: BaseException | None
) -> None:
    place.room.over, place.room.failure = True, failure
    with pytest.raises(Refusal if failure is None else type(failure)):
        await place.photos.take("s_1", "p_s", PICTURE)
    [(_, photo_id, _)] = place.room.told
    with pytest.raises(Refusal, match="unknown_photo"):
        await place.kept.sessions.photo("s_1", photo_id)
    assert await place.files() == []


async def test_a_refused_twin_leaves_the_file_of_the_first(place: Place) -> None:
    first = await place.photos.take("s_1", "p_s", PICTURE)
    place.room.over = True
    with pytest.raises(Refusal, match="session_ended"):
        await place.photos.take("s_1", "p_t", PICTURE)
    assert await read_all(place.storage, storage_key(first)) == PICTURE.data


async def test_a_slow_photo_holds_up_those_of_its_own_session_only(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = place.kept.clock.unix_ms()
    await place.kept.sessions.create("s_2", "c_2", "p_a", "p_b", "maths", "", now_ms)
    put, begun, go_on = place.storage.put, asyncio.Queue[str](), asyncio.Event()

    async def slow(key: str, chunks: AsyncIterable[bytes]) -> Stored:
        begun.put_nowait(key)
        if "s_1" in key:
            await go_on.wait()
        return await put(key, chunks)

    monkeypatch.setattr(place.storage, "put", slow)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for member in ("p_s", "p_t"):
            group.create_task(place.photos.take("s_1", member, PICTURE))
        assert "s_1" in await begun.get()
        await place.photos.take("s_2", "p_a", PICTURE)
        assert "s_2" in await begun.get()
        # One may be refused and take its file away: its twin must not be under way meanwhile.
        assert begun.empty()
        go_on.set()
    assert len(place.room.told) == 3


def test_a_photo_from_before_hashes_is_found_under_its_id() -> None:
    old = PhotoRecord(
        photo="f_1",
        session="s_1",
        member="p_s",
        extension="webp",
        width=4,
        height=3,
        bytes=9,
        owner="session:s_1",
        sha256="",
    )
    assert storage_key(old) == "photos/s_1/f_1.webp"
