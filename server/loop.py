"""Which event loop the server runs on: uvloop where it is installed, else asyncio's own."""

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Literal

Loop = Literal["auto", "uvloop", "asyncio"]


class LoopError(Exception):
    """The loop that was asked for is not here; the text is one sentence that says what to do."""


def loop_factory(wanted: Loop) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the loop; raise `LoopError` when uvloop is asked for and not installed."""
    if wanted == "asyncio":
        return asyncio.new_event_loop
    if importlib.util.find_spec("uvloop") is None:
        if wanted == "uvloop":
            raise LoopError(
                "uvloop is not installed: install it, or set INKCALL__SERVER__LOOP=auto."
            )
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop
