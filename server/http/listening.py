"""Who comes in at the web port: TLS and, on the same port, plain HTTP that is shown the way to it.

connection ── first byte ──┬── 0x16: TLS handshake ── the application
                           └── else: plain HTTP ── redirected to https://
"""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from base.log import get_logger
from server.http.errors import render_error
from server.http.tls import TlsService

log = get_logger(__name__)

_TLS_HANDSHAKE = b"\x16"
"""The content type of the record a client begins with (RFC 8446 section 5.1)."""
_WITHIN_S = 10.0
"""How long a new connection may take to its first byte, and again for its handshake."""
_GOODBYE_S = 3.0
"""How long a peer may take to say goodbye: a phone that is asleep does not."""
_AT_THE_DOOR = 1000
"""Connections without a finished handshake; more wait in the kernel's queue."""
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
"""Accepting can go on when something was given back; other errors are of one peer that has gone."""
_FULL_WAIT_S = 1.0


@asynccontextmanager
async def listening(
    runner: web.AppRunner, listener: socket.socket, tls: TlsService
) -> AsyncIterator[None]:
    """Take connections for the application of `runner` for the time of the block."""
    if tls.context is None:
        await web.SockSite(runner, listener).start()
        yield
        return
    assert runner.server is not None
    plain = web.Server(_to_https, access_log=None)
    listener.setblocking(False)
    door = _Door(listener, tls, runner.server, plain)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(door.run(), name="web door")
        try:
            yield
        finally:
            task.cancel()
            # Who comes now is told at once that nobody is here.
            listener.close()
            await plain.shutdown(0)


class _Door:
    """Accepts, looks at the first byte, and hands each connection to whom it is for."""

    def __init__(
        self,
        listener: socket.socket,
        tls: TlsService,
        application: web.Server,
        plain: web.Server,
    ) -> None:
        self._listener = listener
        self._tls = tls
        self._application = application
        self._plain = plain
        self._room = asyncio.Semaphore(_AT_THE_DOOR)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                await self._room.acquire()
                try:
                    connection, _ = await loop.sock_accept(self._listener)
                except OSError as error:
                    self._room.release()
                    if error.errno in _FULL:
                        log.warning("not_accepted", errno=error.errno)
                        await asyncio.sleep(_FULL_WAIT_S)
                    continue
                group.create_task(self._let_in(connection), name="web handshake")

    async def _let_in(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        taken = False
        try:
            connection.setblocking(False)
            async with asyncio.timeout(_WITHIN_S):
                first = await _first_byte(connection)
            if first == _TLS_HANDSHAKE:
                taken = True
                await loop.connect_accepted_socket(
                    self._application,
                    connection,
                    ssl=self._tls.context,
                    ssl_handshake_timeout=_WITHIN_S,
                    ssl_shutdown_timeout=_GOODBYE_S,
                )
            elif first:
                taken = True
                await loop.connect_accepted_socket(self._plain, connection)
        except (OSError, TimeoutError, ssl.SSLError):
            # Scanners, clients that do not trust us, phones that walked away: it is their end.
            pass
        finally:
            self._room.release()
            # Once it was handed over it is the transport's to close.
            if not taken:
                connection.close()


async def _first_byte(connection: socket.socket) -> bytes:
    """Return the first byte, which stays to be read; empty when the peer has gone."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def readable() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(connection, readable)
    try:
        await ready
    finally:
        loop.remove_reader(connection)
    with suppress(BlockingIOError):
        return connection.recv(1, socket.MSG_PEEK)
    return b""


async def _to_https(request: web.BaseRequest) -> web.StreamResponse:
    """Show a browser the way; whoever sent more than a question is refused, not sent around."""
    host = request.headers.get("Host", "")
    if request.method not in ("GET", "HEAD") or not re.fullmatch(r"[\w.:\[\]-]{1,260}", host):
        return render_error("bad_request", "this server speaks https only")
    path = request.raw_path if request.raw_path.startswith("/") else "/"
    # Not for ever: the same address may be without TLS tomorrow.
    headers = {
        "Location": f"https://{host}{path}",
        "Cache-Control": "no-store",
        "Server": "inkcall",
    }
    return web.Response(status=307, headers=headers)
