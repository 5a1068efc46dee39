"""Pairing a pen with a teacher: the bridge's half of the device flow of RFC 8628.

begin ─▶ show the user code ─▶ ask every `interval` s ─▶ token
                                  │ authorization_pending: go on
                                  │ slow_down: 5 s more between two questions (3.5)
                                  └ expired_token, access_denied: over
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import aiohttp
import msgspec

from pen_bridge.addresses import NOT_TRUSTED, Server
from pen_bridge.clock import Clock
from pen_bridge.credential import Credential
from wire.common import Name, Token

_MAX_ANSWER = 64 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=15.0)
SLOWER_S = 5.0
T = TypeVar("T")


class PairingFailed(Exception):
    """No pairing came about; `code` is RFC 8628's or the server's, the text is safe to show."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Unreachable(Exception):
    """The server could not be asked, or did not answer as a server of ours does."""


class Begun(msgspec.Struct, frozen=True):
    """The server's answer to the first call."""

    device_code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    user_code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9-]{4,20}$")]
    expires_in: Annotated[float, msgspec.Meta(gt=0, le=86_400)]
    interval: Annotated[float, msgspec.Meta(ge=0, le=600)] = 5.0


class _Granted(msgspec.Struct, frozen=True):
    token: Token
    teacher_name: Name


class _Error(msgspec.Struct, frozen=True):
    code: Annotated[str, msgspec.Meta(max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=500)] = ""


class _Failure(msgspec.Struct, frozen=True):
    error: _Error


async def pair(
    server: Server, pen: str, model: str, clock: Clock, show: Callable[[Begun], None]
) -> Credential:
    """Pair; `show` tells the user the code. Raises `PairingFailed` or `Unreachable`."""
    connector = aiohttp.TCPConnector(ssl=server.tls() or True)
    async with aiohttp.ClientSession(
        timeout=_TIMEOUT, trust_env=not server.local, connector=connector
    ) as client:
        begun = await _post(client, server, "pens/pairings", {"pen": pen, "model": model}, Begun)
        show(begun)
        ends = clock.now() + begun.expires_in
        interval = begun.interval
        while True:
            await asyncio.sleep(interval)
            if clock.now() >= ends:
                raise PairingFailed("expired_token", "the code was not confirmed in time")
            try:
                granted = await _post(
                    client,
                    server,
                    "pens/pairings/token",
                    {"device_code": begun.device_code},
                    _Granted,
                )
            except Unreachable:
                # RFC 8628, 3.5: after a lost connection, ask less often.
                interval = min(2 * max(interval, 1.0), 60.0)
            except PairingFailed as failed:
                if failed.code == "slow_down":
                    interval += SLOWER_S
                elif failed.code != "authorization_pending":
                    raise
            else:
                return Credential(
                    server=server.origin,
                    pen=pen,
                    token=granted.token,
                    teacher_name=granted.teacher_name,
                    ca=server.ca,
                )


async def _post(
    client: aiohttp.ClientSession, server: Server, path: str, body: dict[str, Any], kind: type[T]
) -> T:
    try:
        # Not redirected: the device code is for this server and no other.
        async with client.post(server.api(path), json=body, allow_redirects=False) as response:
            data = await _bounded(response)
            status = response.status
    except aiohttp.ClientConnectorCertificateError as error:
        raise Unreachable(NOT_TRUSTED) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable("the server cannot be reached") from error
    try:
        if 200 <= status < 300:
            return msgspec.json.decode(data, type=kind)
        failure = msgspec.json.decode(data, type=_Failure).error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreachable(f"the server answered {status} with something unexpected") from error
    if status >= 500:
        raise Unreachable(f"the server answered {status}: {failure.text or failure.code}")
    raise PairingFailed(failure.code, failure.text or failure.code)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """Return the body; one longer than any answer of ours is cut, and then decodes as nothing."""
    data = bytearray()
    async for chunk in response.content.iter_chunked(_MAX_ANSWER):
        data += chunk
        if len(data) > _MAX_ANSWER:
            break
    return bytes(data)
