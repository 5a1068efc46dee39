"""The log: one JSON object a line, with ids and never names, contents or tokens."""

import logging
import sys
import traceback
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

_WITHHELD = frozenset(
    {
        "biography",
        "comment",
        "device_code",
        "grant",
        "login",
        "name",
        "note",
        "password",
        "points",
        "refresh_token",
        "sdp",
        "text",
        "token",
        "user_code",
    }
)
"""Keys whose values are personal, secret or content; a second line of defence behind reviews."""


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values that have no place in a log."""
    for key in _WITHHELD & event.keys():
        event[key] = "[withheld]"
    return event


def where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its types and places: its text and variables may hold anything."""
    error = _error(event.pop("exc_info", None))
    if error is not None:
        event["raised"] = [
            {"type": type(one).__name__, "frames": _frames(one)} for one in _chain(error)
        ]
    return event


def _error(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return error if isinstance(error, BaseException) else None


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception, what is in its groups and what caused it, at most ten."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < 10:
        one = waiting.pop(0)
        found.append(one)
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        if (cause := one.__cause__ or one.__context__) is not None and cause not in found:
            waiting.append(cause)
    return found


def _frames(error: BaseException) -> list[str]:
    """Return `file:line function` of each frame, the raising one last."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.StackSummary.extract(
            traceback.walk_tb(error.__traceback__), lookup_lines=False
        )
    ]


def configure_log(
    form: Literal["json", "console"] = "json", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send our log and that of the libraries to `stream` (standard error), as JSON or for eyes."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
        where,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Libraries tell more than anyone reads, and some of it is content (SDP, SQL parameters).
    for name in ("aiortc", "aioice", "aiosqlite", "sqlalchemy", "alembic", "asyncio", "PIL"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # The access log is ours (server/http): it writes ids and routes, never queries.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of a module: `log.info("job_moved", job=job_id)`."""
    return cast("FilteringBoundLogger", structlog.stdlib.get_logger(name))


def safe_error(error: BaseException) -> dict[str, Any]:
    """Return what may be logged of a foreign exception: its type, not its text."""
    return {"error": type(error).__name__}
