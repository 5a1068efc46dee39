"""The job `render_voices`: the voices of one recording as `voices.ogg` in the job's folder."""

from pathlib import Path
from typing import Any

import msgspec

from base.jobs.child import TellProgress, WorkRefused, serve
from recorder.format.reader import NotARecording
from recorder.voices import render

OUT = "voices.ogg"


class VoicesJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be rendered; `recording` is a path with its links followed."""

    session: str
    recording: str


def work(payload: Any, folder: Path, tell: TellProgress) -> Any:
    """Render; refuses with `no_recording`."""
    job = msgspec.convert(payload, VoicesJob)
    try:
        return msgspec.to_builtins(render(Path(job.recording), folder / OUT, tell=tell))
    except (NotARecording, FileNotFoundError):
        raise WorkRefused("no_recording") from None


if __name__ == "__main__":
    serve(work)
