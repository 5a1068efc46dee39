"""The photo workshop: takes sent-in pictures one at a time and returns them fit to be kept."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from base.errors import Refusal
from base.log import get_logger
from base.programs import ProgramFailed, run_module
from server.photos.config import PhotosConfig
from server.photos.work import WorkAnswer

log = get_logger(__name__)

_PER_PERSON = 2
"""Pictures one person may have on the way, so that nobody fills the line alone."""


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture as it is kept; sizes in pixels."""

    extension: Literal["jpg", "webp"]
    width: int
    height: int
    data: bytes


class PhotoWorkshop:
    """One picture is worked on at a time; so many may be on the way, and no more."""

    def __init__(self, config: PhotosConfig) -> None:
        self._config = config
        self._one = asyncio.Lock()
        self._on_the_way: list[str] = []

    @contextlib.contextmanager
    def place(self, person_id: str) -> Iterator[None]:
        """Hold a place in the line from the first byte on; refuses with `busy` when it is full."""
        full = len(self._on_the_way) >= self._config.waiting
        if full or self._on_the_way.count(person_id) >= _PER_PERSON:
            raise Refusal(
                "busy",
                "too many photos at this moment, please try again",
                retry_after_s=5,
            )
        self._on_the_way.append(person_id)
        try:
            yield
        finally:
            self._on_the_way.remove(person_id)

    async def prepare(self, data: bytes | bytearray) -> Photo:
        """Return the picture to keep.

        Refuses with `not_a_picture` (415), `picture_too_large` and `photo_failed` (both 422).
        """
        config = self._config
        limits = (str(config.max_pixels), str(config.side), str(config.quality))
        async with self._one:
            try:
                output = await run_module(
                    "server.photos.work", *limits, data=data, timeout_s=config.timeout_s
                )
                line, _, picture = output.partition(b"\n")
                answer = msgspec.json.decode(line, type=WorkAnswer)
            except (ProgramFailed, msgspec.DecodeError) as error:
                log.warning("photo_failed", reason=str(error), bytes=len(data))
                raise Refusal(
                    "photo_failed",
                    "this picture could not be worked on",
                ) from None
        if answer.refused == "picture_too_large":
            raise Refusal(
                "picture_too_large",
                f"a picture may have {config.max_pixels // 1_000_000} megapixels",
            )
        if answer.refused is not None:
            raise Refusal(
                "not_a_picture",
                "send a JPEG, PNG, WebP or HEIC picture",
            )
        return Photo(
            extension=answer.extension, width=answer.width, height=answer.height, data=picture
        )
