"""What an operator reads in `/metrics` after a call in which both sides spoke and one wrote."""

import asyncio
from pathlib import Path

from tests.fakes.in_process import quick_server
from tests.fakes.media_client import MediaClient
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import WireClient, client
from wire import room


async def figures(who: WireClient) -> dict[str, float]:
    """Return every line of the metrics by its name with labels."""
    async with who.http.get(f"{who.url}/metrics") as response:
        lines = (await response.text()).splitlines()
    rows = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in rows}


async def test_a_call_is_seen_in_the_metrics(tmp_path: Path) -> None:
    async with (
        quick_server(tmp_path) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_ready, teacher_ready = await in_session(student, teacher)
        student_room = await student.room(student_ready.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        offer = await student_room.wait(room.MediaOffer)
        async with MediaClient() as voice:
            answer = voice.answer(offer.sdp)
            await student_room.send(room.MediaAnswer(leg=offer.leg, sdp=answer))
            await asyncio.wait_for(voice.connect(), 5)
            async with asyncio.timeout(15):
                while (now := await figures(teacher))["inkcall_recorder_bytes_total"] == 0 or (
                    now['inkcall_media_packets_total{direction="in"}'] == 0
                ):
                    voice.speak()
                    await asyncio.sleep(0.02)
            assert now["inkcall_rooms"] == 1
            assert now['inkcall_members{role="student"}'] == 1
            assert now['inkcall_members{role="teacher"}'] == 1
            assert now['inkcall_calls_total{outcome="accepted"}'] == 1
            assert now['inkcall_sockets{kind="room"}'] == 2
            assert 0 <= now["inkcall_media_loss_ratio"] <= 1
            assert now["inkcall_recorder_lag_seconds"] < 2
            assert "inkcall_loop_lag_p99_seconds" in now
        await teacher_room.send(room.EndSession(n=1))
        await student_room.closed()
        assert (await figures(teacher))["inkcall_rooms"] == 0
