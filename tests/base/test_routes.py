"""A row says who may, or there is none."""

from typing import Any

import pytest

from base.routes import PUBLIC, Route


async def nothing(request: object) -> None:
    """Do nothing."""


@pytest.mark.parametrize("may", [None, "", True, "teacher"])
def test_a_row_that_does_not_say_who_may_cannot_be_made(may: Any) -> None:
    with pytest.raises(TypeError):
        Route("GET", "/api/x", may=may, do=nothing, summary="x")
    with pytest.raises(TypeError):
        Route("GET", "/api/x", do=nothing, summary="x")  # type: ignore[call-arg]


def test_the_path_names_its_parameters() -> None:
    route = Route("GET", "/api/{a}/x/{b}", may=PUBLIC, do=nothing, summary="x")
    assert route.parameters == ("a", "b")
    assert route.pattern({"b": ".*"}, "[0-9]+") == "/api/{a:[0-9]+}/x/{b:.*}"
    assert (route.name, route.status) == ("GET /api/{a}/x/{b}", 204)
