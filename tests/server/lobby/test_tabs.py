"""Telling people: every tab of a person, everybody of a role, and nobody who is gone."""

from base.metrics import Metrics
from people.model import Person
from server.lobby.tabs import LobbyTabs
from server.sockets.config import RoomsConfig
from server.sockets.socket import Socket, SocketTools
from tests.fakes.clock import FakeClock
from wire.codec import lobby_from_server
from wire.common import Draining, Message, Role

TOOLS = SocketTools(FakeClock(), Metrics(), RoomsConfig())
SAID = Draining(deadline_ms=7)


def a_person(id: str, role: Role) -> Person:
    return Person(id=id, login=f"login-{id}", name=id, role=role)


class Tab(Socket):
    """A socket that keeps what goes out."""

    def __init__(self, tabs: LobbyTabs, person: Person) -> None:
        super().__init__("lobby", TOOLS)
        self._frames: list[bytes] = []
        self.outbox.write_now = self._keep
        tabs.add(self, person)

    def _keep(self, frame: bytes) -> bool:
        self._frames.append(frame)
        return True

    def heard(self) -> list[Message]:
        """Return what went out since the last time."""
        frames, self._frames = self._frames, []
        return [lobby_from_server(frame) for frame in frames]


def test_both_tabs_of_a_person_are_told_and_nobody_elses() -> None:
    tabs = LobbyTabs()
    lin, chen = a_person("lin", "student"), a_person("chen", "teacher")
    first, second, other = Tab(tabs, lin), Tab(tabs, lin), Tab(tabs, chen)
    tabs.tell("lin", SAID)
    assert [each.heard() for each in (first, second, other)] == [[SAID], [SAID], []]
    assert tabs.remove(first)
    assert not tabs.remove(first)
    tabs.tell("lin", SAID)
    assert [each.heard() for each in (first, second)] == [[], [SAID]]
    assert tabs.of("lin") == [second]
    tabs.remove(second)
    tabs.tell("lin", SAID)
    assert not tabs.is_here("lin")
    assert tabs.is_here("chen")


def test_all_of_a_role_are_told_or_everybody() -> None:
    tabs = LobbyTabs()
    student = Tab(tabs, a_person("lin", "student"))
    teacher = Tab(tabs, a_person("chen", "teacher"))
    tabs.tell_all("student", SAID)
    assert (student.heard(), teacher.heard()) == ([SAID], [])
    tabs.tell_all("everybody", SAID)
    assert (student.heard(), teacher.heard()) == ([SAID], [SAID])


def test_one_tab_is_told_alone_if_it_is_still_here() -> None:
    tabs = LobbyTabs()
    lin = a_person("lin", "student")
    first, second = Tab(tabs, lin), Tab(tabs, lin)
    tabs.tell_tab(first.id, SAID)
    tabs.remove(second)
    tabs.tell_tab(second.id, SAID)
    assert (first.heard(), second.heard()) == ([SAID], [])
