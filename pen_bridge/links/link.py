"""What every way to a pen offers the bridge."""

from collections.abc import Callable
from typing import NoReturn, Protocol

from pen_bridge.protocol.events import PenEvent, Scale
from pen_bridge.watch import Watch


class Link(Protocol):
    """One pen. A link that loses its pen looks for it again, for as long as `run` runs."""

    @property
    def model(self) -> str:
        """The pen's model, as the server is told it."""
        ...

    @property
    def scale(self) -> Scale:
        """The units of its dots."""
        ...

    async def run(self, emit: Callable[[PenEvent], None], session: Watch[str | None]) -> NoReturn:
        """Give every event of the pen to `emit`, which returns at once."""
        ...
