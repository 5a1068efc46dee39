"""The photo workshop: what telephones send becomes a plain upright picture, harm is refused."""

import asyncio
import io
import os
import random
import time
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from base.errors import Refusal
from server.photos.config import PhotosConfig
from server.photos.workshop import Photo, PhotoWorkshop
from tests.fakes import pictures
from tests.fakes.described import STATUSES

CONFIG = PhotosConfig()


def opened(photo: Photo) -> Image.Image:
    picture = Image.open(io.BytesIO(photo.data))
    picture.load()
    assert picture.size == (photo.width, photo.height)
    assert picture.format == {"jpg": "JPEG", "webp": "WEBP"}[photo.extension]
    return picture


def looks(picture: Image.Image, x: float, y: float, colour: tuple[int, int, int]) -> bool:
    """Tell whether the pixel at a share of width and height is about of this colour."""
    at = (int(picture.width * x), int(picture.height * y))
    found = picture.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 40 for a, b in zip(found, colour, strict=True))


async def refusal(data: bytes, config: PhotosConfig = CONFIG) -> tuple[str, int]:
    with pytest.raises(Refusal) as error:
        await PhotoWorkshop(config).prepare(data)
    return error.value.code, STATUSES[error.value.code]


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (pictures.encoded(pictures.halves(), "JPEG"), "jpg"),
        (pictures.heic(pictures.halves()), "jpg"),
        (pictures.encoded(pictures.halves(), "PNG"), "webp"),
        (pictures.encoded(pictures.halves(), "WEBP"), "webp"),
        (pictures.moving_webp(), "webp"),
    ],
    ids=["jpeg", "heic", "png", "webp", "moving webp"],
)
async def test_every_kind_of_picture_is_taken(data: bytes, extension: str) -> None:
    photo = await PhotoWorkshop(CONFIG).prepare(data)
    assert photo.extension == extension
    picture = opened(photo)
    assert picture.size == (400, 200)
    assert looks(picture, 0.25, 0.5, pictures.RED)
    assert looks(picture, 0.75, 0.5, pictures.BLUE)
    assert getattr(picture, "n_frames", 1) == 1


async def test_place_device_and_comment_are_gone_and_the_picture_stands_upright() -> None:
    data = pictures.with_place_and_turn()
    assert b"Telephone maker" in data
    photo = await PhotoWorkshop(CONFIG).prepare(data)
    picture = opened(photo)
    # Turned by a quarter to the right, the left half is on top.
    assert picture.size == (200, 400)
    assert looks(picture, 0.5, 0.25, pictures.RED)
    assert looks(picture, 0.5, 0.75, pictures.BLUE)
    assert len(picture.getexif()) == 0
    assert not {"exif", "comment", "xmp", "icc_profile"} & picture.info.keys()
    for trace in (b"Exif", b"Telephone maker", b"a comment"):
        assert trace not in photo.data


async def test_what_is_appended_to_a_picture_stays_behind() -> None:
    data = pictures.encoded(pictures.halves(), "JPEG") + b"<script>alert(1)</script>"
    assert b"script" not in (await PhotoWorkshop(CONFIG).prepare(data)).data


async def test_a_large_picture_is_reduced_and_a_transparent_one_put_on_white() -> None:
    large = pictures.encoded(pictures.halves(6000, 3000), "JPEG")
    assert opened(await PhotoWorkshop(CONFIG).prepare(large)).size == (2560, 1280)
    clear = pictures.encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    assert looks(opened(await PhotoWorkshop(CONFIG).prepare(clear)), 0.5, 0.5, (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_every_colour_mode_is_taken(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    source = Image.new(mode, (30, 20)) if mode == "I;16" else pictures.halves(30, 20).convert(mode)
    photo = await PhotoWorkshop(CONFIG).prepare(pictures.encoded(source, kind))
    assert opened(photo).size == (30, 20)


GOOD = pictures.encoded(pictures.halves(), "JPEG")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#!/bin/sh\nrm -rf /\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(100),
        pictures.encoded(pictures.halves(), "GIF"),
        pictures.encoded(pictures.halves(), "TIFF"),
        GOOD[:20],
        GOOD[: len(GOOD) // 2],
        pictures.encoded(pictures.halves(), "PNG")[:-30],
        pictures.encoded(pictures.halves(), "WEBP")[:-30],
        pictures.heic(pictures.halves())[:-200],
        pictures.png_text_bomb(),
    ],
    ids=[
        "nothing",
        "script",
        "svg",
        "gif head",
        "gif",
        "tiff",
        "head only",
        "half a jpeg",
        "torn png",
        "torn webp",
        "torn heic",
        "text bomb",
    ],
)
async def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    assert await refusal(data) == ("not_a_picture", 415)


async def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    real = pictures.encoded(Image.new("L", (10_000, 10_000)), "JPEG")
    bomb = pictures.png_bomb()
    assert len(bomb) < 200_000
    for data in (real, bomb):
        assert await refusal(data) == ("picture_too_large", 422)


async def test_junk_never_breaks_the_workshop() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    workshop = PhotoWorkshop(CONFIG)
    sources = [GOOD, pictures.encoded(pictures.halves(), "PNG"), pictures.heic(pictures.halves())]
    for source in sources:
        for _ in range(3):
            data = bytearray(source)
            for _ in range(dice.randrange(1, 20)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            try:
                opened(await workshop.prepare(bytes(data)))
            except Refusal as error:
                assert error.code in ("not_a_picture", "picture_too_large")


async def test_a_picture_that_takes_too_long_is_given_up_and_its_process_ended() -> None:
    before = _children()
    config = msgspec.structs.replace(CONFIG, timeout_s=0.02)
    assert await refusal(GOOD, config) == ("photo_failed", 422)
    assert _children() == before


async def test_a_caller_that_leaves_takes_the_process_with_it() -> None:
    before = _children()
    workshop = PhotoWorkshop(CONFIG)
    work = asyncio.get_running_loop().create_task(workshop.prepare(GOOD))
    async with asyncio.timeout(10):
        while _children() == before:
            await asyncio.sleep(0.001)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert _children() == before
    # The next one finds the workshop free.
    await workshop.prepare(GOOD)


async def test_the_line_is_bounded_for_all_and_for_each() -> None:
    workshop = PhotoWorkshop(msgspec.structs.replace(CONFIG, waiting=3))
    with workshop.place("p_1"), workshop.place("p_1"):
        with pytest.raises(Refusal, match="busy"), workshop.place("p_1"):
            pass
        third = workshop.place("p_2")
        third.__enter__()
        with pytest.raises(Refusal, match="busy"), workshop.place("p_3"):
            pass
        third.__exit__(None, None, None)
        with workshop.place("p_3"):
            pass


async def test_the_loop_does_not_stand_still_for_a_large_photo() -> None:
    data = pictures.encoded(Image.effect_noise((6000, 4000), 60), "JPEG", quality=60)
    worst = 0.0
    work = asyncio.get_running_loop().create_task(PhotoWorkshop(CONFIG).prepare(data))
    while not work.done():
        before = time.perf_counter()
        await asyncio.sleep(0)
        worst = max(worst, time.perf_counter() - before)
        await asyncio.sleep(0.001)
    opened(await work)
    print(f"longest turn of the loop {worst * 1000:.1f} ms")
    # Decoding this takes most of a second; what is measured here is a fork and some pipes.
    assert worst < 0.25


def _children() -> set[str]:
    """Return the processes this one has started and not yet buried."""
    task = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(task.read_text().split())
