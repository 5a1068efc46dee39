"""A part: a noun that brings itself. What it declares as a value, and what its start is given.

    PARTS ── start in order ──> services provided, routes and sockets named, work registered
          <── stop in reverse order ──

A package names its part in `part.py`; the composition root is a list of these and a loop.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from base.background import Background, apart
from base.clock import Clock
from base.commands import Command
from base.config import Config, ConfigError, Section
from base.log import get_logger, safe_error
from base.metrics import Metrics
from base.routes import Route
from base.sockets import SocketRoute

log = get_logger(__name__)

Service = TypeVar("Service")

HealthCheck = Callable[[], Awaitable[bool]]
"""Tells whether something works now. May raise or hang: whoever asks bounds and catches."""


class StartError(Exception):
    """The server cannot start; the text is one sentence that says what to do."""


class Process:
    """What every part is given at its start: the common things, and the services of earlier parts."""

    def __init__(
        self, config: Config, clock: Clock, metrics: Metrics, parts: "Sequence[Part]" = ()
    ) -> None:
        self.config = config
        self.clock = clock
        self.metrics = metrics
        self.parts = parts
        """All parts as they declare themselves, in their order."""
        self.background = Background()
        self.sockets: list[SocketRoute] = []
        self.health: dict[str, HealthCheck] = {}
        self.drains: list[Callable[[int], Awaitable[None]]] = []
        """Called with a deadline (Unix ms) when the process is told to stop, the latest part first."""
        self.work: list[AbstractAsyncContextManager[Any]] = []
        """Entered once everything is made and the port is taken, left before any part stops; each in a task of
        its own (`base.background.apart`). What should begin again when it fails is `kept_running`."""
        self._services: dict[type[Any], Any] = {}
        self.provide(config)
        self.provide(metrics)

    def provide(self, service: object, as_: type[Any] | None = None) -> None:
        """Let later parts have a service, by its class or by the interface it fulfils."""
        kind = as_ or type(service)
        if kind in self._services:
            raise StartError(f"two parts bring a {kind.__name__}")
        self._services[kind] = service

    def need(self, kind: type[Service]) -> Service:
        """Return the service of that class; `StartError` when no part before this one brings it."""
        try:
            service: Service = self._services[kind]
        except KeyError:
            raise StartError(f"no part before this one brings a {kind.__name__}") from None
        return service


async def _not_well() -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a noun brings, declared."""

    name: str
    start: Callable[[Process], AbstractAsyncContextManager[None]]
    """Makes its services and registers them; leaving the context takes them down."""
    settings: Mapping[str, type[Section]] = field(default_factory=dict)
    """Its sections of `config.yaml`, by name."""
    commands: Sequence[Command] = ()
    """Its subcommands of `inkcall`."""
    tables: Sequence[type[Any]] = ()
    routes: Sequence[Route] = ()
    """Its rows of the HTTP interface; their functions name the services they use, of any part."""
    actions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What its routes' rules speak of: action -> role -> widest scope, as `people/grants.py` names them."""
    codes: Mapping[str, int] = field(default_factory=dict)
    """HTTP's status of each code its own refusals have."""
    migrations: Path | None = None
    """Folder of its migrations, when they lie with the part."""
    demo: Callable[[Process], Awaitable[None]] | None = None
    """Makes what is missing of its demo data; doing it again changes nothing."""
    needs: Sequence[str] = field(default=())
    """Names of parts that must stand before it."""


def check_parts(parts: Sequence[Part]) -> None:
    """Raise `StartError` when two parts share a name or one stands before what it needs."""
    seen: set[str] = set()
    for part in parts:
        if part.name in seen:
            raise StartError(f"two parts are called {part.name}")
        missing = [name for name in part.needs if name not in seen]
        if missing:
            raise StartError(f"the part {part.name} needs {', '.join(missing)} before it")
        seen.add(part.name)


def migrations(parts: Sequence[Part]) -> list[Path]:
    """Return the folders of migrations that parts bring."""
    return [part.migrations for part in parts if part.migrations is not None]


def routes(parts: Sequence[Part]) -> tuple[Route, ...]:
    """Return the rows of all parts, in their order."""
    return tuple(route for part in parts for route in part.routes)


def sections(parts: Sequence[Part]) -> dict[str, type[Section]]:
    """Return the settings sections that parts bring; `ConfigError` when two bring one name."""
    brought: dict[str, type[Section]] = {}
    for part in parts:
        for name, kind in part.settings.items():
            if brought.setdefault(name, kind) is not kind:
                raise ConfigError(f"two parts bring the section {name}")
    return brought


@contextmanager
def said_by(name: str) -> Iterator[None]:
    """Let the reason why there can be no server say which part it is of."""
    try:
        yield
    except StartError as error:
        raise StartError(f"the part {name} cannot start: {error}") from error
    except Exception as error:
        log.exception("part_failed", part=name, **safe_error(error))
        reason = str(error) or type(error).__name__
        raise StartError(f"the part {name} cannot start: {reason}") from error


async def begin(
    process: Process, stack: AsyncExitStack, name: str, work: AbstractAsyncContextManager[Any]
) -> None:
    """Enter a part's work; when that cannot be, take down first what stands, and say whose it was.

    When it fails later it takes no other with it: it is counted, and the process is not well.
    """

    def failed() -> None:
        process.metrics.task_failures.labels(name).inc()
        process.health[name] = _not_well

    try:
        with said_by(name):
            await stack.enter_async_context(apart(name, work, failed))
    except StartError:
        # Passed through the groups of work that goes on, it would come out wrapped and unreadable.
        await stack.aclose()
        raise


def busy(protocol: str, section: str, port: int, error: OSError) -> str:
    """Return the sentence for a port that cannot be had."""
    reason = error.strerror or str(error)
    key = f"INKCALL__{section.upper()}__PORT"
    return f"{protocol} port {port} cannot be used ({reason}): stop what uses it, or set {key} to another port."
