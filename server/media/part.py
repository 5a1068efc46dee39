"""The part `media`: the UDP port that all voices go through."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from base.part import Part, Process, StartError, busy
from server.media.config import MediaSection
from server.media.endpoint import MediaEndpoint
from server.media.gauges import MediaGauges
from server.media.model import MediaConfig


@asynccontextmanager
async def start(process: Process) -> AsyncIterator[None]:
    """Bring `MediaEndpoint`."""
    section = process.config.of(MediaSection)
    media = MediaEndpoint(config=_media_config(section), clock=process.clock.now)
    try:
        await media.start()
    except OSError as error:
        raise StartError(busy("UDP", "media", section.port, error)) from error
    process.provide(media)
    process.work.append(MediaGauges(media, process.metrics).running())
    try:
        yield
    finally:
        await media.close()


def _media_config(section: MediaSection) -> MediaConfig:
    return MediaConfig(
        host=section.host,
        port=section.port,
        announce=tuple(_address(text) for text in section.announce),
        interrupted_after_s=section.interrupted_after_s,
        max_legs=section.max_legs,
        rtcp_interval_s=section.rtcp_interval_s,
    )


def _address(text: str) -> tuple[str, int]:
    """Turn `192.0.2.1:8401` or `192.0.2.1` into (address, port); port 0 means the bound one."""
    host, separator, port = text.rpartition(":")
    return (host.strip("[]"), int(port)) if separator else (text, 0)


PART = Part(name="media", start=start, settings={"media": MediaSection})
