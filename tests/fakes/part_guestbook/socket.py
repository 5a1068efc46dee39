"""`/ws/guestbook`: one page that has the guestbook open."""

from base.sockets import Socket
from tests.fakes.part_guestbook.book import Guestbook
from tests.fakes.part_guestbook.messages import Wave
from wire.common import Hello


class GuestbookSocket:
    """Hears of new entries, and waves."""

    def __init__(self, socket: Socket, book: Guestbook) -> None:
        self._socket = socket
        self._book = book

    async def opened(self, _hello: Hello) -> None:
        self._book.enter(self._socket)

    async def received(self, _message: Wave) -> None:
        self._book.wave(self._socket.person)

    async def closed(self) -> None:
        self._book.leave(self._socket)
