"""The voices of ended sessions as sound files: rendered once, one at a time, kept for the next listener."""

import asyncio
from pathlib import Path

from base.errors import Refusal
from base.ids import random_text
from base.log import get_logger
from server.programs import ProgramFailed, run_module

log = get_logger(__name__)

_TIMEOUT_S = 900.0
_WAITING = 20
_KEPT = 200
"""Files kept; half an hour takes about 14 MB. The ones made longest ago go first."""


class VoiceFiles:
    """Renders recordings with `recorder.voices` in a process of its own, which yields to live calls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._one = asyncio.Lock()
        self._waiting = 0

    async def file(self, session_id: str, recording: Path) -> Path:
        """Return the Ogg file of a session that has ended; `recording` must not grow any more.

        Refuses with `busy` and `not_rendered`.
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
            async with self._one:
                # Another listener may have had it rendered while this one waited.
                if not await asyncio.to_thread(path.is_file):
                    await self._render(session_id, recording, path)
        finally:
            self._waiting -= 1
        return path

    async def _render(self, session_id: str, recording: Path, path: Path) -> None:
        draft = path.with_name(f".{session_id}.{random_text(8)}.ogg")
        source = await asyncio.to_thread(recording.resolve)
        await asyncio.to_thread(self._make_room)
        try:
            await run_module(
                "recorder.voices",
                str(source),
                str(draft),
                timeout_s=_TIMEOUT_S,
            )
            await asyncio.to_thread(draft.replace, path)
        except (ProgramFailed, OSError) as error:
            log.exception("voices_not_rendered", session=session_id, reason=type(error).__name__)
            raise Refusal(
                "not_rendered",
                "the voices of this recording could not be prepared",
            ) from None
        finally:
            draft.unlink(missing_ok=True)

    def _make_room(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        files = sorted(self._folder.glob("*.ogg"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _KEPT + 1)]:
            file.unlink(missing_ok=True)
