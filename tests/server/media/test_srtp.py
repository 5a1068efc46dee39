"""SRTP contexts beside pylibsrtp's own, and the packets they refuse."""

import os

import pylibsrtp
import pytest

from server.media.plane import SrtpKeys
from server.media.srtp import Contexts, SrtpError, SrtpReplayed

PROFILES = (
    (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 28),
    (pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 44),
    (pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 30),
)
PACKET = b"\x80\x6f\x00\x01" + bytes(8) + b"voice"
REPORT = b"\x80\xc9\x00\x01" + bytes(4)


@pytest.mark.parametrize(("profile", "size"), PROFILES)
def test_two_ends_understand_each_other(profile: int, size: int) -> None:
    one, two = os.urandom(size), os.urandom(size)
    left, right = Contexts(SrtpKeys(profile, one, two)), Contexts(SrtpKeys(profile, two, one))
    for sender, receiver in ((left, right), (right, left)):
        assert receiver.unprotect(sender.protect(PACKET)) == PACKET
        assert receiver.unprotect_rtcp(sender.protect_rtcp(REPORT)) == REPORT


@pytest.mark.parametrize(("profile", "size"), PROFILES)
def test_pylibsrtp_itself_makes_the_same_of_it(profile: int, size: int) -> None:
    key = os.urandom(size)
    policy = pylibsrtp.Policy(
        key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile
    )
    assert Contexts(SrtpKeys(profile, key, key)).protect(PACKET) == pylibsrtp.Session(
        policy
    ).protect(PACKET)


def test_forged_repeated_and_oversized_packets_are_refused() -> None:
    profile, size = PROFILES[0]
    key = os.urandom(size)
    contexts = Contexts(SrtpKeys(profile, key, key))
    wire = contexts.protect(PACKET)
    with pytest.raises(SrtpError):
        contexts.unprotect(wire[:-1] + bytes((wire[-1] ^ 1,)))
    for length in (0, 1, 11, 12, 13, 20):
        with pytest.raises(SrtpError):
            contexts.unprotect(wire[:length])
    assert contexts.unprotect(wire) == PACKET
    with pytest.raises(SrtpReplayed):
        contexts.unprotect(wire)
    for crypt, length in ((contexts.unprotect, 1501), (contexts.protect, 1357)):
        with pytest.raises(SrtpError, match="too long"):
            crypt(bytes(length))
