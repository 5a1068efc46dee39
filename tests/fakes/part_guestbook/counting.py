"""The program of the guestbook's jobs: counts the words of an entry, in a process of its own."""

from pathlib import Path
from typing import Any

from base.jobs.child import TellProgress, serve
from base.jobs.model import JobKind

COUNT = JobKind(name="guestbook_count", run="tests.fakes.part_guestbook.counting", timeout_s=60)
OUT = "words.txt"


def work(payload: Any, folder: Path, tell: TellProgress) -> Any:
    tell(1, "counting")
    words = len(payload["text"].split())
    (folder / OUT).write_text(str(words))
    return {"words": words}


if __name__ == "__main__":
    serve(work)
