"""A server process with many invented people, and their sessions begun, for the benches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from base.bus import Bus
from base.clock import SystemClock
from base.db import Database
from base.metrics import Metrics
from base.signing import Signer, load_or_create_key
from people.config import PeopleConfig
from people.pens import PenService
from people.service import PeopleService
from tests.fakes.processes import ServerProcess
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import WireClient, client

PASSWORD = "bench-password"
CHEAP = {
    "INKCALL__PEOPLE__ARGON2_TIME_COST": "1",
    "INKCALL__PEOPLE__ARGON2_MEMORY_KIB": "8",
    "INKCALL__PEOPLE__ATTEMPTS_PER_ADDRESS": "100000",
    "INKCALL__LOG__LEVEL": "warning",
    "INKCALL__ROOMS__IDLE_S": "600",
    "INKCALL__ROOMS__MAX_LOOP_LAG_S": "10",
}


@dataclass
class Pair:
    """One running session: both people signed in, their grants, and the teacher's pen."""

    student: WireClient
    teacher: WireClient
    session: str
    student_grant: str
    teacher_grant: str
    pen: str
    pen_token: str


async def invent(data: Path, pairs: int) -> list[str]:
    """Open accounts for `pairs` students and teachers with a pen each; return the pens' tokens."""
    data.mkdir(parents=True, exist_ok=True)
    clock, metrics = SystemClock(), Metrics()
    people_config = PeopleConfig(argon2_time_cost=1, argon2_memory_kib=8)
    database = Database(f"sqlite+aiosqlite:///{data / 'inkcall.db'}")
    await database.migrate()
    bus = Bus(database, clock, metrics)
    signer = Signer(load_or_create_key(data / "secret.key"))
    people = PeopleService(database, bus, signer, people_config, clock, metrics)
    pens = PenService(database, bus, people_config, clock)
    tokens = []
    for number in range(pairs):
        await people.create(
            login=f"bench-s{number}", password=PASSWORD, name="学生", role="student", grade=8
        )
        teacher = await people.create(
            login=f"bench-t{number}", password=PASSWORD, name="老师", role="teacher"
        )
        tokens.append((await pens.pair(teacher.id, f"pen{number}", "bench")).token)
    people.close()
    await database.close()
    return tokens


@asynccontextmanager
async def crowd(folder: Path, pairs: int) -> AsyncIterator[tuple[ServerProcess, list[Pair]]]:
    """Run a server with `pairs` sessions begun, their lobby sockets closed again."""
    server = ServerProcess(folder, CHEAP)
    tokens = await invent(server.data, pairs)
    async with AsyncExitStack() as stack:
        await server.start()
        stack.push_async_callback(server.stop)
        begun = []
        for number, token in enumerate(tokens):
            student = await stack.enter_async_context(client(server.url))
            teacher = await stack.enter_async_context(client(server.url))
            await asyncio.gather(
                student.sign_in(f"bench-s{number}", PASSWORD),
                teacher.sign_in(f"bench-t{number}", PASSWORD),
            )
            student_peer, teacher_peer = await in_session(student, teacher)
            begun.append(
                Pair(
                    student,
                    teacher,
                    student_peer.session,
                    student_peer.grant,
                    teacher_peer.grant,
                    f"pen{number}",
                    token,
                )
            )
        yield server, begun
