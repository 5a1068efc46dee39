"""The server's address: checked once, and turned into those of its pen socket and its API."""

import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

NOT_TRUSTED = (
    "the certificate of the server is not trusted, or is for another address; "
    "--ca names a file to trust"
)


class BadAddress(Exception):
    """This is no address of a server; the text says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is: `http` or `https`, host and port, perhaps a path in front."""

    origin: str
    ca: str = ""
    """Certificates in PEM form that are trusted beside the machine's own, for a server that made its own."""

    @property
    def socket(self) -> str:
        """The URL of the pens' WebSocket."""
        return "ws" + self.origin.removeprefix("http") + "/ws/pen"

    @property
    def local(self) -> bool:
        """True when it is this machine, which no proxy must come between."""
        host = urlsplit(self.origin).hostname or ""
        try:
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def encrypted(self) -> bool:
        """True when nobody on the way can read along."""
        return self.origin.startswith("https:")

    def tls(self) -> ssl.SSLContext | None:
        """Return what checks the server's certificate; None without encryption. Raises `BadAddress`."""
        if not self.encrypted:
            return None
        context = ssl.create_default_context()
        if self.ca:
            try:
                context.load_verify_locations(cadata=self.ca)
            except (ssl.SSLError, ValueError):
                raise BadAddress("what is to be trusted holds no certificate in PEM form") from None
            # A server's certificate may be given itself, without who signed it.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    def api(self, path: str) -> str:
        """Return the URL of `/api/<path>`."""
        return f"{self.origin}/api/{path}"


def parse_server(text: str, ca: str = "") -> Server:
    """Return the server of `http://127.0.0.1:8400` and the like; raise `BadAddress`."""
    try:
        parts = urlsplit(text.strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise BadAddress(f"{text!r} is no address of a server") from None
    if parts.scheme not in ("http", "https") or not host:
        raise BadAddress(f"{text!r} is no address of a server: it begins with http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise BadAddress("the address of a server holds no password, query or fragment")
    return Server(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", ca)
