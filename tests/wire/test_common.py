"""The bounds every message shares."""

from typing import Any

import msgspec
import pytest

from wire.common import PROTOCOL_VERSION, Hello, Id, Sequence, Text

LARGEST_EXACT_IN_A_BROWSER = 2**53 - 1


@pytest.mark.parametrize("good", ["a", "s_9wm4", "3.27.999.4", "w_k2c8-p1", "AA:BB", "x" * 64])
def test_an_id_is_one_word(good: str) -> None:
    assert msgspec.convert(good, Id) == good


@pytest.mark.parametrize("bad", ["", "a b", "../etc", "a/b", "安", "x" * 65, "a\n", "a\x00"])
def test_an_id_is_no_path_no_sentence_and_no_name(bad: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, Id)


def test_numbers_stay_exact_in_a_browser() -> None:
    assert msgspec.convert(LARGEST_EXACT_IN_A_BROWSER, Sequence) == LARGEST_EXACT_IN_A_BROWSER
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(LARGEST_EXACT_IN_A_BROWSER + 1, Sequence)


def test_a_line_of_chat_is_neither_empty_nor_a_book() -> None:
    assert msgspec.convert("字" * 2000, Text)
    for bad in ("", "字" * 2001):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(bad, Text)


@pytest.mark.parametrize("versions", [[], [1] * 17, ["1"], None])
def test_hello_lists_one_to_sixteen_versions(versions: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"type": "hello", "versions": versions, "token": "t"}, Hello)
    assert msgspec.convert(
        {"type": "hello", "versions": [PROTOCOL_VERSION, 99], "token": "t"}, Hello
    ).versions == [PROTOCOL_VERSION, 99]
