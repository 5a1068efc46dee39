"""The measured side of bench/relay.py: one way of forwarding voices, in a process of its own.

Speaks JSON lines over a loopback TCP connection with the load: open a leg, answer it, begin, end.
Its own CPU time between begin and end is what the benchmark divides by the packets forwarded.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from recorder.config import RecorderConfig
from recorder.flusher import Flusher
from recorder.format.records import RecordedMember, RecordingInfo
from recorder.member import RecorderMember
from server.media import Leg, MediaConfig, MediaEndpoint
from server.media.plane import Tapped


class Inkcall:
    """Our endpoint, every voice recorded by the product's own recorder."""

    def __init__(self, folder: Path, record: bool) -> None:
        self.endpoint = MediaEndpoint(
            config=MediaConfig(host="127.0.0.1", max_legs=10_000), clock=time.monotonic
        )
        self.folder = folder
        self.record = record
        self.legs: dict[str, Leg] = {}
        self.recorders: list[RecorderMember] = []
        self.failed: list[str] = []
        self.flusher = Flusher(RecorderConfig().flush_interval_s)
        self.running = contextlib.AsyncExitStack()

    async def start(self) -> None:
        await self.endpoint.start()
        await self.running.enter_async_context(self.flusher.running())

    async def open(self, call: int, side: int) -> str:
        leg = self.endpoint.open_leg(f"{call}.{side}", on_state=lambda *_: None)
        self.legs[leg.id] = leg
        if side == 1:
            self.endpoint.feed(f"{call}.0", [f"{call}.1"])
            self.endpoint.feed(f"{call}.1", [f"{call}.0"])
            if self.record:
                await self._record(call)
        return leg.offer()

    async def _record(self, call: int) -> None:
        opened = time.monotonic()
        info = RecordingInfo(
            session=f"bench{call}",
            opened_unix_ms=0,
            subject="math",
            members=[
                RecordedMember(member="m0", role="student"),
                RecordedMember(member="m1", role="teacher"),
            ],
        )
        recorder = await RecorderMember.open(
            self.folder,
            info,
            lambda: int((time.monotonic() - opened) * 1e6),
            self.flusher,
            on_failed=self.failed.append,
            min_free_bytes=0,
        )
        self.recorders.append(recorder)

        def tap(tapped: list[Tapped]) -> None:
            for member, packet, at in tapped:
                recorder.voice(member, packet, int((at - opened) * 1e6))

        for side in (0, 1):
            self.endpoint.set_tap(f"{call}.{side}", tap, f"m{side}")

    async def answer(self, call: int, side: int, sdp: str) -> None:
        await self.legs[f"{call}.{side}"].accept_answer(sdp)

    def forwarded(self) -> int:
        return self.endpoint.stats().packets_out

    def notes(self) -> dict[str, Any]:
        stats = self.endpoint.stats()
        return {
            "kernel_drops": stats.kernel_drops,
            "dropped": stats.dropped,
            "recorded_bytes": sum(recorder.bytes_written for recorder in self.recorders),
            "recorder_failed": self.failed,
        }

    async def close(self) -> None:
        for recorder in self.recorders:
            await recorder.seal("bench")
        await self.running.aclose()
        await self.endpoint.close()


class Class(Inkcall):
    """One speaker, call 0, whom every other call's one side hears; nothing recorded."""

    async def open(self, call: int, side: int) -> str:
        leg = self.endpoint.open_leg(f"{call}.{side}", on_state=lambda *_: None)
        self.legs[leg.id] = leg
        if call:
            self.endpoint.hear(leg.id, "0.0")
        return leg.offer()


