"""The line: places are given in order, the urgent first, and none is lost when somebody gives up."""

import asyncio
import random

from base.line import Line


class Queue:
    """People who hold a place until they are told to go."""

    def __init__(self, places: int) -> None:
        self.line = Line(places)
        self.inside: list[str] = []
        self.came: list[str] = []
        self._go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, *, urgent: bool = False) -> None:
        self._go[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._stay(name, urgent))
        await settled()

    async def _stay(self, name: str, urgent: bool) -> None:
        async with self.line.place(urgent=urgent):
            self.inside.append(name)
            self.came.append(name)
            try:
                await self._go[name].wait()
            finally:
                self.inside.remove(name)

    async def leave(self, name: str) -> None:
        self._go[name].set()
        await settled()


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_urgent_wait_only_for_who_has_a_place() -> None:
    queue = Queue(1)
    for name in ("one", "two", "three"):
        await queue.come(name)
    await queue.come("accepted", urgent=True)
    await queue.come("accepted too", urgent=True)
    for name in ("one", "accepted", "accepted too", "two", "three"):
        assert queue.inside == [name]
        await queue.leave(name)
    assert queue.inside == []


async def test_there_are_as_many_inside_as_places() -> None:
    queue = Queue(2)
    for name in ("one", "two", "three"):
        await queue.come(name)
    assert queue.inside == ["one", "two"]
    await queue.leave("one")
    assert queue.inside == ["two", "three"]


async def test_who_gives_up_takes_no_place_with_them() -> None:
    queue = Queue(1)
    for name in ("one", "two", "three"):
        await queue.come(name)
    queue.tasks["two"].cancel()
    await settled()
    await queue.leave("one")
    assert queue.inside == ["three"]
    await queue.come("four")
    await queue.come("five")
    # One gives up in the moment in which the place comes free, on either side of it.
    queue.tasks["four"].cancel()
    await queue.leave("three")
    assert queue.inside == ["five"]
    await queue.come("six")
    queue._go["five"].set()
    await asyncio.sleep(0)
    queue.tasks["six"].cancel()
    await settled()
    await queue.come("seven")
    assert queue.inside == ["seven"]


async def test_no_place_is_lost_whatever_happens(seed: int = random.randrange(1 << 30)) -> None:
    print("seed", seed)
    chance = random.Random(seed)
    queue = Queue(3)
    for n in range(500):
        await queue.come(f"{n}", urgent=chance.random() < 0.3)
        for name, task in list(queue.tasks.items()):
            if chance.random() < 0.2 and not task.done():
                queue._go[name].set()
                if chance.random() < 0.5:
                    await asyncio.sleep(0)
                if chance.random() < 0.5:
                    task.cancel()
        await settled()
        assert len(queue.inside) <= 3
    for task in queue.tasks.values():
        task.cancel()
    await asyncio.gather(*queue.tasks.values(), return_exceptions=True)
    for name in ("a", "b", "c", "d"):
        await queue.come(name)
    assert queue.inside == ["a", "b", "c"]
    for name in ("a", "b", "c", "d"):
        await queue.leave(name)
