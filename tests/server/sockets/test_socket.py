"""Bad input on the sockets: a stable code each, counted, and everybody else is served on."""

import asyncio
import random
import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from base.clock import SystemClock
from base.signing import Signer, load_or_create_key
from tests.fakes.in_process import quick_server
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import Peer, WireClient, client, ping
from wire import codec, codes, room
from wire.board import Point
from wire.common import MAX_FRAME_BYTES, Hello, Message, Refused, Welcome


async def metric(client_: WireClient, line: str) -> float:
    async with client_.http.get(f"{client_.url}/metrics") as response:
        text = await response.text()
    return sum(float(row.split()[-1]) for row in text.splitlines() if row.startswith(line))


async def refused_with(peer: Peer, code: str) -> None:
    assert (await peer.wait(Refused)).code == code
    assert await peer.closed() == codes.CLOSE_CODES[code]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", codes.BAD_MESSAGE),
        (b"\xc1\xc1\xc1", codes.BAD_MESSAGE),
        (codec.encode(Hello(versions=[1], token="x"))[:-3], codes.BAD_MESSAGE),
        (b"\x82\xa4type\xa5hello\xa8versions\xa1x", codes.BAD_MESSAGE),
        (b"\x81\xa4type\xa9no_such_x", codes.BAD_MESSAGE),
        (b"\xc6\x00\x01\x10\x00" + bytes(MAX_FRAME_BYTES + 4096), codes.TOO_LARGE),
        (codec.encode(room.Leave()), codes.HELLO_FIRST),
        (codec.encode(Hello(versions=[99], token="x")), codes.VERSION),
        (codec.encode(Hello(versions=[1], token="x.y.z")), codes.TOKEN_INVALID),
    ],
)
async def test_a_bad_first_frame_is_refused_and_counted(
    tmp_path: Path, frame: bytes, code: str
) -> None:
    async with quick_server(tmp_path) as server, client(server.url, "student1") as student:
        peer = await student.open("/ws/room", codec.room_from_server)
        await peer.socket.send_bytes(frame)
        await refused_with(peer, code)
        assert await metric(student, f'inkcall_refused_total{{code="{code}"}}') == 1
        await student.lobby()


async def test_text_frames_and_giants_and_silence_end_only_their_own_socket(
    tmp_path: Path,
) -> None:
    async with (
        quick_server(tmp_path, rooms={"hello_s": 0.3}) as server,
        client(server.url, "student1") as student,
    ):
        text = await student.open("/ws/lobby", codec.lobby_from_server)
        await text.socket.send_str("{}")
        await refused_with(text, codes.TEXT_FRAME)
        giant = await student.open("/ws/lobby", codec.lobby_from_server)
        await giant.socket.send_bytes(bytes(1_000_000))
        assert await giant.closed() == 1009
        silent = await student.open("/ws/lobby", codec.lobby_from_server)
        await refused_with(silent, codes.TIMED_OUT)


async def test_tokens_expired_forged_or_of_another_kind_open_nothing(tmp_path: Path) -> None:
    async with quick_server(tmp_path) as server, client(server.url, "student1") as student:
        key = load_or_create_key(tmp_path / "data" / "secret.key")
        now_ms = SystemClock().unix_ms()
        claims = {"sub": student.person["id"], "role": "student", "sid": "si_1"}
        cases = {
            Signer(key).sign(claims, "access", 60, now_ms - 3_600_000): codes.TOKEN_EXPIRED,
            Signer(bytes(32)).sign(claims, "access", 60, now_ms): codes.TOKEN_INVALID,
            Signer(key).sign(claims, "room", 60, now_ms): codes.TOKEN_INVALID,
            student.token[:-2]: codes.TOKEN_INVALID,
        }
        for token, code in cases.items():
            peer = await student.open("/ws/lobby", codec.lobby_from_server)
            await peer.send(Hello(versions=[1], token=token))
            await refused_with(peer, code)


async def test_signing_out_closes_the_open_sockets_and_revokes_the_token(tmp_path: Path) -> None:
    async with quick_server(tmp_path) as server, client(server.url, "student1") as student:
        peer = await student.lobby()
        url = f"{server.url}/api/people/{student.person['id']}/sign-out"
        async with student.http.post(url) as response:
            assert response.status == 204
        assert await peer.closed() == codes.CLOSE_CODES[codes.TOKEN_REVOKED]
        again = await student.open("/ws/lobby", codec.lobby_from_server)
        await again.send(Hello(versions=[1], token=student.token))
        await refused_with(again, codes.TOKEN_REVOKED)


async def test_one_person_cannot_take_all_sockets(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path, rooms={"max_sockets_per_person": 3}) as server,
        client(server.url, "student1") as student,
        client(server.url, "student2") as other,
    ):
        for _ in range(3):
            await student.lobby()
        fourth = await student.open("/ws/lobby", codec.lobby_from_server)
        await fourth.send(Hello(versions=[1], token=student.token))
        await refused_with(fourth, codes.FULL)
        await other.lobby()