class AiortcBytes:
    """aiortc's transports, decrypted packets passed on at `_handle_rtp_data`; nothing recorded."""

    direction = "recvonly"  # without it every idle sender polls for a track 50 times a second

    def __init__(self) -> None:
        self.connections: dict[tuple[int, int], RTCPeerConnection] = {}
        self.packets = 0

    async def start(self) -> None: ...

    async def open(self, call: int, side: int) -> str:
        connection = RTCPeerConnection()
        self.connections[call, side] = connection
        connection.addTransceiver("audio", direction=self.direction)
        self.wire(connection, call, side)
        await connection.setLocalDescription(await connection.createOffer())
        return str(connection.localDescription.sdp)

    def wire(self, connection: RTCPeerConnection, call: int, side: int) -> None:
        transport = connection.getTransceivers()[0].receiver.transport

        async def forward(data: bytes, arrival_time_ms: int) -> None:
            del arrival_time_ms
            peer = self.connections.get((call, 1 - side))
            if peer is not None:
                self.packets += 1
                with contextlib.suppress(ConnectionError):
                    await peer.getTransceivers()[0].receiver.transport._send_rtp(data)

        transport._handle_rtp_data = forward  # type: ignore[method-assign]

    async def answer(self, call: int, side: int, sdp: str) -> None:
        await self.connections[call, side].setRemoteDescription(
            RTCSessionDescription(sdp, "answer")
        )

    def forwarded(self) -> int:
        return self.packets

    def notes(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        for connection in self.connections.values():
            await connection.close()


class AiortcRelay(AiortcBytes):
    """aiortc as its examples use it: decode, MediaRelay, encode; nothing recorded."""

    direction = "sendrecv"

    def __init__(self) -> None:
        super().__init__()
        self.relay = MediaRelay()

    def wire(self, connection: RTCPeerConnection, call: int, side: int) -> None:
        @connection.on("track")
        def on_track(track: Any) -> None:
            peer = self.connections[call, 1 - side]
            peer.getTransceivers()[0].sender.replaceTrack(self.relay.subscribe(track))

    def forwarded(self) -> int:
        total: int = 0
        for connection in self.connections.values():
            sender = connection.getTransceivers()[0].sender
            total += sender._RTCRtpSender__packet_count  # type: ignore[attr-defined]
        return total


async def watch_lag(lags: list[float]) -> None:
    """How late a 20 ms timer fires, for every way the same."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.02
        await asyncio.sleep(0.02)
        lags.append(loop.time() - due)


async def serve(way: Any, ready: Callable[[int], None]) -> None:
    done = asyncio.Event()

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lags: list[float] = []
        watcher = asyncio.get_running_loop().create_task(watch_lag(lags))
        start = (0.0, 0.0, 0.0, 0)
        while line := await reader.readline():
            request = json.loads(line)
            reply: dict[str, Any] = {}
            match request["op"]:
                case "open":
                    reply["sdp"] = await way.open(request["call"], request["side"])
                case "answer":
                    await way.answer(request["call"], request["side"], request["sdp"])
                case "begin":
                    gc.collect()
                    gc.freeze()
                    lags.clear()
                    start = (
                        time.process_time(),
                        time.thread_time(),
                        time.monotonic(),
                        way.forwarded(),
                    )
                case "end":
                    cpu = time.process_time() - start[0]
                    loop_cpu = time.thread_time() - start[1]
                    wall = time.monotonic() - start[2]
                    packets = way.forwarded() - start[3]
                    ordered = sorted(lags)
                    reply = {
                        "cpu_s": cpu,
                        "loop_cpu_s": loop_cpu,
                        "wall_s": wall,
                        "packets": packets,
                        "lag_p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
                        "lag_max_ms": ordered[-1] * 1000,
                        **way.notes(),
                    }
            writer.write(json.dumps(reply).encode() + b"\n")
            await writer.drain()
        writer.close()
        watcher.cancel()
        done.set()

    await way.start()
    server = await asyncio.start_server(control, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        ready(server.sockets[0].getsockname()[1])
        await done.wait()
    await way.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=("inkcall", "inkcall-bare", "class", "bytes", "relay"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways: dict[str, Callable[[], Any]] = {
            "inkcall": lambda: Inkcall(Path(folder), record=True),
            "inkcall-bare": lambda: Inkcall(Path(folder), record=False),
            "class": lambda: Class(Path(folder), record=False),
            "bytes": AiortcBytes,
            "relay": AiortcRelay,
        }

        async def run() -> None:
            await serve(ways[arguments.way](), lambda port: print(port, flush=True))

        asyncio.run(run())


if __name__ == "__main__":
    main()
