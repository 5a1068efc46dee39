"""`/ws/pen`: one pen bridge, from its hello to its end."""

from base.errors import Refusal
from base.sockets import SocketHandler
from people.model import PenIdentity
from people.pens import PenService
from people.service import PeopleService
from server.live.pens import ConnectedPens
from server.sockets.hello import check_version
from server.sockets.socket import Socket
from wire import codes
from wire.common import PROTOCOL_VERSION, Message
from wire.pen import PenHello, PenStatus, PenWelcome


class PenSocket(SocketHandler):
    """Hands a pen's ink to the room its teacher is in."""

    def __init__(
        self, socket: Socket, connected: ConnectedPens, pens: PenService, people: PeopleService
    ) -> None:
        self._socket = socket
        self._connected = connected
        self._pens = pens
        self._people = people
        self._pen: PenIdentity | None = None

    async def opened(self, hello: PenHello) -> None:
        check_version(hello.versions)
        pen = await self._pens.verify(hello.token)
        # At once, so that taking the pen off finds this socket whatever is awaited next.
        self._socket.credential = pen.credential_id
        if pen.pen_id != hello.pen:
            raise Refusal(codes.FORBIDDEN, "this credential is of another pen")
        teacher = await self._people.person(pen.teacher_id)
        self._pen = pen
        self._socket.send(
            PenWelcome(version=PROTOCOL_VERSION, teacher=teacher.id, teacher_name=teacher.name)
        )
        self._connected.enter(self._socket, pen.pen_id, pen.teacher_id)

    async def received(self, message: Message) -> None:
        assert self._pen is not None  # `opened` comes first
        if isinstance(message, PenStatus):
            return
        live = self._connected.room_of(self._pen.teacher_id)
        if live is not None:
            live.received(self._socket, message)

    async def closed(self) -> None:
        if self._pen is not None:
            self._connected.leave(self._socket, self._pen.pen_id)
