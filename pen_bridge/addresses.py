"""The server's address: checked once, and turned into those of its pen socket and its API."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit


class BadAddress(Exception):
    """This is no address of a server; the text says why."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server is: `http` or `https`, host and port, perhaps a path in front."""

    origin: str

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

    def api(self, path: str) -> str:
        """Return the URL of `/api/<path>`."""
        return f"{self.origin}/api/{path}"


def parse_server(text: str) -> Server:
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
    return Server(f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}")
