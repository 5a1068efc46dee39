"""A phone in the same network: with https it has a microphone and a call, without it is told why not."""

from pathlib import Path

import pytest

from server.http.addresses import network_address
from tests.fakes.browser import PHONE, Person, person, trusting_home
from tests.fakes.calls import begin
from tests.fakes.in_process import quick_server
from tests.fakes.processes import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

HOST = network_address() or "phone.test"
"""Where a phone reaches this machine; on one without a network, a name that browsers are told of."""
FLAGS = ["--host-resolver-rules=MAP phone.test 127.0.0.1"]
SERVER = {"host": "0.0.0.0", "web_root": str(ROOT / "web" / "dist")}
MEDIA = {"host": "0.0.0.0", "announce": [network_address() or "127.0.0.1"]}
MICROPHONE = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  return [window.isSecureContext, stream.getAudioTracks()[0].readyState];
}
"""


async def ready(student: Person, teacher: Person) -> None:
    """Both signed in, the teacher to be called."""
    await teacher.sign_in("teacher1")
    await student.sign_in("student1")
    await teacher.open_door()


async def test_over_https_with_the_made_certificate_a_phone_is_in_a_call(tmp_path: Path) -> None:
    tls = {"self_made": True, "names": [HOST]}
    async with quick_server(tmp_path, server=SERVER, media=MEDIA, tls=tls) as server:
        home = trusting_home(tmp_path / "home", tmp_path / "data/tls/ca.crt")
        url = f"https://{HOST}:{server.port}"
        async with (
            person(url, viewport=PHONE, flags=FLAGS, home=home) as student,
            person(f"https://localhost:{server.port}", home=home) as teacher,
        ):
            # Typed without the s, as everybody does.
            await student.page.goto(f"http://{HOST}:{server.port}/")
            assert student.page.url.startswith(url)
            assert await student.page.evaluate(MICROPHONE) == [True, "live"]
            assert await student.by("insecure").count() == 0
            await ready(student, teacher)
            await begin(student, teacher)
            sdp = await student.page.evaluate(
                "() => window.__inkcall.voice.pc.remoteDescription.sdp"
            )
            assert f" {MEDIA['announce'][0]} {server.media_port} typ host" in sdp
            assert sdp.count("a=candidate") == 1
            assert await student.by("mic-banner").count() == 0


async def test_who_does_not_trust_the_certificate_may_go_on_and_has_a_microphone(
    tmp_path: Path,
) -> None:
    tls = {"self_made": True, "names": [HOST]}
    async with (
        quick_server(tmp_path, server=SERVER, media=MEDIA, tls=tls) as server,
        # What "Advanced, proceed" does for one site.
        person(
            f"https://{HOST}:{server.port}",
            viewport=PHONE,
            flags=[*FLAGS, "--ignore-certificate-errors"],
        ) as student,
    ):
        await student.sign_in("student1")
        assert await student.page.evaluate(MICROPHONE) == [True, "live"]
        await student.page.wait_for_function(
            "() => !document.querySelector('[data-testid=offline-bar]')"
        )


@pytest.mark.parametrize(
    ("locale", "said"), [("zh-CN", "用 http:// 打开的"), ("en", "opened with http://")]
)
async def test_over_http_it_is_told_why_nobody_would_hear(
    tmp_path: Path, locale: str, said: str
) -> None:
    async with (
        quick_server(tmp_path, server=SERVER, media=MEDIA) as server,
        person(
            f"http://{HOST}:{server.port}", viewport=PHONE, locale=locale, flags=FLAGS
        ) as student,
        person(server.url, locale=locale) as teacher,
    ):
        await student.page.goto(student.url)
        assert await student.page.evaluate("() => [isSecureContext, navigator.mediaDevices]") == [
            False,
            None,
        ]
        await student.by(f"language-{locale}").click()
        # Words are fetched when they are wanted.
        await student.by("insecure").filter(has_text=said).wait_for()
        assert await teacher.by("insecure").count() == 0

        await ready(student, teacher)
        await begin(student, teacher)
        await student.by("mic-banner").filter(has_text=said).wait_for()
        assert await student.by("mic-retry").count() == 0
