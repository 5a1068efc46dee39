"""Runs a job's module: `python -m base.jobs MODULE FOLDER FD`, at a low priority, no longer than its worker lives."""

import os
import runpy
import signal
import sys
import threading

_NICENESS = 10
"""What is live on the same machine goes first."""


def main() -> None:
    """Become the module, with `FOLDER` as its only argument."""
    module, folder, pipe = sys.argv[1:]
    os.nice(_NICENESS)
    threading.Thread(target=_end_with, args=(int(pipe),), daemon=True).start()
    sys.argv = [module, folder]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(pipe: int) -> None:
    # The worker holds the other end and never writes: there is an end of file when it is gone,
    # also after kill -9. The process group is our own, so what the module started ends as well.
    os.read(pipe, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main()
