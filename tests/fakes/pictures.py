"""Pictures made in a test: good ones of every kind, and ones meant to do harm."""

import io
import struct
import zlib

import pillow_heif
from PIL import Image

RED, BLUE = (220, 30, 30), (30, 30, 220)
ORIENTATION, GPS = 0x0112, 0x8825
TURN_RIGHT = 6
"""EXIF orientation: to be shown turned by 90 degrees clockwise."""


def halves(width: int = 400, height: int = 200) -> Image.Image:
    """Return a picture whose left half is red and whose right half is blue."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    return picture


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Return the picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def heic(picture: Image.Image) -> bytes:
    """Return the picture as HEIC, as telephones make it."""
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=90)
    return out.getvalue()


def with_place_and_turn() -> bytes:
    """Return a JPEG that says where it was taken and that it lies on its side."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURN_RIGHT
    exif[0x010F] = "Telephone maker"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (39.0, 54.0, 20.0)
    return encoded(halves(), "JPEG", quality=95, exif=exif, comment=b"a comment with a name")


def moving_webp() -> bytes:
    """Return a WebP of three pictures."""
    more = [Image.new("RGB", (400, 200), "white") for _ in range(2)]
    return encoded(halves(), "WEBP", save_all=True, append_images=more, duration=100)


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """Return a PNG of a few hundred kilobytes that is 900 megapixels when unpacked."""
    packer = zlib.compressobj(9)
    row = b"\0" * (width // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return _png(("IHDR", head), ("IDAT", data))


def png_text_bomb() -> bytes:
    """Return a small PNG with a text that is 200 MB when unpacked."""
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    head = struct.pack(">IIBBBBB", 8, 8, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0" * 8)
    return _png(("IHDR", head), ("zTXt", b"Comment\0\0" + text), ("IDAT", pixels))


def _png(*chunks: tuple[str, bytes]) -> bytes:
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, data in (*chunks, ("IEND", b"")):
        kind = name.encode()
        parts += [struct.pack(">I", len(data)), kind, data]
        parts.append(struct.pack(">I", zlib.crc32(kind + data)))
    return b"".join(parts)
