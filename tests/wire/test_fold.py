"""The fold of events into a board and a chat, by the fixture the TypeScript tests read too."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wire.board import Board, ChatLine
from wire.codec import decode_event, encode
from wire.fold import apply
from wire.messages import EVENTS

FOLDS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "fixtures/folds.json").read_text("utf-8")
)
BY_NAME = {fold["name"]: fold for fold in FOLDS}
every_fold = pytest.mark.parametrize("name", BY_NAME)


def folded(events: list[dict[str, Any]]) -> tuple[Board, list[ChatLine]]:
    board, chat = Board(), list[ChatLine]()
    for event in events:
        apply(board, chat, decode_event(msgspec.msgpack.encode(event)))
    return board, chat


@every_fold
def test_the_fold_gives_the_board_and_the_chat(name: str) -> None:
    board, chat = folded(BY_NAME[name]["events"])

    assert msgspec.to_builtins(board) == BY_NAME[name]["board"]
    assert list(board.strokes) == list(BY_NAME[name]["board"]["strokes"])
    assert msgspec.to_builtins(chat) == BY_NAME[name]["chat"]


@every_fold
def test_a_late_comer_who_folds_on_from_a_snapshot_gets_the_same(name: str) -> None:
    events = BY_NAME[name]["events"]
    for cut in range(len(events) + 1):
        board, chat = folded(events[:cut])
        board = msgspec.msgpack.decode(msgspec.msgpack.encode(board), type=Board)
        for event in events[cut:]:
            apply(board, chat, decode_event(msgspec.msgpack.encode(event)))
        assert msgspec.to_builtins(board) == BY_NAME[name]["board"]
        assert list(board.strokes) == list(BY_NAME[name]["board"]["strokes"])


def test_the_fold_never_changes_the_event_it_was_given() -> None:
    events = BY_NAME["a stroke grows and ends"]["events"]
    began, drawn = (decode_event(msgspec.msgpack.encode(event)) for event in events[2:4])
    before = encode(began)
    board = Board()
    apply(board, [], began)
    apply(board, [], drawn)

    assert encode(began) == before


def test_the_fixture_holds_every_kind_of_event() -> None:
    kinds = {event["type"] for fold in FOLDS for event in fold["events"]}
    assert kinds == {event.__struct_config__.tag for event in EVENTS}
