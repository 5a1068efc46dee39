"""The part `matching`: the switchboard, which knows who is there and which calls are under way."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.part import Part, Process
from matching.config import CallsConfig
from matching.model import Rules, Switchboard


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `Switchboard`."""
    process.provide(Switchboard(Rules(ring_s=process.config.of(CallsConfig).ring_s)))
    yield


PART = Part(name="matching", start=start, settings={"calls": CallsConfig})
