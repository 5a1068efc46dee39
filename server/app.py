"""The composition root: a list of parts and a loop. It does not grow when a part is added.

common things ── parts in order ── demo data ── port taken ── work runs ── listening ── …
              <── the same way back ──
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web

from base.clock import SystemClock
from base.config import Config
from base.jobs.part import PART as JOBS
from base.log import get_logger, safe_error
from base.metrics import Metrics
from base.part import (
    Part,
    Process,
    begin,
    check_parts,
    routes,
    said_by,
    sections,
)
from base.storage.part import PART as STORAGE
from matching.part import PART as MATCHING
from people.part import PART as PEOPLE
from recorder.part import PART as RECORDER
from server.common import bring_common, listen
from server.demo import PART as DEMO
from server.http.listening import listening
from server.http.part import PART as HTTP
from server.http.tls import PART as TLS, TlsService
from server.live.part import PART as LIVE
from server.lobby.part import PART as LOBBY
from server.media.endpoint import MediaEndpoint
from server.media.part import PART as MEDIA
from server.sockets.part import PART as SOCKETS
from server.sockets.socket import Sockets
from sessions.part import PART as SESSIONS
from wire import codes

log = get_logger(__name__)

PARTS = (
    JOBS,
    STORAGE,
    PEOPLE,
    SESSIONS,
    RECORDER,
    MEDIA,
    SOCKETS,
    LIVE,
    MATCHING,
    LOBBY,
    TLS,
    DEMO,
)
"""Every noun of the server, each after those whose services it uses. `HTTP` is added as the last:
its route of the pages takes every GET that no route before it took."""


def with_http(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts as they are started: the one that mounts what all bring is the last."""
    return (*parts, HTTP)


ROUTES = routes(with_http(PARTS))
"""The rows of the HTTP interface of all parts."""

SECTIONS = sections(with_http(PARTS))
"""The settings sections of all parts."""


class Server:
    """A running server: where it listens, and how to let it finish."""

    def __init__(self, process: Process, port: int) -> None:
        self._process = process
        self.port = port
        self.media_port = process.need(MediaEndpoint).port

    @property
    def url(self) -> str:
        """Return the address a browser on this machine uses."""
        host = self._process.config.server.host
        scheme = self._process.need(TlsService).scheme
        return f"{scheme}://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{self.port}"

    async def drain(self, deadline_s: float) -> None:
        """Take no new calls and wait until the running sessions have ended, or end them."""
        deadline_ms = self._process.clock.unix_ms() + round(deadline_s * 1000)
        # Side by side, each to its end: one part's trouble must not cut off another's sessions.
        drains = [drain(deadline_ms) for drain in reversed(self._process.drains)]
        for failed in await asyncio.gather(*drains, return_exceptions=True):
            if isinstance(failed, Exception):
                log.error("not_drained", **safe_error(failed))


@asynccontextmanager
async def serving(
    config: Config, *, with_demo: bool = False, parts: Sequence[Part] = PARTS
) -> AsyncIterator[Server]:
    """Run a server for the time of the block. Raises `StartError`."""
    async with AsyncExitStack() as stack:
        parts = with_http(parts)
        check_parts(parts)
        process = Process(config, SystemClock(), Metrics(), parts)
        await bring_common(process, stack)
        work = [("bus", each) for each in process.work]
        for part in parts:
            await stack.enter_async_context(_started(part, process))
            work += [(part.name, each) for each in process.work[len(work) :]]
        for part in parts if with_demo else ():
            if part.demo is not None:
                with said_by(part.name):
                    await part.demo(process)

        # The port is taken before any work runs: what fails here is said plainly.
        listener = listen(config.server.host, config.server.port)
        stack.callback(listener.close)
        for name, each in work:
            await begin(process, stack, name, each)
        # The last to begin is the first to end: what is under way may finish with all else running.
        await stack.enter_async_context(process.background.running())
        runner = web.AppRunner(
            process.need(web.Application),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=3,
            auto_decompress=False,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await stack.enter_async_context(listening(runner, listener, process.need(TlsService)))
        stack.callback(process.need(Sockets).close_all, codes.DRAINING)

        server = Server(process, listener.getsockname()[1])
        # What exists now lives as long as the process: the collector need not look at it again,
        # and every look it takes is a stall of all calls.
        gc.collect()
        gc.freeze()
        log.info("started", port=server.port, media_port=server.media_port)
        try:
            yield server
        finally:
            await server.drain(0)


@asynccontextmanager
async def _started(part: Part, process: Process) -> AsyncIterator[None]:
    """Start a part; what goes wrong says which part it was, and why."""
    context: AbstractAsyncContextManager[None] = part.start(process)
    with said_by(part.name):
        await context.__aenter__()
    try:
        yield
    finally:
        try:
            await context.__aexit__(None, None, None)
        # The other parts must still be taken down.
        except Exception as error:
            log.exception("part_not_stopped", part=part.name, **safe_error(error))


def default_config_file() -> Path | None:
    """Return `config.yaml` of the folder the server is started in, if there is one."""
    path = Path("config.yaml")
    return path if path.is_file() else None
