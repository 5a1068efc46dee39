"""The composition root: a part that cannot start says which and why; one that fails later harms none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from base.background import kept_running
from base.part import Part, Process, StartError
from server.app import PARTS, serving
from tests.fakes.in_process import quick_config


async def test_a_part_that_cannot_start_says_which_and_why_and_the_others_are_taken_down(
    tmp_path: Path,
) -> None:
    taken_down = []

    @asynccontextmanager
    async def well(_process: Process) -> AsyncIterator[None]:
        yield
        taken_down.append("well")

    @asynccontextmanager
    async def broken(_process: Process) -> AsyncIterator[None]:
        int("the ink is dry")
        yield

    parts = (*PARTS, Part(name="well", start=well), Part(name="guestbook", start=broken))
    with pytest.raises(StartError, match=r"the part guestbook cannot start: .*the ink is dry"):
        async with serving(quick_config(tmp_path), parts=parts):
            pass
    assert taken_down == ["well"]


@asynccontextmanager
async def needs_what_nobody_brings(process: Process) -> AsyncIterator[None]:
    process.need(Part)
    yield


@asynccontextmanager
async def begins_work_that_fails(process: Process) -> AsyncIterator[None]:
    @asynccontextmanager
    async def work() -> AsyncIterator[None]:
        int("no ink")
        yield

    process.work.append(work())
    yield


@asynccontextmanager
async def well(_process: Process) -> AsyncIterator[None]:
    yield


async def broken_demo(_process: Process) -> None:
    raise ValueError("no such student")


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (Part(name="guestbook", start=needs_what_nobody_brings), "brings a Part"),
        (Part(name="guestbook", start=begins_work_that_fails), "no ink"),
        (Part(name="guestbook", start=well, demo=broken_demo), "no such student"),
    ],
    ids=["a service", "its work", "its demo data"],
)
async def test_whatever_of_a_part_cannot_begin_its_name_is_said(
    tmp_path: Path, part: Part, why: str
) -> None:
    with pytest.raises(StartError, match=f"^the part guestbook cannot start: .*{why}"):
        async with serving(quick_config(tmp_path), parts=(*PARTS, part), with_demo=True):
            pass


async def test_a_part_that_fails_when_told_of_the_end_holds_up_no_other(tmp_path: Path) -> None:
    drained = []

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        async def breaks(_deadline_ms: int) -> None:
            raise RuntimeError("not now")

        async def drains(_deadline_ms: int) -> None:
            drained.append(1)

        process.drains += [drains, breaks]
        yield

    parts = (*PARTS, Part(name="guestbook", start=start))
    async with serving(quick_config(tmp_path), parts=parts) as server:
        await server.drain(0)
        assert drained == [1]


async def test_a_server_without_its_bucket_does_not_start(tmp_path: Path) -> None:
    bucket = {"kind": "s3", "bucket": "b", "endpoint": "http://127.0.0.1:1"}
    config = quick_config(tmp_path, storage={**bucket, "access_key": "a", "secret_key": "s"})
    with pytest.raises(StartError, match=r"the bucket b cannot be used \(http://127.0.0.1:1 does"):
        async with serving(config):
            pass


async def test_work_that_fails_begins_again_and_the_server_goes_on(tmp_path: Path) -> None:
    tries = asyncio.Queue[int]()

    async def work() -> None:
        tries.put_nowait(1)
        raise RuntimeError("again and again")

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        process.work.append(kept_running("guestbook", work, process.metrics, first_wait_s=0.01))
        yield

    parts = (*PARTS, Part(name="guestbook", start=start))
    async with (
        serving(quick_config(tmp_path), parts=parts) as server,
        aiohttp.ClientSession(server.url) as client,
        asyncio.timeout(10),
    ):
        for _ in range(3):
            await tries.get()
        async with client.get("/healthz") as answer:
            assert answer.status == 200
        async with client.get("/metrics") as answer:
            text = await answer.text()
    counted = next(line for line in text.splitlines() if 'failures_total{task="guestbook"}' in line)
    assert float(counted.split()[-1]) >= 2


async def test_work_that_is_over_for_good_takes_no_other_with_it_and_is_seen(
    tmp_path: Path,
) -> None:
    go, gone = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def work() -> AsyncIterator[None]:
        async def fail() -> None:
            await go.wait()
            raise RuntimeError("later")

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                yield
        finally:
            gone.set()

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        process.work.append(work())
        yield

    parts = (*PARTS, Part(name="guestbook", start=start))
    async with (
        serving(quick_config(tmp_path), parts=parts) as server,
        aiohttp.ClientSession(server.url) as client,
        asyncio.timeout(10),
    ):
        go.set()
        await gone.wait()
        async with client.get("/metrics") as answer:
            assert 'inkcall_task_failures_total{task="guestbook"} 1.0' in await answer.text()
        async with client.get("/healthz") as answer:
            assert answer.status == 503
            assert (await answer.json())["checks"] == {
                "database": "ok",
                "disk": "ok",
                "guestbook": "failing",
            }


async def test_the_names_that_dashboards_are_built_on_stay(tmp_path: Path) -> None:
    async with (
        serving(quick_config(tmp_path)) as server,
        aiohttp.ClientSession(server.url) as client,
        client.get("/metrics") as answer,
    ):
        text = await answer.text()
    names = """
        calls_total event_failures_total events_behind events_lag_seconds events_waiting jobs
        http_responses_total loop_lag_p99_seconds media_dropped_total media_loss_ratio
        media_packets_total members messages_total photos_total recorder_bytes_total
        recorder_lag_seconds refused_total rooms sign_ins_total sockets task_failures_total
    """
    assert [name for name in names.split() if f"# TYPE inkcall_{name} " not in text] == []


async def test_a_part_whose_check_fails_makes_the_process_unwell_by_its_name(
    tmp_path: Path,
) -> None:
    async def check() -> bool:
        raise OSError("gone")

    @asynccontextmanager
    async def start(process: Process) -> AsyncIterator[None]:
        process.health["guestbook"] = check
        yield

    async with (
        serving(quick_config(tmp_path), parts=(*PARTS, Part(name="g", start=start))) as server,
        aiohttp.ClientSession(server.url) as client,
        client.get("/healthz") as answer,
    ):
        assert answer.status == 503
        checks = (await answer.json())["checks"]
    assert checks == {"database": "ok", "disk": "ok", "guestbook": "failing"}
