"""The voices of ended sessions as sound files: rendered once, by a job, kept for the next listener."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from base.errors import Refusal
from base.jobs.model import JobKind
from base.jobs.queue import Jobs
from base.log import get_logger
from recorder.voices_job import OUT, VoicesJob

log = get_logger(__name__)

RENDER_VOICES = JobKind(
    name="render_voices", run="recorder.voices_job", parallel=1, timeout_s=900, shared=True
)

_WAITING = 20
_KEPT = 200
"""Files kept; half an hour takes about 14 MB. The ones made longest ago go first."""


class VoiceFiles:
    """Has recordings rendered by jobs of `recorder.voices_job`; all who ask for one share a job."""

    def __init__(self, folder: Path, jobs: Jobs) -> None:
        self._folder = folder.absolute()
        self._jobs = jobs
        self._waiting = 0
        jobs.register(RENDER_VOICES, self._finish)

    async def file(self, session_id: str, recording: Path, *, owner: str) -> Path:
        """Return the Ogg file of a session that has ended; `recording` must not grow any more.

        Refuses with `busy` and `not_rendered`. `owner` is the person who asks.
        """
        path = self._folder / f"{session_id}.ogg"
        if await asyncio.to_thread(path.is_file):
            return path
        if self._waiting >= _WAITING:
            raise Refusal(
                "busy",
                "too many recordings are being prepared at this moment",
                retry_after_s=30,
            )
        self._waiting += 1
        try:
            await self._render(session_id, recording, owner)
        finally:
            self._waiting -= 1
        return path

    async def _render(self, session_id: str, recording: Path, owner: str) -> None:
        source = await asyncio.to_thread(recording.resolve)
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        wanted = VoicesJob(session=session_id, recording=str(source))
        async with self._jobs.database.transaction() as transaction:
            job = await self._jobs.enqueue(
                transaction, RENDER_VOICES.name, wanted, owner=owner, key=session_id
            )
        ended = await self._jobs.wait(job)
        if ended.state != "done":
            log.warning("voices_not_rendered", session=session_id, job=job, state=ended.state)
            raise Refusal(
                "not_rendered",
                "the voices of this recording could not be prepared",
            )

    def _finish(self, payload: Any, _result: Any, folder: Path) -> None:
        session_id = msgspec.convert(payload, VoicesJob).session
        self._folder.mkdir(parents=True, exist_ok=True)
        files = sorted(self._folder.glob("*.ogg"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT + 1)]:
            file.unlink(missing_ok=True)
        (folder / OUT).replace(self._folder / f"{session_id}.ogg")
