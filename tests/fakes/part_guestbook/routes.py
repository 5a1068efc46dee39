"""The guestbook over HTTP: reading it, writing into it, taking one's own entry out."""

from base.routes import Asked, Query, Route, Rule
from people.grants import WHOLE, Object
from tests.fakes.part_guestbook.book import Guestbook
from tests.fakes.part_guestbook.messages import Entries, Kept, NewEntry

ACTIONS = {
    "read_guestbook": {"student": "self", "teacher": "self", "auditor": "city"},
    "sign_guestbook": {"student": "self", "teacher": "self"},
    "remove_entry": {"student": "self", "teacher": "self", "city_admin": "city"},
}
CODES = {"guestbook_full": 409, "unknown_entry": 404}


def routes(book: Guestbook) -> tuple[Route, ...]:
    """Return the rows."""

    async def own(_asked: Asked, person: str) -> Object:
        return Object(owners=frozenset({person}))

    async def entry(asked: Asked, _person: str) -> Object:
        owner = await book.owner(asked.path["entry"])
        return Object(owners=frozenset({owner}), places=WHOLE.places)

    async def read(asked: Asked) -> Entries:
        return Entries(entries=await book.entries(asked.number("most")))

    async def sign(asked: Asked, new: NewEntry) -> Kept:
        return await book.sign(asked.person, new.text)

    async def remove(asked: Asked) -> None:
        await book.remove(asked.path["entry"])

    return (
        Route(
            "GET",
            "/api/guestbook",
            may=Rule("read_guestbook", of=own),
            do=read,
            summary="The newest entries",
            query=(Query(name="most", kind="number", default=20, least=1, most=100),),
            returns=Entries,
        ),
        Route(
            "POST",
            "/api/guestbook",
            may=Rule("sign_guestbook", of=own),
            do=sign,
            summary="Write into the guestbook",
            body=NewEntry,
            returns=Kept,
            status=201,
            errors=("guestbook_full",),
        ),
        Route(
            "DELETE",
            "/api/guestbook/{entry}",
            may=Rule("remove_entry", of=entry, hidden="unknown_entry"),
            do=remove,
            summary="Take an entry out",
            errors=("unknown_entry",),
        ),
    )
