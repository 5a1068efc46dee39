"""The stable codes: what they may look like, and what a client may rely on."""

import re

from wire import codes

CODES = {value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)}


def test_codes_are_lower_case_words_named_like_their_constants() -> None:
    for name, value in vars(codes).items():
        if name.isupper() and isinstance(value, str):
            assert value == name.lower()
            assert re.fullmatch(r"[a-z_]{1,40}", value)


def test_close_codes_are_in_the_private_range_of_rfc_6455() -> None:
    assert set(codes.CLOSE_CODES) <= CODES
    assert all(4000 <= number <= 4999 for number in codes.CLOSE_CODES.values())


def test_a_code_fits_the_reason_of_a_close_frame() -> None:
    # RFC 6455 section 5.5: a control frame holds 125 bytes, two of which are the number.
    assert all(len(code.encode()) <= 123 for code in codes.CLOSE_CODES)


def test_a_client_is_told_to_stay_away_only_by_codes_that_close() -> None:
    assert set(codes.CLOSE_CODES) >= codes.DO_NOT_RECONNECT
