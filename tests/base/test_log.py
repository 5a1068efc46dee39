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


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_shows_where_and_neither_its_text_nor_what_was_held(
    stream: io.StringIO, form: str
) -> None:
    configure_log("json" if form == "json" else "console", "info", stream)
    secret = "the-name-of-a-child"
    try:
        try:
            raise ValueError(f"cannot use {secret}")
        except ValueError as error:
            raise ExceptionGroup(secret, [KeyError(secret)]) from error
    except ExceptionGroup as error:
        get_logger("test").exception("failed", **safe_error(error))
        logging.getLogger("a.library").exception("also here")
    said = stream.getvalue()
    assert secret not in said
    for part in ("ExceptionGroup", "KeyError", "ValueError", "test_log.py"):
        assert said.count(part) >= 2
    assert "test_an_exception_shows_where" in said
