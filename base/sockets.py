"""A WebSocket that a part serves: what it declares, what it is given, what it has to answer.

SocketRoute ──mounted by the server──> hello checked ──> SocketHandler.opened ──> received … ──> closed
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from wire.codec import FrameDecoder
from wire.common import Hello, Message


class Socket(Protocol):
    """A peer's connection, as a part sees it. Nothing here waits: a slow peer is the server's to bound."""

    @property
    def id(self) -> str:
        """Return the connection's own id."""
        ...

    @property
    def person(self) -> str:
        """Return whose it is, once they have said hello."""
        ...

    @property
    def closing(self) -> bool:
        """Tell whether nothing more will be sent."""
        ...

    def send(self, message: Message, /) -> None:
        """Queue a message, in order."""
        ...

    def refuse(self, code: str, text: str, n: int | None = None, /) -> None:
        """Tell the peer that something was not done; the socket goes on."""
        ...

    def close(self, code: str, /) -> None:
        """Close once what is queued has been sent."""
        ...


class SocketHandler(Protocol):
    """What a kind of socket does; one object a socket. Methods run on the loop, in order."""

    @abstractmethod
    async def opened(self, hello: Any, /) -> None:
        """Take the first message. Raise `Refusal` to end the socket."""
        ...

    @abstractmethod
    async def received(self, message: Any, /) -> None:
        """Act on one later message. Raise `Refusal` to end the socket."""
        ...

    @abstractmethod
    async def closed(self) -> None:
        """The socket is gone; called exactly once, if `opened` was entered."""
        ...


@dataclass(frozen=True, kw_only=True)
class SocketRoute:
    """A WebSocket that a part serves."""

    path: str
    """Begins with `/ws/`."""
    kind: str
    """A short fixed word for metrics."""
    decoder: FrameDecoder
    """Of what a peer may send: `hello`, `Ping` if tabs hold it, and the part's own messages."""
    handler: Callable[[Any], SocketHandler]
    """Makes the handler of one socket, given the `Socket`."""
    hello: type[Message] = Hello
    """The one message a peer may send first."""
    greets: bool = False
    """The handler checks by itself who says hello, and welcomes them. Otherwise the server has done
    so, with an access token, before `opened`."""
