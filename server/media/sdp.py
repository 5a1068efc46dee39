"""The SDP we offer and what we take from an answer; the text format itself is aiortc's.

The server offers, so that payload type 111 and extension id 1 mean the same for everybody and a
forwarded packet needs no rewriting of either. One audio section, one SSRC for the voice that the
server forwards, rtcp-mux, ICE-lite, `actpass`: the browser becomes the DTLS client, and its ClientHello
shows which of its addresses works.
"""

import msgspec
from aiortc import sdp
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcicetransport import RTCIceCandidate, RTCIceParameters
from aiortc.rtcrtpparameters import (
    RTCRtcpFeedback,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
)

from server.media.ice import IceCredentials
from server.media.model import MediaError
from server.media.packets import LEVEL_EXTENSION_ID
from server.media.relay import CLOCK_RATE, OPUS

MID = "0"
MAX_ANSWER = 16 * 1024
"""Characters; a browser's answer to our offer is about 1 500."""
_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
_FINGERPRINTS = frozenset(("sha-256", "sha-384", "sha-512"))


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What one leg's offer says."""

    session: int
    """SDP session id; the same in every offer of the leg."""
    version: int
    """Counts the offers of the leg."""
    credentials: IceCredentials
    fingerprints: tuple[tuple[str, str], ...]
    """(algorithm, hex digest) of the process's certificate."""
    addresses: tuple[tuple[str, int], ...]
    ssrc: int
    """Of the voice that the server will send."""
    cname: str


class SdpAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a client's answer means to us."""

    fingerprints: tuple[tuple[str, str], ...]
    client_is_dtls_client: bool
    sends_voice: bool


def write_offer(offer: Offer) -> str:
    """The offer as text, for aiortc's and for browsers' `setRemoteDescription`."""
    stream = f"{offer.cname} {offer.cname}-voice"
    audio = sdp.MediaDescription("audio", offer.addresses[0][1], "UDP/TLS/RTP/SAVPF", [OPUS])
    audio.host = offer.addresses[0][0]
    audio.direction = "sendrecv"
    audio.msid = stream
    audio.rtcp_port, audio.rtcp_host, audio.rtcp_mux = 9, "0.0.0.0", True
    audio.ssrc = [sdp.SsrcDescription(ssrc=offer.ssrc, cname=offer.cname, msid=stream)]
    audio.rtp.muxId = MID
    audio.rtp.codecs = [
        RTCRtpCodecParameters(
            mimeType="audio/opus",
            clockRate=CLOCK_RATE,
            channels=2,
            payloadType=OPUS,
            rtcpFeedback=[RTCRtcpFeedback(type="nack")],
            # Without useinbandfec browsers send no forward error correction.
            parameters={"minptime": 10, "useinbandfec": 1},
        )
    ]
    audio.rtp.headerExtensions = [
        RTCRtpHeaderExtensionParameters(id=LEVEL_EXTENSION_ID, uri=_LEVEL_URI)
    ]
    audio.ice = RTCIceParameters(
        usernameFragment=offer.credentials.ufrag,
        password=offer.credentials.password,
        iceLite=True,
    )
    audio.ice_candidates = [
        _candidate(index, host, port) for index, (host, port) in enumerate(offer.addresses)
    ]
    audio.ice_candidates_complete = True
    audio.dtls = RTCDtlsParameters(
        fingerprints=[RTCDtlsFingerprint(*pair) for pair in offer.fingerprints], role="auto"
    )
    description = sdp.SessionDescription()
    description.origin = f"- {offer.session} {offer.version} IN IP4 127.0.0.1"
    description.group = [sdp.GroupDescription(semantic="BUNDLE", items=[MID])]
    description.msid_semantic = [sdp.GroupDescription(semantic="WMS", items=["*"])]
    description.media = [audio]
    return str(description)


def read_answer(text: str) -> SdpAnswer:
    """What an answer says. Raises MediaError with a stable code, and nothing else, on junk."""
    if len(text) > MAX_ANSWER:
        raise MediaError("answer_unreadable", "The SDP answer is too long.")
    try:
        media = sdp.SessionDescription.parse(text).media
    except Exception as error:  # aiortc's parser asserts, indexes and converts without checking
        raise MediaError("answer_unreadable", "The SDP answer cannot be read.") from error
    if len(media) != 1 or media[0].kind != "audio" or media[0].port == 0:
        raise MediaError("answer_without_audio", "The SDP answer does not accept the audio.")
    audio = media[0]
    if not any(
        codec.payloadType == OPUS and codec.mimeType.lower() == "audio/opus"
        for codec in audio.rtp.codecs
    ):
        raise MediaError("answer_without_opus", "The SDP answer does not accept Opus as offered.")
    if not audio.rtcp_mux:
        raise MediaError("answer_without_mux", "The SDP answer does not accept rtcp-mux.")
    if audio.ice is None or not audio.ice.usernameFragment or not audio.ice.password:
        raise MediaError("answer_without_ice", "The SDP answer has no ICE credentials.")
    if audio.dtls is None or audio.dtls.role not in ("client", "server"):
        raise MediaError("answer_bad_setup", "The SDP answer must be setup:active or passive.")
    fingerprints = tuple(
        (print_.algorithm.lower(), print_.value.upper()) for print_ in audio.dtls.fingerprints
    )
    if not any(algorithm in _FINGERPRINTS for algorithm, _ in fingerprints):
        raise MediaError("answer_without_fingerprint", "The SDP answer has no usable fingerprint.")
    return SdpAnswer(
        fingerprints=fingerprints,
        client_is_dtls_client=audio.dtls.role == "client",
        sends_voice=audio.direction in (None, "sendrecv", "sendonly"),
    )


def _candidate(index: int, host: str, port: int) -> RTCIceCandidate:
    return RTCIceCandidate(
        component=1,
        foundation=str(index + 1),
        ip=host,
        port=port,
        # RFC 8445 section 5.1.2.1: type preference 126 (host), then the order of the list.
        priority=(126 << 24) | ((65535 - index) << 8) | 255,
        protocol="udp",
        type="host",
    )
