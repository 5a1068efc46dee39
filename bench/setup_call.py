"""What does setting up a call cost the server? CPU from the call's first message to both voices up.

    python -m bench.setup_call [--calls 40] [--loop asyncio|uvloop] [--profile FILE]

One student and one teacher whose lobby sockets are open call again and again: ring, accept, both
room sockets, both snapshots, both voice legs with real ICE and DTLS, the recording begun. The
server is a process of its own; its CPU (user and system, threads too) is read from the kernel
before and after. Hanging up and sealing are counted apart.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fakes.media_client import MediaClient
from tests.fakes.processes import running_server
from tests.fakes.sessions import available, called
from tests.fakes.wire_client import Peer, WireClient, client, ping
from wire import lobby, room

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return the CPU a process has used so far; nanoseconds where the kernel keeps them."""
    try:
        spent = 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9
    except (OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S


async def voice(peer: Peer, media: MediaClient) -> None:
    """Take the offer and bring the leg up."""
    offer = await peer.wait(room.MediaOffer)
    await peer.send(room.MediaAnswer(leg=offer.leg, sdp=media.answer(offer.sdp)))
    await media.connect()


async def one_call(
    student: WireClient,
    teacher: WireClient,
    student_peer: Peer,
    teacher_peer: Peer,
    number: int,
    pid: int,
) -> tuple[float, float]:
    """Set a call up and end it; return the server's CPU for either, seconds."""
    async with MediaClient() as student_voice, MediaClient() as teacher_voice:
        before = cpu_s(pid)
        await teacher_peer.send(
            lobby.AcceptCall(call=await called(student_peer, teacher_peer, teacher.person["id"]))
        )
        ready = [
            await student_peer.wait(lobby.SessionReady, skip=number // 2),
            await teacher_peer.wait(lobby.SessionReady, skip=number),
        ]
        rooms = await asyncio.gather(
            student.room(ready[0].grant, f"web-s{number}"),
            teacher.room(ready[1].grant, f"web-t{number}"),
        )
        await asyncio.gather(voice(rooms[0], student_voice), voice(rooms[1], teacher_voice))
        up = cpu_s(pid)
        await rooms[0].send(room.EndSession(n=1))
        await asyncio.gather(*(each.wait(room.SessionEnded) for each in rooms))
        await asyncio.gather(*(each.closed() for each in rooms))
    await teacher_peer.wait(lobby.FormsDue, skip=len(teacher_peer.all(lobby.FormsDue)) - 1)
    return up - before, cpu_s(pid) - up


async def measure(calls: int, loop: str, profile: str | None) -> None:
    settings = {"INKCALL__SERVER__LOOP": loop, "INKCALL__PEOPLE__ARGON2_MEMORY_KIB": "8"}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_server(Path(folder), settings) as server,
            client(server.url, "student1") as student,
            client(server.url, "student2") as other,
            client(server.url, "teacher1") as teacher,
        ):
            assert server.process is not None
            pid = server.process.pid
            teacher_peer = await available(teacher)
            callers = [(student, await student.lobby()), (other, await other.lobby())]
            figures = []
            spy = None
            for number in range(calls + 5):
                if number == 5 and profile:
                    command = [str(Path(sys.executable).with_name("py-spy")), "record"]
                    command += [
                        "-p",
                        str(pid),
                        "-d",
                        "600",
                        "-r",
                        "500",
                        "-f",
                        "raw",
                        "-o",
                        profile,
                    ]
                    spy = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                who, student_peer = callers[number % 2]
                figure = await one_call(who, teacher, student_peer, teacher_peer, number, pid)
                if number >= 5:  # the first ones import, compile and fill caches
                    figures.append(figure)
                # A student may call every two seconds; and nobody is silent for twelve.
                await asyncio.sleep(1.1)
                for each in (teacher_peer, *(peer for _, peer in callers)):
                    await ping(each, number)
            if spy is not None:
                spy.send_signal(2)
                spy.wait(30)
    up = [each[0] * 1000 for each in figures]
    down = [each[1] * 1000 for each in figures]
    print(
        f"{loop}: set-up median {statistics.median(up):.1f} ms (min {min(up):.1f}, max {max(up):.1f}), "
        f"end median {statistics.median(down):.1f} ms, {calls} calls, load average {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--loop", default="asyncio", choices=("asyncio", "uvloop"))
    parser.add_argument("--profile", help="py-spy the server into this file (raw stacks)")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.calls, arguments.loop, arguments.profile))


if __name__ == "__main__":
    main()