async def test_order_and_place_are_checked_in_a_room(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url, "student2") as other,
    ):
        student_side, _ = await in_session(student, teacher)

        async def hello(who: WireClient, *messages: Message) -> Peer:
            peer = await who.open("/ws/room", codec.room_from_server)
            await peer.send(Hello(versions=[1], token=who.token))
            await peer.wait(Welcome)
            for message in messages:
                await peer.send(message)
            return peer

        join = room.Join(grant=student_side.grant, source="web-s")
        await refused_with(await hello(student, room.Say(n=1, text="?")), codes.JOIN_FIRST)
        await refused_with(await hello(student, join, join), codes.JOIN_TWICE)
        again = Hello(versions=[1], token=student.token)
        await refused_with(await hello(student, again), codes.HELLO_TWICE)
        # Another student with this one's grant: the grant is of a person, not of who holds it.
        await refused_with(await hello(other, join), codes.GRANT_INVALID)
        forged = room.Join(grant=student_side.grant[:-3] + "AAA", source="web-s")
        await refused_with(await hello(student, forged), codes.GRANT_INVALID)
        as_access = room.Join(grant=student.token, source="web-s")
        await refused_with(await hello(student, as_access), codes.GRANT_INVALID)

        good = await student.room(student_side.grant, "web-s")
        await good.send(room.ClearPage(n=1, page="page-1"))
        assert (await good.wait(Refused)).code == codes.FORBIDDEN
        await good.send(room.MediaAnswer(leg="nobody", sdp="v=0"))
        assert (await good.wait(Refused, skip=1)).code == codes.NO_MEDIA
        offer = await good.wait(room.MediaOffer)
        await good.send(room.MediaAnswer(leg=offer.leg, sdp="this is no SDP"))
        assert (await good.wait(Refused, skip=2)).code == codes.BAD_SDP


async def test_a_slow_reader_is_cut_off_and_the_room_goes_on(tmp_path: Path) -> None:
    async with (
        quick_server(
            tmp_path,
            rooms={"outbox_messages": 100, "messages_per_s": 100_000, "messages_burst": 100_000},
        ) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_side, teacher_ready = await in_session(student, teacher)
        teacher_side = await teacher.room(teacher_ready.grant, "web-t")
        # This page joins and then reads nothing more.
        narrow = aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=_narrow))
        deaf = await narrow.ws_connect(f"{server.url}/ws/room", max_msg_size=0)
        await deaf.send_bytes(codec.encode(Hello(versions=[1], token=student.token)))
        await deaf.send_bytes(codec.encode(room.Join(grant=student_side.grant, source="web-s")))
        await teacher_side.wait(
            room.MemberChanged,
            lambda m: m.member.role == "student" and m.member.link == "connected",
        )
        line = [Point(i, i, 500, 8) for i in range(512)]
        n = 1
        await teacher_side.send(room.StrokeBegin(n=n, stroke="web-t.0", page="page-1", points=line))

        def lost(m: room.MemberChanged) -> bool:
            return m.member.role == "student" and m.member.link == "reconnecting"

        # Bounded: the kernel holds some megabytes before the outbox fills.
        while n < 900 and not any(lost(m) for m in teacher_side.all(room.MemberChanged)):
            n += 1
            if n % 30 == 0:
                stroke = f"web-t.{n}"
                await teacher_side.send(
                    room.StrokeBegin(n=n, stroke=stroke, page="page-1", points=line)
                )
            else:
                stroke = f"web-t.{n - n % 30}"
                await teacher_side.send(room.StrokePoints(n=n, stroke=stroke, points=line))
            if n % 100 == 0:
                await ping(teacher_side, n)
        await teacher_side.wait(room.MemberChanged, lost)
        await narrow.close()
        back = await student.room(student_side.grant, "web-s")
        snapshot = await back.wait(room.Snapshot)
        assert len(snapshot.board.strokes) >= n // 30


def _narrow(address: Any) -> socket.socket:
    """Return a socket that takes in little, as a page on a bad mobile network does."""
    made = socket.socket(address[0], address[1], address[2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return made


async def test_seeded_junk_on_every_socket_leaves_a_running_session_alone(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_side, teacher_ready = await in_session(student, teacher)
        teacher_side = await teacher.room(teacher_ready.grant, "web-t")
        real = codec.encode(room.Say(n=1, text="x"))
        for _ in range(150):
            path = dice.choice(["/ws/lobby", "/ws/room", "/ws/pen"])
            async with student.http.ws_connect(f"{server.url}{path}") as link:
                if dice.random() < 0.5:
                    hello = Hello(versions=[1], token=student.token)
                    await link.send_bytes(codec.encode(hello))
                junk = bytearray(
                    real if dice.random() < 0.5 else dice.randbytes(dice.randrange(200))
                )
                for _ in range(dice.randrange(4)):
                    if junk:
                        junk[dice.randrange(len(junk))] = dice.randrange(256)
                try:
                    await link.send_bytes(bytes(junk))
                    await link.send_bytes(bytes(junk))
                    async with asyncio.timeout(0.01):
                        await link.receive()
                except (TimeoutError, ConnectionError, aiohttp.ClientError):
                    pass
        await ping(teacher_side, 7)
        mine = await student.room(student_side.grant, "web-s")
        await teacher_side.send(room.Say(n=1, text="还在"))
        assert (await mine.wait(room.Said)).text == "还在"
