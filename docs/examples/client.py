"""An Inkcall client in one file: signs in, calls or answers, talks, writes and reads ink.

Start a teacher, then a student, each in a terminal of its own:

    .venv/bin/python docs/examples/client.py http://127.0.0.1:8400 teacher1 inkcall-demo
    .venv/bin/python docs/examples/client.py http://127.0.0.1:8400 student1 inkcall-demo

The teacher opens their door and answers whoever calls; the student calls the first teacher they see.
Each plays a tone of its own, draws a line and says hello; after some seconds the student hangs up.
`docs/protocol.md` has every message. Left out, to stay short: coming back after a lost socket.
"""

import argparse
import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack

from wire import common, lobby, room
from wire.board import Board, ChatLine, Point
from wire.codec import FrameDecoder, encode, lobby_from_server, room_from_server
from wire.fold import apply

RATE = 48_000
PING_EVERY_S = 5.0
TONES_HZ = {"teacher": 660, "student": 440}


@dataclass
class Lesson:
    """What one side has seen and heard by the end."""

    session: str
    other: str
    reason: str = ""
    board: Board = field(default_factory=Board)
    chat: list[ChatLine] = field(default_factory=list)
    heard_hz: int = 0  # the loudest frequency of the other's voice
    acked: int = 0  # operations of ours that are done


class Refused(Exception):
    """The server said no, or nothing more."""


class Socket:
    """One WebSocket: messages of `wire` out and in."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, decode: FrameDecoder) -> None:
        self._ws = ws
        self._decode = decode

    async def send(self, message: common.Message) -> None:
        await self._ws.send_bytes(encode(message))

    async def receive(self) -> Any:
        """Return the next message, or None when the server has closed."""
        frame = await self._ws.receive()
        return self._decode(frame.data) if frame.type is aiohttp.WSMsgType.BINARY else None

    async def ping(self) -> None:
        """Say now and then that we are here; the server closes a silent socket."""
        while not self._ws.closed:
            await self.send(common.Ping(sent_ms=0))
            await asyncio.sleep(PING_EVERY_S)


class Client:
    """One person. Use `tutored` for the whole way, or the steps one by one."""

    def __init__(self, http: aiohttp.ClientSession, server: str) -> None:
        self._http = http
        self._server = server
        self.token = self.role = ""

    async def sign_in(self, login: str, password: str) -> None:
        """Get the access token that every `hello` carries."""
        body = {"login": login, "password": password}
        async with self._http.post(f"{self._server}/api/sign-in", json=body) as response:
            answer = await response.json()
        if "error" in answer:
            raise Refused(str(answer["error"]))
        self.token, self.role = answer["access_token"], answer["person"]["role"]

    @asynccontextmanager
    async def connected(self, path: str, decode: FrameDecoder) -> AsyncIterator[Socket]:
        """Open a socket and say hello; keep it alive for the time of the block."""
        address = path if "://" in path else f"{self._server}{path}"
        async with self._http.ws_connect(address) as ws, asyncio.TaskGroup() as group:
            socket = Socket(ws, decode)
            await socket.send(common.Hello(versions=[common.PROTOCOL_VERSION], token=self.token))
            welcome = await socket.receive()
            if not isinstance(welcome, common.Welcome):
                raise Refused(str(welcome))
            pinging = group.create_task(socket.ping())
            yield socket
            pinging.cancel()

    async def meet(self, socket: Socket) -> lobby.SessionReady:
        """Call the first teacher who is there, or answer the first call; return the way in."""
        if self.role == "teacher":
            await socket.send(lobby.SetAvailability(available=True))
        calling = False
        while (message := await socket.receive()) is not None:
            cards: list[lobby.TeacherCard] = []
            match message:
                case lobby.SessionReady():
                    return message
                case lobby.IncomingCall():
                    await socket.send(lobby.AcceptCall(call=message.call))
                case lobby.Teachers():
                    cards = message.teachers
                case lobby.TeacherChanged():
                    cards = [message.teacher]
                case lobby.CallEnded() | common.Refused():
                    raise Refused(str(message))
            for card in cards:
                if card.presence == "online" and self.role == "student" and not calling:
                    calling = True
                    call = lobby.CallTeacher(teacher=card.teacher, subject=card.subjects[0])
                    await socket.send(call)
        raise Refused("the server closed the lobby")

    async def tutored(self, seconds: float) -> Lesson:
        """Meet somebody, spend `seconds` together, and return what was seen and heard."""
        async with self.connected("/ws/lobby", lobby_from_server) as socket:
            ready = await self.meet(socket)
            lesson = Lesson(ready.session, ready.other)
            async with self.connected(ready.url, room_from_server) as in_room:
                await self.in_room(in_room, ready.grant, lesson, seconds)
            return lesson

    async def in_room(self, socket: Socket, grant: str, lesson: Lesson, seconds: float) -> None:
        """Join; answer the voice offer, draw, fold what happens, until the session is over."""
        source = f"ex{secrets.token_hex(4)}"
        await socket.send(room.Join(grant=grant, source=source))
        voice: Voice | None = None
        async with asyncio.TaskGroup() as group:
            try:
                while (message := await socket.receive()) is not None:
                    match message:
                        case room.Snapshot():
                            lesson.board, lesson.chat = message.board, list(message.chat)
                            page = message.board.open_page or ""
                            group.create_task(self.take_part(socket, source, page, seconds))
                        case room.MediaOffer():
                            voice = Voice(TONES_HZ[self.role], group)
                            await socket.send(await voice.answer(message))
                        case room.Ack():
                            lesson.acked = message.n
                        case room.SessionEnded():
                            lesson.reason = message.reason
                            break
                        case room.Event():
                            apply(lesson.board, lesson.chat, message)
                        case common.Refused():
                            raise Refused(str(message))
            finally:
                if voice is not None:
                    lesson.heard_hz = voice.loudest_hz()
                    await voice.close()

    async def take_part(self, socket: Socket, source: str, page: str, seconds: float) -> None:
        """Draw a slanted line in three messages, say hello, and (the student) hang up."""
        stroke = f"{source}.1"
        line = [Point(x=2_000 + 100 * i, y=3_000 + 40 * i, pressure=500, dt=8) for i in range(40)]
        await socket.send(room.StrokeBegin(n=1, stroke=stroke, page=page, points=line[:1]))
        await socket.send(room.StrokePoints(n=2, stroke=stroke, points=line[1:]))
        await socket.send(room.StrokeEnd(n=3, stroke=stroke))
        await socket.send(room.Say(n=4, text=f"Hello from the {self.role}."))
        if self.role == "student":
            await asyncio.sleep(seconds)
            await socket.send(room.EndSession(n=5))


class Tone(AudioStreamTrack):
    """A microphone that hums. aiortc's own track gives 20 ms of silence at a time, in real time."""

    def __init__(self, hz: int) -> None:
        super().__init__()
        self._hz = hz

    async def recv(self) -> Any:
        frame: Any = await super().recv()
        times = (frame.pts + np.arange(frame.samples)) / frame.sample_rate
        frame.planes[0].update((8_000 * np.sin(2 * np.pi * self._hz * times)).astype(np.int16))
        return frame


