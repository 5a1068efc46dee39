"""`python -m server`: reads the settings, runs the server, stops it on a signal.

Exit codes as those of `inkcall`: 0 stopped, 1 it could not start, 2 wrong settings or command line.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from base.config import Config, ConfigError, load_config
from base.log import configure_log, get_logger
from base.part import Part, StartError
from base.signing import KeyFileError
from server.app import PARTS, SECTIONS, default_config_file, serving
from server.loop import LoopError, loop_factory

log = get_logger(__name__)

FAILED, WRONG_USAGE = 1, 2

StartFailed = (StartError, KeyFileError, LoopError)
"""Their texts are one sentence that says what to do."""


def main() -> None:
    """Run until SIGTERM (drains: running sessions may finish) or SIGINT (ends them now)."""
    parser = argparse.ArgumentParser(prog="inkcall-server", description=__doc__)
    parser.add_argument("--config", type=Path, help="settings (default: ./config.yaml if there)")
    parser.add_argument("--demo", action="store_true", help="with invented people to try it with")
    arguments = parser.parse_args()
    try:
        config = load_config(arguments.config or default_config_file(), os.environ, SECTIONS)
    except ConfigError as error:
        sys.exit(_said(f"settings: {error}", WRONG_USAGE))
    try:
        serve(config, demo=arguments.demo)
    except StartFailed as error:
        sys.exit(_said(str(error), FAILED))


def serve(config: Config, *, demo: bool, parts: Sequence[Part] = PARTS) -> None:
    """Run the server until a signal ends it; raise one of `StartFailed` when it cannot start."""
    configure_log(config.log.format, config.log.level)
    factory = loop_factory(config.server.loop)
    with asyncio.Runner(loop_factory=factory) as runner:
        log.info("loop", loop=factory.__module__.partition(".")[0])
        runner.run(_run(config, demo, parts))


async def _run(config: Config, demo: bool, parts: Sequence[Part]) -> None:
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    now = asyncio.Event()

    def terminate() -> None:
        (now if asked.is_set() else asked).set()

    def interrupt() -> None:
        asked.set()
        now.set()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    async with serving(config, with_demo=demo, parts=parts) as server:
        await asked.wait()
        log.info("stopping", at_once=now.is_set())
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(server.drain(config.server.drain_deadline_s))
            hurry = group.create_task(now.wait())
            await asyncio.wait((draining, hurry), return_when=asyncio.FIRST_COMPLETED)
            draining.cancel()
            hurry.cancel()
    log.info("stopped")


def _said(text: str, status: int) -> int:
    print(f"inkcall-server: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
