"""The operator's two commands: everything into one file, and everything out of it again."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from base.clock import SystemClock
from base.commands import Answer, Command, Option
from base.config import Config
from base.errors import Refusal
from server.backup.failing import plainly
from server.backup.making import Made, make
from server.backup.places import Places
from server.backup.restoring import restore as restored
from server.backup.working import sweep

_SHOWN_EVERY = 100


class _Progress:
    """Says on standard error what is being done, and how far, now and then."""

    def __init__(self) -> None:
        self._doing = ""
        self._steps = 0

    def __call__(self, what: str) -> None:
        doing = what.split()[0]
        self._steps = 0 if doing != self._doing else self._steps + 1
        self._doing = doing
        if self._steps % _SHOWN_EVERY == 0:
            sys.stderr.write(f"{what}\n")


async def backup(folders: Sequence[Path], config: Config, options: Mapping[str, object]) -> Answer:
    """Make a backup; a folder is given a file named by the time."""
    clock = SystemClock()
    with _stoppable(), plainly(options["file"]):
        file = _file(str(options["file"]), clock.unix_ms())
        made = await make(Places.of(config), folders, file, clock, _Progress())
    return Answer(msgspec.to_builtins(made), _told(made))


async def restore(folders: Sequence[Path], config: Config, options: Mapping[str, object]) -> Answer:
    """Restore a backup into the empty installation that the settings describe."""
    with _stoppable():
        done = await restored(Places.of(config), folders, Path(str(options["file"])), _Progress())
    return Answer(
        msgspec.to_builtins(done),
        f"restored as of {_moment(done.taken_ms):%Y-%m-%d %H:%M:%S} UTC: {done.recordings} recordings, "
        f"{done.photos} photos. The server may be started.",
    )


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM end the block as Ctrl-C does: what was begun is taken back."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        raise Refusal("stopped", "stopped on the way: nothing was kept") from None
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _file(given: str, unix_ms: int) -> Path:
    path = Path(given)
    if not path.is_dir():
        return path
    sweep(path, "inkcall-*.tar")
    return path / f"inkcall-{_moment(unix_ms):%Y%m%dT%H%M%SZ}.tar"


def _told(made: Made) -> str:
    lines = [
        f"{made.file}: everything as of {_moment(made.taken_ms):%Y-%m-%d %H:%M:%S} UTC, "
        f"{made.recordings} recordings, {made.photos} photos, {made.bytes} bytes"
    ]
    if made.missing.photos or made.missing.sessions:
        lines.append(
            f"not in it, because their files are nowhere: {len(made.missing.photos)} photos, recordings of "
            f"{len(made.missing.sessions)} sessions (--json names them by their ids)"
        )
    return "\n".join(lines)


def _moment(unix_ms: int) -> datetime:
    return datetime.fromtimestamp(unix_ms // 1000, UTC)


def commands(folders: Sequence[Path]) -> tuple[Command, ...]:
    """Return the commands; `folders` are the parts' migrations."""
    return (
        Command(
            name="backup",
            help="Put everything into one file: database, recordings, photos, signing key. The server may run, "
            "and calls go on. Whoever has the file has all voices and can sign tokens: keep it safe.",
            run=partial(backup, folders),
            options=(
                Option(
                    name="file",
                    help="The new file, or a folder for one named by the time.",
                    positional=True,
                ),
            ),
            examples=("inkcall backup /srv/backups", "inkcall backup monday.tar --json"),
        ),
        Command(
            name="restore",
            help="Put everything from a backup where the settings say, which must be empty. It is checked from "
            "beginning to end before anything is touched. Run it as the server's user.",
            run=partial(restore, folders),
            options=(Option(name="file", help="What `inkcall backup` made.", positional=True),),
            examples=(
                "inkcall restore monday.tar",
                "INKCALL__SERVER__DATA_DIR=/srv/try inkcall restore monday.tar",
            ),
        ),
    )
