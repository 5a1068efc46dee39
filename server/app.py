"""The composition root: a list of parts and a loop. It does not grow when a part is added.

common things ── parts in order ── demo data ── port taken ── work runs ── listening ── …
              <── the same way back ──
"""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiohttp import web

from base.bus import Bus
from base.clock import SystemClock
from base.config import Config
from base.database_url import DatabaseError
from base.db import Database
from base.jobs.part import PART as JOBS
from base.log import get_logger, safe_error
from base.metrics import Metrics
from base.migrations import MigrationsError
from base.part import Part, Process, StartError, busy, check_parts, migrations, routes, sections
from base.signing import KeyFileError, Signer, load_or_create_key
from base.storage.part import PART as STORAGE
from people.part import PART as PEOPLE
from recorder.part import PART as RECORDER
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

PARTS = (JOBS, STORAGE, PEOPLE, SESSIONS, RECORDER, MEDIA, SOCKETS, LIVE, LOBBY, TLS, DEMO)
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
        for drain in reversed(self._process.drains):
            await drain(deadline_ms)


@asynccontextmanager
async def serving(
    config: Config, *, with_demo: bool = False, parts: Sequence[Part] = PARTS
) -> AsyncIterator[Server]:
    """Run a server for the time of the block. Raises `StartError`."""
    async with AsyncExitStack() as stack:
        parts = with_http(parts)
        check_parts(parts)
        process = Process(config, SystemClock(), Metrics(), parts)
        await _bring_common(process, stack)
        for part in parts:
            await stack.enter_async_context(_started(part, process))
        for part in parts if with_demo else ():
            if part.demo is not None:
                await part.demo(process)

        # The port is taken before any work runs: what fails here is said plainly.
        listener = _listen(config.server.host, config.server.port)
        stack.callback(listener.close)
        for work in process.work:
            await stack.enter_async_context(work)
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


async def _bring_common(process: Process, stack: AsyncExitStack) -> None:
    """Provide what every part stands on: signing key, migrated database, bus."""
    config = process.config
    try:
        # Names, voices and hashes of passwords: nobody else on the machine may look in.
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        process.provide(Signer(load_or_create_key(config.secret_file)))
    except OSError as error:
        raise StartError(
            f"{error.filename or config.data_dir} cannot be written ({error.strerror}): "
            "give the server a folder of its own with INKCALL__SERVER__DATA_DIR."
        ) from error
    try:
        database = Database(config.database_url)
        stack.push_async_callback(database.close)
        await database.migrate(migrations(process.parts))
    except (DatabaseError, MigrationsError) as error:
        raise StartError(f"{error} See database.url in the settings.") from None
    process.provide(database)
    process.health["database"] = database.answers
    bus = Bus(database, process.clock, process.metrics)
    process.provide(bus)
    process.work.append(bus.running())


@asynccontextmanager
async def _started(part: Part, process: Process) -> AsyncIterator[None]:
    """Start a part; what goes wrong says which part it was, and why."""
    context: AbstractAsyncContextManager[None] = part.start(process)
    try:
        await context.__aenter__()
    except (StartError, KeyFileError, asyncio.CancelledError):
        raise
    except Exception as error:
        log.exception("part_failed", part=part.name, **safe_error(error))
        reason = str(error) or type(error).__name__
        raise StartError(f"the part {part.name} cannot start: {reason}") from error
    try:
        yield
    finally:
        try:
            await context.__aexit__(None, None, None)
        # The other parts must still be taken down.
        except Exception as error:
            log.exception("part_not_stopped", part=part.name, **safe_error(error))


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound TCP socket; raise `StartError` when the port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise StartError(busy("TCP", "server", port, error)) from error


def default_config_file() -> Path | None:
    """Return `config.yaml` of the folder the server is started in, if there is one."""
    path = Path("config.yaml")
    return path if path.is_file() else None
