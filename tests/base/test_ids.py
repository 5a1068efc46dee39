"""Ids: their form fits the wire, and no two are the same."""

import re

import msgspec

from base.ids import new_id
from wire.common import Id


def test_an_id_has_its_prefix_and_fits_everywhere() -> None:
    made = {new_id("s") for _ in range(1000)}
    assert len(made) == 1000
    for one in made:
        assert re.fullmatch(r"s_[a-z2-9]{20}", one)
        assert msgspec.convert(one, Id) == one
