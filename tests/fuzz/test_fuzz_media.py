"""A few seconds of junk at the media endpoint in every run of the tests; the nightly run gives it a minute."""

import os

from tests.fuzz.fuzz_media import fuzz


async def test_junk_disturbs_nobody_else() -> None:
    seconds = float(os.environ.get("INKCALL_FUZZ_SECONDS", "5"))
    seed = int(os.environ.get("INKCALL_FUZZ_SEED", "0")) or int.from_bytes(os.urandom(4), "big")
    print("INKCALL_FUZZ_SEED =", seed)
    assert await fuzz(seconds, seed) > 100
