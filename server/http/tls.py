"""The part `tls`: HTTPS with a certificate of one's own or one made here, changed while it runs.

settings ── certificate (made or checked) ── ssl context ── every minute: still the right one?
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from base.background import kept_running
from base.clock import Clock
from base.config import Config
from base.log import get_logger
from base.part import Part, Process, StartError
from base.routes import PUBLIC, Binary, Route
from server.http.addresses import machine_addresses, machine_names
from server.http.certificates import CertificateError, check, made
from server.http.errors import render_error
from server.http.tls_config import TlsConfig

log = get_logger(__name__)

_LOOK_EVERY_S = 60.0
_WARN_DAYS = 14

AUTHORITY_PATH = "/inkcall-ca.crt"
"""Where a phone fetches what it may trust."""
_AUTHORITY_TYPE = "application/x-x509-ca-cert"


def made_folder(config: Config) -> Path:
    """Return where certificates made here are kept."""
    return config.data_dir / "tls"


class TlsService:
    """The server's side of HTTPS. Without it in the settings `context` is None."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Raises `CertificateError`, or OSError when what is made cannot be kept."""
        self._config = config
        self._section = config.of(TlsConfig)
        self._clock = clock
        self._loaded: object = None
        self._days_told = _WARN_DAYS
        self.context: ssl.SSLContext | None = None
        """For the next connection; another one once the certificate has changed."""
        if self._section.on:
            self.refresh()

    @property
    def scheme(self) -> str:
        """Return how this server's addresses begin."""
        return "https" if self._section.on else "http"

    def refresh(self) -> bool:
        """Take the certificate that is right now; return whether it is another than before.

        Connections that are open keep the one they began with.
        """
        now = datetime.fromtimestamp(self._clock.unix_ms() / 1000, UTC)
        own, key = self._section.certificate, self._section.key
        certificate, private = Path(own), Path(key)
        if own:
            self._tell((check(certificate, private, now) - now).days)
        else:
            certificate = private = made(made_folder(self._config), self._names(), now)
        content = (certificate.read_bytes(), private.read_bytes())
        if content == self._loaded:
            return False
        # Not into the one in use: of a pair whose second half fails the first would stay.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(certificate, private)
        except ssl.SSLError as error:
            raise CertificateError(
                f"tls.certificate: {certificate} cannot be used ({error.reason})."
            ) from None
        self.context, self._loaded = context, content
        return True

    def _tell(self, days: int) -> None:
        """Warn once a day that a certificate of one's own runs out."""
        if days < self._days_told:
            log.warning("certificate_runs_out", days=days)
        self._days_told = min(days, _WARN_DAYS)

    async def keep(self) -> None:
        """Look again and again: certificates are renewed, and laptops go to other networks."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                if await asyncio.to_thread(self.refresh):
                    log.info("certificate_changed")
            except (CertificateError, OSError) as error:
                # What was loaded goes on: a file half replaced is whole in a minute.
                log.warning("certificate_not_taken", reason=str(error))

    def _names(self) -> list[str]:
        addresses = [str(address) for address in machine_addresses()]
        return [*machine_names(), "127.0.0.1", "::1", *addresses, *self._section.names]


async def authority(_request: web.Request, config: Config) -> web.StreamResponse:
    """GET /inkcall-ca.crt."""
    file = made_folder(config) / "ca.crt"
    if not config.of(TlsConfig).self_made or not await asyncio.to_thread(file.is_file):
        return render_error("not_found", "this server's certificate was not made by itself")
    headers = {"Content-Type": _AUTHORITY_TYPE, "Cache-Control": "no-cache"}
    return web.FileResponse(file, headers=headers)


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `TlsService`."""
    try:
        tls = await asyncio.to_thread(TlsService, process.config, process.clock)
    except CertificateError as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"{error.filename or made_folder(process.config)} cannot be used for the certificate "
            f"({error.strerror}): see that the folder is this user's."
        ) from error
    process.provide(tls)
    if tls.scheme == "https":
        process.work.append(kept_running("tls", tls.keep, process.metrics))
    yield


PART = Part(
    name="tls",
    start=start,
    settings={"tls": TlsConfig},
    routes=(
        Route(
            "GET",
            AUTHORITY_PATH,
            may=PUBLIC,
            do=authority,
            summary="The authority of a certificate made here, for a phone that is to trust it",
            returns=Binary((_AUTHORITY_TYPE,)),
            errors=("not_found",),
            listed=False,
        ),
    ),
)
