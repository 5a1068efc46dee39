"""Certificates for HTTPS: an authority of this server's own, what it signs, and what a file must be.

ca.pem (10 years, signs) ── ca.crt, for phones and pens ── server.pem (a year, made anew when needed)
"""

import os
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.http.addresses import Address

_AUTHORITY_FOR = timedelta(days=3650)
_SERVER_FOR = timedelta(days=365)
"""iOS takes no more than 825 days, also from an authority its owner trusts."""
_ANEW_BEFORE = timedelta(days=30)
_EARLIER = timedelta(days=1)
"""Phones whose clock is behind take the certificate, too."""
_PRIVATE = [
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
    )
]


class CertificateError(Exception):
    """A certificate or its key cannot be used; the text is one sentence."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self) -> bytes:
        """Return both, as one file holds them."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return key + self.certificate.public_bytes(serialization.Encoding.PEM)


def made(folder: Path, names: Iterable[str], now: datetime) -> Path:
    """Return a file with a key and its certificate for exactly these names and addresses.

    It is kept in `folder`, and made anew before it runs out or when the names are others. The
    authority beside it stays, so that who trusts it need not do so again. Raises OSError.
    """
    wanted = _general_names(names)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _kept(folder / "ca.pem")
    renewed = authority is None or not _may_sign(authority.certificate, wanted, now)
    if authority is None or renewed:
        authority = _authority(wanted, now)
        _write(folder / "ca.pem", authority.pem(), 0o600)
    public = authority.certificate.public_bytes(serialization.Encoding.PEM)
    if renewed or not (folder / "ca.crt").is_file():
        _write(folder / "ca.crt", public, 0o644)
    file = folder / "server.pem"
    server = None if renewed else _kept(file)
    if server is None or not _is_for(server.certificate, authority.certificate, wanted, now):
        _write(file, _server(authority, wanted, now).pem(), 0o600)
    return file


def check(certificate: Path, key: Path, now: datetime) -> datetime:
    """Return when a certificate of one's own runs out; raise `CertificateError` if it cannot be used."""
    try:
        first = x509.load_pem_x509_certificates(_read(certificate, "tls.certificate"))[0]
    except ValueError:
        raise CertificateError(
            f"tls.certificate: {certificate} holds no certificate in PEM form."
        ) from None
    try:
        private = serialization.load_pem_private_key(_read(key, "tls.key"), password=None)
    except TypeError:
        raise CertificateError(
            f"tls.key: {key} is protected by a passphrase: give the server one without "
            "(`openssl pkey -in OLD -out NEW`)."
        ) from None
    except ValueError:
        raise CertificateError(f"tls.key: {key} holds no private key in PEM form.") from None
    if private.public_key() != first.public_key():
        raise CertificateError(
            f"tls.key: {key} is not the key of the certificate in {certificate}."
        )
    if first.not_valid_after_utc <= now:
        raise CertificateError(
            f"tls.certificate: {certificate} has run out on {first.not_valid_after_utc:%Y-%m-%d}: "
            "have it renewed."
        )
    if first.not_valid_before_utc > now:
        raise CertificateError(
            f"tls.certificate: {certificate} is valid from {first.not_valid_before_utc:%Y-%m-%d} on: "
            "see that this machine's clock is right."
        )
    return first.not_valid_after_utc


def names_in(certificate: Path) -> list[str]:
    """Return the names and addresses a certificate file is for; empty when it cannot be read."""
    try:
        first = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        found = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []
    return [str(name.value) for name in found]


def _general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            general: x509.GeneralName = x509.IPAddress(ip_address(name.strip("[]")))
        except ValueError:
            general = x509.DNSName(name.lower())
        if general not in found:
            found.append(general)
    return found


# ---- the authority


def _authority(wanted: list[x509.GeneralName], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Inkcall"),
            # Of several one can tell which is which, also after a folder was thrown away.
            x509.NameAttribute(
                NameOID.COMMON_NAME, f"Inkcall {socket.gethostname()[:32]} {secrets.token_hex(3)}"
            ),
        ]
    )
    # Whoever steals the key can pretend to be this machine, and not any other site of the phone.
    within: list[x509.GeneralName] = [x509.IPAddress(network) for network in _PRIVATE]
    for one in wanted:
        if isinstance(one, x509.DNSName):
            within.append(_below(one))
        elif isinstance(one, x509.IPAddress) and not _within(one, within):
            within.append(x509.IPAddress(ip_network(one.value)))
    builder = _builder(name, name, key, now, _AUTHORITY_FOR)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(
        x509.NameConstraints(permitted_subtrees=within, excluded_subtrees=None), critical=True
    )
    builder = builder.add_extension(_usage(signs=True), critical=True)
    return Pair(builder.sign(key, hashes.SHA256()), key)


def _may_sign(authority: x509.Certificate, wanted: list[x509.GeneralName], now: datetime) -> bool:
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return False
    # A year longer than what it signs is enough for it never to run out first.
    if authority.not_valid_after_utc <= now + _SERVER_FOR or authority.not_valid_before_utc > now:
        return False
    return all(_within(name, found.permitted_subtrees or []) for name in wanted)


def _within(name: x509.GeneralName, subtrees: list[x509.GeneralName]) -> bool:
    if isinstance(name, x509.IPAddress):
        networks = [tree.value for tree in subtrees if isinstance(tree, x509.IPAddress)]
        address = name.value
        return any(not isinstance(network, Address) and address in network for network in networks)
    return isinstance(name, x509.DNSName) and _below(name) in subtrees


def _below(name: x509.DNSName) -> x509.DNSName:
    """Return the constraint that lets a name be signed; `*.school.example` is all below it."""
    return x509.DNSName(name.value.removeprefix("*."))


# ---- what it signs


def _server(authority: Pair, wanted: list[x509.GeneralName], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Inkcall")])
    issuer = authority.certificate
    builder = _builder(subject, issuer.subject, key, now, _SERVER_FOR)
    builder = builder.add_extension(x509.SubjectAlternativeName(wanted), critical=False)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
            issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        ),
        critical=False,
    )
    return Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _is_for(
    certificate: x509.Certificate,
    authority: x509.Certificate,
    wanted: list[x509.GeneralName],
    now: datetime,
) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # the library has a dozen of them; the answer to each is a new certificate
        return False
    lasts = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - _ANEW_BEFORE
    return lasts and set(named) == set(wanted)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    valid_for: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + valid_for)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


# ---- files


def _kept(file: Path) -> Pair | None:
    """Return what a file of ours holds; None when it is not there or was damaged."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        key = serialization.load_pem_private_key(data, password=None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        return None
    return Pair(certificate, key) if key.public_key() == certificate.public_key() else None


def _write(file: Path, data: bytes, mode: int) -> None:
    """Put a file in place: private from its first byte on, and never half written."""
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as output:
            output.write(data)
            output.flush()
            os.fsync(output.fileno())
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _read(file: Path, key: str) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise CertificateError(f"{key}: {file}: there is no such file.") from None
    except OSError as error:
        raise CertificateError(f"{key}: {file} cannot be read ({error.strerror}).") from None