class Voice:
    """The voice of one leg. aiortc looks for no path over the loopback interface alone."""

    def __init__(self, hz: int, group: asyncio.TaskGroup) -> None:
        # No STUN server is needed: the server learns our address from our checks.
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._pc.addTrack(Tone(hz))
        self._heard = np.zeros(0, np.int16)
        self._pc.on("track", lambda track: group.create_task(self._listen(track)))

    async def answer(self, offer: room.MediaOffer) -> room.MediaAnswer:
        """Return the answer to an offer; the connection then comes up by itself."""
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=offer.sdp, type="offer"))
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return room.MediaAnswer(leg=offer.leg, sdp=self._pc.localDescription.sdp)

    async def _listen(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):  # raised when the connection is closed
            while True:
                frame: Any = await track.recv()
                left = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)]
                self._heard = np.concatenate([self._heard, left])[-RATE:]

    def loudest_hz(self) -> int:
        """Return the loudest frequency of the last second; 0 for silence."""
        if len(self._heard) < RATE // 2 or np.abs(self._heard).max() < 100:
            return 0
        spectrum = np.abs(np.fft.rfft(self._heard))
        return round(float(np.argmax(spectrum)) * RATE / len(self._heard))

    async def close(self) -> None:
        await self._pc.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    for name in ("server", "login", "password"):
        parser.add_argument(name)
    parser.add_argument("--seconds", type=float, default=10.0, help="until the student hangs up")
    options = parser.parse_args()
    async with aiohttp.ClientSession() as http:
        client = Client(http, options.server)
        await client.sign_in(options.login, options.password)
        lesson = await client.tutored(options.seconds)
    strokes = lesson.board.strokes
    points = sum(len(stroke.points) for stroke in strokes.values())
    print(f"session {lesson.session} with {lesson.other} is over: {lesson.reason}")
    print(f"{len(strokes)} strokes, {points} points, {len(lesson.chat)} lines of chat")
    print(f"heard a tone of {lesson.heard_hz} Hz; {lesson.acked} operations of ours were done")


if __name__ == "__main__":
    asyncio.run(main())
