"""What does one speaker cost with many listeners? CPU a listener packet, delay, loop lag, loss.

    python -m bench.relay_class [--listeners 100 1000 3000] [--seconds 10]

Real ICE, DTLS and SRTP for every listener, RTCP on. Server and load have a process each, measured by
the server's own CPU clock. The load can take about 20 000 packets a second on two cores, so the
speaker speaks more slowly the more listeners there are: the figure is the cost of a packet, not a
rate that was reached.
"""

import argparse
import asyncio
import json
import os
import select
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.relay_load import HOST, Side, ask

ROOT = Path(__file__).parent.parent
AT_MOST = 20_000
TOGETHER = 20
"""Listeners that shake hands at once."""


class Listener(Side):
    """One who hears the speaker: their packets carry the speaker's sequence numbers on."""

    def took(self, sent_at: dict[int, int], delays: list[int]) -> None:
        """Take everything that waits on the socket."""
        while True:
            try:
                data, ancillary, _, address = self.sock.recvmsg(2048, 64)
            except BlockingIOError:
                return
            if data[0] < 4:
                self.took_stun(data, address)
            elif data[0] >= 128 and not 192 <= data[1] <= 223:
                self.received += 1
                sent = sent_at.get(data[2] << 8 | data[3])
                if sent is not None:
                    seconds, nanoseconds = struct.unpack_from("qq", ancillary[0][2])
                    delays.append(seconds * 1_000_000_000 + nanoseconds - sent)


def run(speaker: Side, listeners: list[Listener], rate: float, seconds: float) -> list[int]:
    """Speak and listen for so long; return the delays (ns)."""
    delays: list[int] = []
    epoll = select.epoll()
    by_descriptor = {each.sock.fileno(): each for each in listeners}
    for descriptor in by_descriptor:
        epoll.register(descriptor, select.EPOLLIN)
    begun = time.monotonic()
    spoken = kept = 0
    while (passed := time.monotonic() - begun) < seconds:
        if spoken <= passed * rate:
            speaker.speak()
            spoken += 1
        # Each is heard of every 2.5 s, as browsers are, spread over the time.
        while kept <= passed * len(listeners) / 2.5:
            each = listeners[kept % len(listeners)]
            each.send(each.check)
            each.report()
            kept += 1
        for descriptor, _ in epoll.poll(0.002):
            by_descriptor[descriptor].took(speaker.sent_at, delays)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        for descriptor, _ in epoll.poll(0.05):
            by_descriptor[descriptor].took(speaker.sent_at, delays)
    epoll.close()
    return delays


async def load(port: int, count: int, seconds: float) -> dict[str, Any]:
    """Bring everybody up, warm up, measure."""
    reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 20)
    begun = time.monotonic()

    async def bring(side: Side) -> None:
        offer = await ask(reader, writer, op="open", call=side.call, side=0)
        text = side.answer(offer["sdp"])
        await ask(reader, writer, op="answer", call=side.call, side=0, sdp=text)

    speaker = Side(0, 0, HOST)
    await bring(speaker)
    await asyncio.wait_for(speaker.come_up(), 20)
    listeners = []
    for first in range(1, count + 1, TOGETHER):
        few = [Listener(n, 0, HOST) for n in range(first, min(first + TOGETHER, count + 1))]
        for each in few:
            await bring(each)
        await asyncio.wait_for(asyncio.gather(*(each.come_up() for each in few)), 60)
        listeners += few
    joining = time.monotonic() - begun
    rate = min(50.0, AT_MOST / count)
    run(speaker, listeners, rate, 2.0)
    speaker.sent = 0
    speaker.sent_at.clear()
    for each in listeners:
        each.received = 0
    await ask(reader, writer, op="begin")
    delays = sorted(run(speaker, listeners, rate, seconds))
    result = await ask(reader, writer, op="end")
    writer.close()
    received = sum(each.received for each in listeners)
    return {
        "listeners": count,
        "rate": rate,
        "joined_s": joining,
        "us": result["cpu_s"] / max(1, result["packets"]) * 1e6,
        "p50_ms": delays[len(delays) // 2] / 1e6,
        "p99_ms": delays[int(len(delays) * 0.99)] / 1e6,
        "lag_p99_ms": result["lag_p99_ms"],
        "lost": speaker.sent * count - received,
        "sent": speaker.sent * count,
        "dropped": result.get("dropped"),
    }


def measure(count: int, seconds: float) -> dict[str, Any]:
    """One run, server and load in a process each."""
    command = [sys.executable, "-m", "bench.relay_server", "--way", "class"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        return asyncio.run(load(int(server.stdout.readline()), count, seconds))
    finally:
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, nargs="+", default=[100, 1000, 3000])
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    print(f"load average before {os.getloadavg()[0]:.2f}, {arguments.seconds:.0f} s a run\n")
    print(
        "| listeners | packets a s | CPU us a listener packet | delay p50 ms | p99 ms | loop lag p99 ms | lost |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for count in arguments.listeners:
        result = measure(count, arguments.seconds)
        print(
            f"| {count} | {result['rate']:.1f} | {result['us']:.1f} | {result['p50_ms']:.2f} | "
            f"{result['p99_ms']:.2f} | {result['lag_p99_ms']:.2f} | {result['lost']} of {result['sent']} |",
            flush=True,
        )
        if result["dropped"]:
            print(f"  dropped: {json.dumps(result['dropped'])}", file=sys.stderr)


if __name__ == "__main__":
    main()
