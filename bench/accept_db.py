"""How long accepting a call waits for the database while other parts write and handle events.

    python -m bench.accept_db [--rate 1000] [--batch 10] [--seconds 20] [--only sqlite]

Another task commits `--rate` events a second, `--batch` in a transaction, and the bus hands them to
a handler. Meanwhile a session is created twenty times a second, as accepting does.
Both databases wait for the disk. Each is measured idle first.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from base.database_url import normal_url
from base.db import Database
from base.events import DomainEvent, Envelope
from tests.fakes import databases, postgres
from tests.fakes.services import Kept, kept

EVERY_S = 0.05


class Happened(DomainEvent, tag="bench_happened", frozen=True, kw_only=True):
    n: int


class Load:
    """The other part: what it has written and what was handled."""

    def __init__(self, services: Kept) -> None:
        self._services = services
        self.written = 0
        self.handled = 0
        services.bus.subscribe("bench", "count", {Happened: self.handle}, start="now")

    async def handle(self, _envelope: Envelope[Happened]) -> None:
        self.handled += 1

    async def write(self, rate: int, batch: int, seconds: float) -> None:
        """Write at `rate`, or as fast as the database lets us."""
        begun = time.monotonic()
        while (passed := time.monotonic() - begun) < seconds:
            if self.written > passed * rate:
                await asyncio.sleep(self.written / rate - passed)
                continue
            async with self._services.database.transaction() as transaction:
                for n in range(batch):
                    self._services.bus.add(transaction, Happened(n=n))
            self.written += batch


async def accepting(services: Kept, name: str, seconds: float) -> list[float]:
    """Create sessions at an even pace; return the milliseconds each took."""
    took = []
    begun = time.monotonic()
    for n in range(int(seconds / EVERY_S)):
        await asyncio.sleep(max(0.0, begun + n * EVERY_S - time.monotonic()))
        before = time.perf_counter()
        session = f"s_{name}_{n}"
        await services.sessions.create(session, f"c_{session}", "p_1", "p_2", "maths", "", n)
        took.append((time.perf_counter() - before) * 1000)
    return took


async def measure(kind: str, arguments: argparse.Namespace) -> None:
    async with AsyncExitStack() as stack:
        # Not the memory that some machines keep their temporary files in.
        parent = Path("data")
        parent.mkdir(exist_ok=True)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=parent)))
        if kind == "postgresql":
            server = postgres.start(durable=True)
            stack.callback(server.stop)
            databases.OF_FOLDER[folder] = normal_url(server.create("bench"))
            await migrated(databases.OF_FOLDER[folder])
        services = await stack.enter_async_context(kept(folder))
        shown(f"{kind}, idle", await accepting(services, "idle", arguments.seconds / 4), "")
        load = Load(services)
        async with services.bus.running():
            async with asyncio.TaskGroup() as group:
                group.create_task(load.write(arguments.rate, arguments.batch, arguments.seconds))
                took = await accepting(services, "busy", arguments.seconds)
            written, handled = (n / arguments.seconds for n in (load.written, load.handled))
            shown(f"{kind}, busy", took, f"{written:.0f} written, {handled:.0f} handled a second")


async def migrated(url: str) -> None:
    database = Database(url)
    await database.migrate()
    await database.close()


def shown(name: str, took: list[float], more: str) -> None:
    p99 = statistics.quantiles(took, n=100)[98]
    print(
        f"{name:18} p50 {statistics.median(took):6.1f} ms  p99 {p99:6.1f} ms  max {max(took):6.1f} ms  {more}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000, help="events a second")
    parser.add_argument("--batch", type=int, default=10, help="events in a transaction")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--only", choices=databases.KINDS)
    arguments = parser.parse_args()
    for kind in [arguments.only] if arguments.only else databases.KINDS:
        asyncio.run(measure(kind, arguments))


if __name__ == "__main__":
    main()
