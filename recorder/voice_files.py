"""The voices of ended sessions as sound files: rendered once, by a job, kept for the next listener."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec

from base.errors import Refusal
from base.jobs.model import JobKind
from base.jobs.queue import Jobs
from recorder.voices_job import OUT, VoicesJob

RENDER_VOICES = JobKind(
    name="render_voices", run="recorder.voices_job", parallel=1, timeout_s=900, shared=True
)

_LIVE = 20
"""Renders that wait or run at once; half an hour of speech takes some 30 s."""
_KEPT = 200
"""Files kept; half an hour takes about 14 MB. The ones made longest ago go first."""


class VoiceFiles:
    """Has recordings rendered by jobs of `recorder.voices_job`; all who ask for one share a job."""

    def __init__(self, folder: Path, jobs: Jobs) -> None:
        self._folder = folder.absolute()
        self._jobs = jobs
        jobs.register(RENDER_VOICES, self._finish)

    async def find(self, session_id: str) -> Path | None:
        """Return the Ogg file of a session, None if it was not prepared."""
        path = self._folder / f"{session_id}.ogg"
        return path if await asyncio.to_thread(path.is_file) else None

    async def prepare(self, session_id: str, recording: Path, *, owner: str) -> str | None:
        """Return the job that renders a session's voices, None if they are there.

        `recording` must not grow any more; `owner` is the person who asks. Refuses with `busy`.
        """
        if await self.find(session_id) is not None:
            return None
        job = await self._jobs.live(RENDER_VOICES.name, session_id)
        if job is not None:
            return job
        if await self._jobs.count_live(RENDER_VOICES.name) >= _LIVE:
            raise Refusal(
                "busy",
                "too many recordings are being prepared at this moment",
                retry_after_s=30,
            )
        source = await asyncio.to_thread(recording.resolve)
        wanted = VoicesJob(session=session_id, recording=str(source))
        async with self._jobs.database.transaction() as transaction:
            return await self._jobs.enqueue(
                transaction, RENDER_VOICES.name, wanted, owner=owner, key=session_id
            )

    def _finish(self, payload: Any, _result: Any, folder: Path) -> None:
        session_id = msgspec.convert(payload, VoicesJob).session
        self._folder.mkdir(parents=True, exist_ok=True)
        files = sorted(self._folder.glob("*.ogg"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT + 1)]:
            file.unlink(missing_ok=True)
        (folder / OUT).replace(self._folder / f"{session_id}.ogg")
