"""What a row's functions take: checked against the row, services in place, what is missing named."""

from typing import Any

import pytest
from aiohttp import web

from base.objects import WHOLE, Object
from base.part import StartError
from base.routes import PUBLIC, Asked, Binary, Route, Rule, own
from server.http import binding
from sessions.model import Rating, Report


class Guestbook:
    """A service."""


class Pencil:
    """Another one."""


async def sign(
    asked: Asked, pencil: Pencil, form: Rating, book: Guestbook
) -> tuple[Any, Any, Any, Any]:
    return asked, pencil, form, book


async def entry(_asked: Asked, _book: Guestbook) -> Object:
    return WHOLE


def row(do: Any, body: Any = Rating, returns: Any = None, of: Any = own) -> Route:
    rule = Rule("sign_guestbook", of=of)
    return Route("POST", "/api/x", may=rule, do=do, summary="x", body=body, returns=returns)


async def test_a_handler_gets_the_services_it_names_and_the_body_by_its_type() -> None:
    brought = {Guestbook: Guestbook(), Pencil: Pencil()}
    found = binding.handler(row(sign, returns=tuple[Any, Any, Any, Any]))
    bound = binding.bound(found, brought.__getitem__, "POST /api/x")
    assert (bound.asked, bound.body) == (True, "form")
    got = await bound.call("asked", **{bound.body: "the form"})
    assert got == ("asked", brought[Pencil], "the form", brought[Guestbook])


def test_a_service_that_nobody_brings_names_the_row() -> None:
    def nobody(kind: type[Any]) -> Any:
        raise StartError(kind.__name__)

    found = binding.loader(row(sign, of=entry), Rule("sign_guestbook", of=entry))
    with pytest.raises(
        StartError, match=r"^POST /api/x needs a Guestbook, and no part brings one$"
    ):
        binding.bound(found, nobody, "POST /api/x")


def test_our_librarys_request_is_known_from_an_asked() -> None:
    async def reads(request: web.Request, book: Guestbook) -> web.Response:
        return web.Response()

    picture = Binary(("image/*",))
    assert not binding.handler(row(reads, picture, picture)).asked


async def untold(asked: Asked, book) -> None:  # type: ignore[no-untyped-def]
    """Say nothing of the book."""


async def first(book: Guestbook, asked: Asked) -> None:
    """Take the book first."""


async def nothing() -> None:
    """Take nothing."""


async def rate(asked: Asked, form: Rating) -> None:
    """Take a form."""


async def twice(asked: Asked, one: Rating, other: Rating) -> None:
    """Take it twice."""


async def more(asked: Asked, one: Rating, other: Report) -> None:
    """Take another, too."""


@pytest.mark.parametrize(
    ("do", "changes", "why"),
    [
        (untold, {"body": None}, "does not say what book is"),
        (first, {"body": None}, "must take an Asked"),
        (nothing, {"body": None}, "must take an Asked"),
        (rate, {"body": None}, "the row's body is None"),
        (rate, {"body": Report}, "the row's body is"),
        (twice, {}, "the row's body is"),
        (more, {}, "the row's body is"),
        (rate, {"returns": Rating}, "the row says"),
        (rate, {"body": Binary(("image/*",))}, "the row's body is None"),
    ],
)
def test_a_handler_that_is_not_what_its_row_says_is_refused(
    do: Any, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(TypeError, match=f"^POST /api/x: .*{why}"):
        binding.handler(row(do, **changes))
    assert binding.handler(row(rate)).body == "form"


def test_a_picture_is_read_from_the_request_only() -> None:
    async def takes_nothing(asked: Asked) -> None:
        """Take no body."""

    with pytest.raises(TypeError, match="read from the request"):
        binding.handler(row(takes_nothing, Binary(("image/*",))))


def test_a_loader_returns_an_object() -> None:
    wrongs: list[Any] = [rate, nothing, first]
    for wrong in wrongs:
        route = Route("GET", "/api/x", may=PUBLIC, do=nothing, summary="x")
        with pytest.raises(TypeError, match="GET /api/x: "):
            binding.loader(route, Rule("sign_guestbook", of=wrong))

    async def tells(asked: Asked) -> str:
        return asked.person

    with pytest.raises(TypeError, match="must return an Object"):
        binding.loader(route, Rule("sign_guestbook", of=tells))  # type: ignore[arg-type]
