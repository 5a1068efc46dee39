"""The log: JSON lines, nothing personal, no local variables."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from base.log import configure_log, get_logger, safe_error


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_log("json", "info", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_is_json_with_ids_and_without_what_is_personal(stream: io.StringIO) -> None:
    get_logger("test").info("signed_in", person="p_1", name="林小雨", token="abc", password="x")
    logging.getLogger("library").warning("from a library")
    get_logger("test").debug("not_told")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["person"], first["level"]) == ("signed_in", "p_1", "info")
    assert first["name"] == first["token"] == first["password"] == "[withheld]"
    assert second["event"] == "from a library"


def test_an_exception_shows_where_and_not_what_was_held(stream: io.StringIO) -> None:
    secret = "a token in a local variable"
    try:
        len(secret) / 0
    except ZeroDivisionError as error:
        get_logger("test").exception("failed", **safe_error(error))
    line = json.loads(stream.getvalue())
    assert line["error"] == "ZeroDivisionError"
    assert (
        line["exception"][0]["frames"][0]["name"]
        == "test_an_exception_shows_where_and_not_what_was_held"
    )
    assert secret not in stream.getvalue()
