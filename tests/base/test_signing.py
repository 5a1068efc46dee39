"""Signed claims, and the key file."""

import stat
from pathlib import Path

import pytest

from base.errors import Refusal
from base.signing import KeyFileError, Signer, load_or_create_key

NOW = 1_760_000_000_000


def code(signer: Signer, token: str, audience: str, now_ms: int) -> str:
    with pytest.raises(Refusal) as error:
        signer.verify(token, audience, now_ms)
    return error.value.code


def test_claims_come_back_for_their_audience_and_time_only() -> None:
    signer = Signer(b"k" * 32)
    token = signer.sign({"session": "s_1"}, "room", 60, NOW)
    assert signer.verify(token, "room", NOW + 59_999)["session"] == "s_1"
    assert code(signer, token, "room", NOW + 60_000) == "token_expired"
    assert code(signer, token, "access", NOW) == "token_invalid"
    assert code(Signer(b"j" * 32), token, "room", NOW) == "token_invalid"
    for junk in ("", "x", "a.b.c", token + "x", token[:-1], "\ud800", "é.é.é", "." * 3000):
        assert code(signer, junk, "room", NOW) == "token_invalid"


def test_a_signer_sets_its_own_stamps_and_wants_a_real_key() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")
    with pytest.raises(ValueError, match="set by the signer"):
        Signer(b"k" * 32).sign({"exp": 1}, "room", 60, NOW)


def test_the_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == key
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_or_create_key(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(KeyFileError, match="5 bytes"):
        load_or_create_key(path)
