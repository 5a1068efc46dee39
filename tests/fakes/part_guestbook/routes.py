"""The guestbook over HTTP: reading it, writing into it, taking one's own entry out."""

from base.objects import WHOLE, Object
from base.routes import Asked, Query, Route, Rule, own
from tests.fakes.part_guestbook.book import Guestbook
from tests.fakes.part_guestbook.messages import Entries, Kept, NewEntry

ACTIONS = {
    "read_guestbook": {"student": "self", "teacher": "self", "auditor": "city"},
    "sign_guestbook": {"student": "self", "teacher": "self"},
    "remove_entry": {"student": "self", "teacher": "self", "city_admin": "city"},
}
CODES = {"guestbook_full": 409, "unknown_entry": 404}


async def entry(asked: Asked, book: Guestbook) -> Object:
    """Return the entry of the path: whoever wrote it may take it out."""
    owner = await book.owner(asked.path["entry"])
    return Object(owners=frozenset({owner}), places=WHOLE.places)


async def read(asked: Asked, book: Guestbook) -> Entries:
    return Entries(entries=await book.entries(asked.number("most")))


async def sign(asked: Asked, new: NewEntry, book: Guestbook) -> Kept:
    return await book.sign(asked.person, new.text)


async def remove(asked: Asked, book: Guestbook) -> None:
    await book.remove(asked.path["entry"])


ROUTES = (
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
