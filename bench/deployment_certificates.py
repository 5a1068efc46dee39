"""Certificates for a trial: an authority of our own, and what it vouches for."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


def authority() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """Return a new authority: its key, and its certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Trial authority")
    made = (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, made.public_bytes(serialization.Encoding.PEM)


def certificate(name: str, key: ec.EllipticCurvePrivateKey, root: bytes) -> tuple[bytes, bytes]:
    """Return a certificate for a name and its key, both as PEM."""
    own = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(root).subject
    made = (
        _builder(_name(name), issuer, own.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return made.public_bytes(serialization.Encoding.PEM), private


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )
