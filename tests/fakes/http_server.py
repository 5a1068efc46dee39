"""The HTTP side on a real socket, with real services and recordings, and rooms made of two sets."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from base.jobs.config import JobsConfig
from base.jobs.queue import Jobs
from base.jobs.worker import Worker
from base.names import Names
from base.part import Process
from base.routes import Route
from base.storage import LocalStorage, Storage
from people.model import Person
from people.pen_routes import PenPresence
from recorder.config import RecorderConfig, recordings_dir
from recorder.library import Library
from recorder.part import disk_check
from server.app import PARTS, ROUTES, with_http
from server.http.keys import LiveRooms
from server.http.part import provide_own
from server.http.routes import setup
from tests.fakes.described import conforms
from tests.fakes.services import PASSWORD, Kept, kept


class FakePens(set[str]):
    """The ids of the pens that are connected."""

    def connected(self, pen: str) -> bool:
        return pen in self


@dataclass
class FakeRooms:
    """Rooms as HTTP sees them: who is in, what it was told."""

    members: set[tuple[str, str]] = field(default_factory=set)
    """(session, person) of those who may send photos."""
    photos: list[tuple[str, str, str]] = field(default_factory=list)
    connected: FakePens = field(default_factory=FakePens)
    stopping: bool = False
    over: bool = False

    def may_upload(self, session_id: str, person_id: str) -> bool:
        return (session_id, person_id) in self.members

    def is_member(self, session_id: str, person_id: str) -> bool:
        return (session_id, person_id) in self.members

    def photo_uploaded(self, session_id: str, photo_id: str, sha256: str) -> bool:
        self.photos.append((session_id, photo_id, sha256))
        return not self.over

    def draining(self) -> bool:
        return self.stopping

    def rooms(self) -> int:
        return len({session for session, _ in self.members})


@dataclass(kw_only=True)
class Http:
    """A client of the running HTTP side."""

    client: "TestClient[web.Request, web.Application]"
    kept: Kept
    jobs: Jobs
    worker: Worker
    rooms: FakeRooms
    folder: Path

    async def token(self, person: Person) -> str:
        """Sign in and return the access token."""
        signed_in = await self.kept.people.sign_in(person.login, PASSWORD, "192.0.2.1")
        return signed_in.access_token

    async def call(self, method: str, path: str, token: str = "", **more: Any) -> ClientResponse:
        """Make a request; the answer's body has been read."""
        headers = more.pop("headers", {})
        if token:
            headers = {**headers, "Authorization": f"Bearer {token}"}
        answer = await self.client.request(method, path, headers=headers, **more)
        await answer.read()
        await conforms(method, answer)
        return answer


async def code(answer: ClientResponse) -> tuple[int, str]:
    """Return the status and the stable code of an error."""
    return answer.status, (await answer.json())["error"]["code"]


@asynccontextmanager
async def http_server(
    folder: Path, *, routes: Sequence[Route] = ROUTES, working: bool = True, **sections: Any
) -> AsyncIterator[Http]:
    """Run the HTTP side for the time of the block; jobs wait unless `working`."""
    async with kept(folder, **sections) as services:
        rooms = FakeRooms()
        jobs = Jobs(services.database, services.clock)
        worker = Worker(jobs, services.config.of(JobsConfig), folder / "jobs", services.metrics)
        process = _process(services, jobs, rooms, folder)
        app = web.Application()
        setup(app, process, routes)
        at_work = worker.running() if working else nullcontext()
        async with at_work, TestClient(TestServer(app)) as client:
            yield Http(
                client=client, kept=services, jobs=jobs, worker=worker, rooms=rooms, folder=folder
            )


def _process(services: Kept, jobs: Jobs, rooms: FakeRooms, folder: Path) -> Process:
    """Return what the earlier parts would have made."""
    process = Process(services.config, services.clock, services.metrics, with_http(PARTS))
    for service in (services.people, services.pens, services.sessions, jobs):
        process.provide(service)
    process.provide(services.people, as_=Names)
    process.provide(LocalStorage(folder / "objects"), as_=Storage)
    process.provide(Library(recordings_dir(services.config)))
    process.provide(rooms, as_=LiveRooms)
    process.provide(rooms.connected, as_=PenPresence)
    provide_own(process)
    least = services.config.of(RecorderConfig).min_free_bytes
    process.health["database"] = services.database.answers
    process.health["disk"] = disk_check(recordings_dir(services.config), least)
    return process
