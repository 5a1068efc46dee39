"""The offer's promises, and answers of every wrong kind."""

import contextlib

import pytest
from hypothesis import given, strategies as st

from server.media.ice import IceCredentials
from server.media.model import MediaError
from server.media.sdp import Offer, read_answer, write_offer

OFFER = write_offer(
    Offer(
        session=1,
        version=2,
        credentials=IceCredentials("ufrag000", "password" * 4),
        fingerprints=(("sha-256", "AA:BB"),),
        addresses=(("192.0.2.1", 3478), ("2001:db8::1", 3478)),
        ssrc=4_000_000_000,
        cname="inkcall-x",
    )
)
ANSWER = "\r\n".join(
    [
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0"),
        *("m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendrecv"),
        *("a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24),
        *("a=fingerprint:sha-256 aa:bb", "a=setup:active", ""),
    ]
)


@pytest.mark.parametrize(
    "line",
    [
        "a=ice-lite",
        "m=audio 3478 UDP/TLS/RTP/SAVPF 111",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtcp-fb:111 nack",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=setup:actpass",
        "a=ssrc:4000000000 cname:inkcall-x",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
        "a=candidate:2 1 udp 2130706175 2001:db8::1 3478 typ host",
        "a=end-of-candidates",
        "o=- 1 2 IN IP4 127.0.0.1",
    ],
)
def test_the_offer_says(line: str) -> None:
    assert line in OFFER.split("\r\n")


def test_an_answer_is_read() -> None:
    answer = read_answer(ANSWER)
    assert answer.fingerprints == (("sha-256", "AA:BB"),)
    assert answer.client_is_dtls_client
    assert answer.sends_voice
    assert not read_answer(ANSWER.replace("sendrecv", "recvonly")).sends_voice
    assert not read_answer(ANSWER.replace("setup:active", "setup:passive")).client_is_dtls_client


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (ANSWER, "", "answer_without_audio"),
        (ANSWER, "x" * 20_000, "answer_unreadable"),
        ("rtpmap:111", "rtpmap:seven", "answer_unreadable"),
        ("m=audio 9", "m=audio 0", "answer_without_audio"),
        ("m=audio 9", "m=video 9", "answer_without_audio"),
        ("opus/48000", "PCMU/8000", "answer_without_opus"),
        ("SAVPF 111", "SAVPF 109", "answer_without_opus"),
        ("a=rtcp-mux\r\n", "", "answer_without_mux"),
        ("a=ice-pwd", "a=ice-pond", "answer_without_ice"),
        ("setup:active", "setup:actpass", "answer_bad_setup"),
        ("setup:active", "setup:holdconn", "answer_unreadable"),
        ("a=fingerprint:sha-256 aa:bb\r\n", "", "answer_without_fingerprint"),
        ("sha-256", "md5", "answer_without_fingerprint"),
    ],
)
def test_a_wrong_answer_has_its_code(before: str, after: str, code: str) -> None:
    text = ANSWER.replace(before, after).replace(
        "rtpmap:111", "rtpmap:109" if "109" in after else "rtpmap:111"
    )
    with pytest.raises(MediaError) as caught:
        read_answer(text)
    assert caught.value.code == code


@given(st.lists(st.sampled_from(ANSWER.split("\r\n")), max_size=20), st.text(max_size=40))
def test_junk_raises_media_error_and_nothing_else(lines: list[str], extra: str) -> None:
    for text in ("\r\n".join([*lines, extra]), "\r\n".join(["a=" + extra, *lines])):
        with contextlib.suppress(MediaError):
            read_answer(text)
