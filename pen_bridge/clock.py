"""The bridge's clock: it runs alone on a teacher's PC and shares no code with the server."""

import time


class Clock:
    """Monotonic seconds; only differences mean anything."""

    def now(self) -> float:
        return time.monotonic()
