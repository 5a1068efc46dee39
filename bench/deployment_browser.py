"""Two Chromium windows on the client's machine of `bench.deployment`: a call as people make it.

The certificate is named to Chromium by its key, which asks no store for its authority; that the authority vouches for it is
what `deployment_client.py` verifies.
"""

import asyncio
import base64
import hashlib
import json
import socket
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes import browser
from tests.fakes.browser import Person
from tests.fakes.calls import begin, hang_up, two_people

_PATH = """
async () => {
  const stats = [...(await window.__inkcall.voice.pc.getStats()).values()];
  const pair = stats.find((one) => one.type === 'candidate-pair' && one.state === 'succeeded');
  const far = stats.find((one) => one.id === pair?.remoteCandidateId);
  return `${far?.protocol} ${far?.address}:${far?.port}`;
}
"""


def _tell(what: str, ok: bool, seen: object) -> None:
    print(json.dumps({"what": what, "ok": ok, "seen": str(seen)}), flush=True)


async def _try(url: str, trusted: str, media: str) -> None:
    name = url.removeprefix("https://")
    key = await asyncio.to_thread(_key, name, trusted)
    browser.FLAGS.append(f"--ignore-certificate-errors-spki-list={key}")
    async with two_people(url, url) as (student, teacher):
        secure = await student.page.evaluate("() => window.isSecureContext")
        _tell("Chromium: a secure page", secure is True, secure)
        await begin(student, teacher)
        for who, side in (("student", student), ("teacher", teacher)):
            path = await side.page.evaluate(_PATH)
            _tell(f"Chromium: the {who}'s voice goes", path == f"udp {media}", path)
        _tell("Chromium: the student hears", await _loud(student), "more than silence")
        await hang_up(teacher)
        await student.by("rating-form").wait_for()
        _tell("Chromium: the call ended with its form", True, "rating-form")


async def _loud(side: Person) -> bool:
    """Tell whether the other side's microphone, which beeps, is heard."""
    return bool(abs(await side.hear(2.0)).max() > 0.01)


def _key(name: str, trusted: str) -> str:
    """Return the hash of the server's public key, as Chromium's option wants it."""
    context = ssl.create_default_context(cafile=trusted)
    with (
        socket.create_connection((name, 443), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    key = x509.load_der_x509_certificate(shown).public_key()
    data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


if __name__ == "__main__":
    asyncio.run(_try(*sys.argv[1:]))
