"""Makes a sent-in picture fit to be shown: runs as a process of its own, one picture a run.

    python -m server.photos.work MAX_PIXELS SIDE QUALITY < picture > answer

The picture is a stranger's, and decoders of pictures have a long record of faults; so it is opened
in a process that can be killed, holds nothing else, and gives its memory back. The answer is one
line of JSON, then the new picture's bytes. Exit status 0 in either case; any other is our trouble.
"""

import contextlib
import io
import os
import resource
import sys
from typing import Literal

import msgspec
import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""Judged by content; the name and the declared type are the sender's word."""

_MEMORY_BYTES = 2_000_000_000
"""50 megapixels take 200 MB as RGBA, and decoding, turning and scaling each hold a copy."""
_CPU_S = 30
_NICE = 5


class WorkAnswer(msgspec.Struct, kw_only=True):
    """The first line of the answer. With a refusal nothing follows it."""

    refused: Literal["not_a_picture", "picture_too_large"] | None = None
    extension: Literal["jpg", "webp"] = "jpg"
    width: int = 0
    height: int = 0


def prepare(data: bytes, max_pixels: int, side: int, quality: int) -> tuple[WorkAnswer, bytes]:
    """Return `data` as a new picture: upright, at most `side` pixels long, pixels and nothing else.

    The new picture is painted on an empty one, so EXIF with its place and device, comments, XMP,
    colour profiles and whatever was appended stay behind. Of a moving picture the first one is
    taken. JPEG and HEIC become JPEG; PNG and WebP, mostly screenshots, become WebP.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            # Only the head has been read so far: nothing was decoded.
            if picture.width * picture.height > max_pixels:
                return WorkAnswer(refused="picture_too_large"), b""
            lossless = picture.format in ("PNG", "WEBP")
            # JPEG can be decoded at a half, a quarter or an eighth, which saves most of the work.
            picture.draft("RGB", (side, side))
            picture.load()
            turned = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, KeyError):
        return WorkAnswer(refused="not_a_picture"), b""
    clean = _on_white(turned)
    clean.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if lossless:
        clean.save(out, "WEBP", quality=quality, method=4)
    else:
        clean.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    answer = WorkAnswer(
        extension="webp" if lossless else "jpg", width=clean.width, height=clean.height
    )
    return answer, out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    clean = Image.new("RGB", picture.size, "white")
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        clean.paste(layer, mask=layer.getchannel("A"))
    else:
        clean.paste(picture.convert("RGB"))
    return clean


def main() -> int:
    """Read the picture from standard input, write the answer to standard output."""
    max_pixels, side, quality = (int(word) for word in sys.argv[1:4])
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    # Our own limit is checked before decoding; Pillow's would only warn at half of its own.
    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.register_heif_opener()
    # A decoder's complaint may quote the picture; what matters is in the answer.
    with contextlib.redirect_stderr(None):
        answer, picture = prepare(sys.stdin.buffer.read(), max_pixels, side, quality)
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n" + picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
