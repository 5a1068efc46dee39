"""What does an event cost? CPU from its transaction to its handler, with 8 subscriptions of which 1 hears it.

    python -m bench.bus_cost [--events 1000]

On a SQLite file in a temporary folder, one event a transaction, all threads counted. The same
transactions without a bus running are counted apart.
"""

import argparse
import asyncio
import resource
import tempfile
from typing import Any, ClassVar

from base.bus import Bus
from base.clock import SystemClock
from base.db import Database
from base.events import DomainEvent, Envelope
from base.metrics import Metrics

SUBSCRIPTIONS = 8


class Heard(DomainEvent, tag="bench_heard", frozen=True, kw_only=True):
    about: ClassVar[tuple[str, str]] = ("thing", "thing")

    thing: str


class NotHeard(DomainEvent, tag="bench_not_heard", frozen=True, kw_only=True):
    pass


def cpu_us() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1e6


async def write(database: Database, bus: Bus, number: int) -> None:
    async with database.transaction() as transaction:
        bus.add(transaction, Heard(thing=f"t{number % 50}"))


async def measure(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bus.db")
        await database.migrate()
        bus = Bus(database, SystemClock(), Metrics())
        heard = asyncio.Event()

        async def hear(_envelope: Envelope[Any]) -> None:
            heard.set()

        for n in range(SUBSCRIPTIONS):
            bus.subscribe("bench", f"s{n}", {NotHeard if n else Heard: hear})
        for number in range(100):  # the first ones import, compile and fill caches
            await write(database, bus, number)
        before = cpu_us()
        for number in range(events):
            await write(database, bus, number)
        alone = (cpu_us() - before) / events
        await bus.deliver()
        async with bus.running():
            await asyncio.sleep(0.5)
            before = cpu_us()
            for number in range(events):
                heard.clear()
                await write(database, bus, number)
                await heard.wait()
                await asyncio.sleep(0.01)
            both = (cpu_us() - before) / events
        await database.close()
    print(f"writing {alone:.0f} us an event, with delivery {both:.0f} us, {events} events")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1000)
    asyncio.run(measure(parser.parse_args().events))


if __name__ == "__main__":
    main()
