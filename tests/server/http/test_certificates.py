"""Certificates made here are kept, renewed and bounded; one of one's own is checked before it is used."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from server.http.certificates import CertificateError, check, made, names_in

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAMES = ["localhost", "127.0.0.1", "192.168.7.5", "fd07::5", "desk.local", "*.school.example"]


def loaded(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def authority(folder: Path) -> bytes:
    return (folder / "ca.crt").read_bytes()


def test_it_is_for_all_names_private_and_kept_between_starts(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    file = made(folder, NAMES, NOW)
    first = file.read_bytes()

    assert sorted(names_in(file)) == sorted(NAMES)
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "ca.pem": 0o600,
        "ca.crt": 0o644,
        "server.pem": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made(folder, NAMES, NOW + timedelta(days=300)).read_bytes() == first
    # iOS refuses what lasts longer.
    assert loaded(file).not_valid_after_utc - loaded(file).not_valid_before_utc < timedelta(825)


@pytest.mark.parametrize(
    ("names", "days"),
    [(NAMES, 340), (NAMES, 400), ([*NAMES, "192.168.9.9"], 1), (NAMES[:2], 1)],
    ids=["soon over", "over", "one more address", "fewer"],
)
def test_it_is_made_anew_in_time_and_phones_need_not_trust_again(
    tmp_path: Path, names: list[str], days: int
) -> None:
    first = made(tmp_path, NAMES, NOW).read_bytes()
    trusted = authority(tmp_path)
    later = NOW + timedelta(days=days)
    file = made(tmp_path, names, later)

    assert file.read_bytes() != first
    assert authority(tmp_path) == trusted
    assert loaded(file).not_valid_after_utc > later + timedelta(days=300)
    loaded(file).verify_directly_issued_by(loaded(tmp_path / "ca.crt"))


def test_the_authority_is_renewed_before_what_it_signs_outlives_it(tmp_path: Path) -> None:
    made(tmp_path, NAMES, NOW)
    trusted = authority(tmp_path)
    file = made(tmp_path, NAMES, NOW + timedelta(days=3649 - 364))
    assert authority(tmp_path) != trusted
    assert loaded(file).not_valid_after_utc <= loaded(tmp_path / "ca.crt").not_valid_after_utc


def test_who_steals_the_authority_cannot_pretend_to_be_another_site(tmp_path: Path) -> None:
    made(tmp_path, [*NAMES, "203.0.113.7"], NOW)
    extension = loaded(tmp_path / "ca.crt").extensions.get_extension_for_class(x509.NameConstraints)
    assert extension.critical
    within = {str(tree.value) for tree in extension.value.permitted_subtrees or []}
    assert {
        "localhost",
        "desk.local",
        "school.example",
        "203.0.113.7/32",
        "192.168.0.0/16",
    } <= within
    assert "0.0.0.0/0" not in within
    # A public address it was not made for needs another authority.
    trusted = authority(tmp_path)
    made(tmp_path, [*NAMES, "203.0.113.8"], NOW)
    assert authority(tmp_path) != trusted


@pytest.mark.parametrize("name", ["ca.pem", "server.pem", "ca.crt"])
@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_file_is_made_anew(tmp_path: Path, name: str, damage: bytes | None) -> None:
    made(tmp_path, NAMES, NOW)
    if damage is None:
        (tmp_path / name).unlink()
    elif name != "ca.crt":
        (tmp_path / name).write_bytes(damage)
    file = made(tmp_path, NAMES, NOW)
    loaded(file).verify_directly_issued_by(loaded(tmp_path / "ca.crt"))
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == ["ca.crt"]


def own(folder: Path, now: datetime = NOW) -> Path:
    """Return a certificate and key of one's own, in one file."""
    return made(folder / "own", NAMES, now)


def test_ones_own_is_checked_and_says_when_it_runs_out(tmp_path: Path) -> None:
    file = own(tmp_path)
    assert check(file, file, NOW) == loaded(file).not_valid_after_utc


def test_what_is_wrong_with_ones_own_is_one_sentence(tmp_path: Path) -> None:
    file = own(tmp_path)
    other = made(tmp_path / "other", NAMES, NOW)
    junk = tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    locked = tmp_path / "locked.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    locked.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    alone = tmp_path / "alone.pem"
    alone.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    missing = tmp_path / "missing.pem"

    def said(certificate: Path, key: Path, now: datetime = NOW) -> str:
        with pytest.raises(CertificateError) as caught:
            check(certificate, key, now)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert said(missing, file) == f"tls.certificate: {missing}: there is no such file."
    assert said(file, missing) == f"tls.key: {missing}: there is no such file."
    assert f"tls.certificate: {tmp_path} cannot be read (" in said(tmp_path, file)
    assert "no certificate in PEM form" in said(junk, file)
    assert "no certificate in PEM form" in said(alone, file)
    assert "no private key in PEM form" in said(file, junk)
    assert "protected by a passphrase" in said(file, locked)
    assert f"{other} is not the key of the certificate in {file}" in said(file, other)
    assert "has run out on 2027-11-25" in said(file, file, NOW + timedelta(days=365))
    assert "clock is right" in said(file, file, NOW - timedelta(days=2))
