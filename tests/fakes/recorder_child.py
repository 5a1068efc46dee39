"""A process that records until it is killed, for tests of what its recording then holds.

    python -m tests.fakes.recorder_child FOLDER MAX_FILE_BYTES

Prints the time of every event once the recorder has it. MAX_FILE_BYTES other than 0 makes the
kernel refuse longer files, as a full disk does; then it ends with 3, or with 4 when not even
opening worked.
"""

import asyncio
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from recorder.flusher import Flusher
from recorder.member import RecorderMember, RecorderUnavailable
from tests.fakes.recordings import STUDENT, an_info


async def main(folder: Path, max_file_bytes: int) -> int:
    if max_file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    opened = time.monotonic()

    def now_us() -> int:
        return int((time.monotonic() - opened) * 1e6)

    async with Flusher().running() as flusher:
        return await record(folder, now_us, flusher)


async def record(folder: Path, now_us: Callable[[], int], flusher: Flusher) -> int:
    failures: list[str] = []
    try:
        recorder = await RecorderMember.open(
            folder, an_info(), now_us, flusher, on_failed=failures.append, min_free_bytes=0
        )
    except RecorderUnavailable as error:
        print(f"unavailable: {error.reason}", flush=True)
        return 4
    while not failures:
        at_us = now_us()
        for _ in range(4):
            recorder.voice(STUDENT, bytes(120), at_us)
        recorder.event(at_us, str(at_us).encode())
        print(at_us, flush=True)
        await asyncio.sleep(0.02)
    await recorder.seal("recorder_failed")
    print(f"failed: {' '.join(failures)}", flush=True)
    return 3


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]))))
