"""Two real browsers talk through the media plane; what each hears is the other's microphone."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from server.media import LegState, MediaConfig, MediaEndpoint
from server.media.packets import rtp_header
from server.media.plane import Address, Tapped
from server.media.relay import Relay

pytestmark = pytest.mark.e2e

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
]

PAGE = """
async (offer) => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  const pc = window.pc = new RTCPeerConnection();
  pc.ontrack = (event) => {
    const audio = window.audio = new Audio();
    audio.srcObject = event.streams[0];
    audio.play();
  };
  await pc.setRemoteDescription({type: 'offer', sdp: offer});
  for (const track of stream.getTracks()) pc.addTrack(track, stream);
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}
"""

RESTART = """
async (offer) => {
  await window.pc.setRemoteDescription({type: 'offer', sdp: offer});
  await window.pc.setLocalDescription(await window.pc.createAnswer());
  return window.pc.localDescription.sdp;
}
"""

STATS = """
async () => {
  const all = [...(await window.pc.getStats()).values()];
  const one = (type) => all.find((entry) => entry.type === type) || {};
  return {
    inbound: one('inbound-rtp'),
    outbound: one('outbound-rtp'),
    remoteInbound: one('remote-inbound-rtp'),
    remoteOutbound: one('remote-outbound-rtp'),
    connection: window.pc.connectionState,
  };
}
"""


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=FLAGS, headless=True
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def page_server() -> AsyncIterator[str]:
    """An empty page on localhost: microphones exist only in a secure context."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"<!doctype html><title>voice</title>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}/"


async def until(page: Page, reached: Any, what: str) -> dict[str, Any]:
    """The page's figures once `reached(figures)`; fails with the last figures after 15 s."""
    figures: dict[str, Any] = {}
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        figures = await page.evaluate(STATS)
        if reached(figures):
            return figures
        await asyncio.sleep(0.1)
    raise AssertionError(f"{what} not reached: {figures}")


async def test_two_browsers_hear_each_other() -> None:
    states: list[tuple[str, LegState]] = []
    tapped: list[Tapped] = []
    endpoint = MediaEndpoint(config=MediaConfig(host="127.0.0.1"), clock=time.monotonic)
    await endpoint.start()
    try:
        async with page_server() as url, chromium() as browser:
            pages = []
            for name in ("student", "teacher"):
                context = await browser.new_context()
                page = await context.new_page()
                await page.goto(url)
                pages.append(page)
                leg = endpoint.open_leg(name, on_state=lambda *change: states.append(change))
                answer = await page.evaluate(PAGE, leg.offer())
                assert "useinbandfec=1" in answer
                assert "urn:ietf:params:rtp-hdrext:ssrc-audio-level" in answer
                await leg.accept_answer(answer)
            endpoint.feed("student", ["teacher"])
            endpoint.feed("teacher", ["student"])
            endpoint.set_tap("student", tapped.extend)

            def heard(figures: dict[str, Any]) -> bool:
                inbound = figures["inbound"]
                # The fake microphone beeps: energy says that it was decoded, not only received.
                return bool(
                    inbound.get("packetsReceived", 0) > 150
                    and inbound.get("totalAudioEnergy", 0) > 0.001
                    and figures["remoteInbound"].get("roundTripTime") is not None
                    and figures["remoteOutbound"].get("packetsSent", 0) > 0
                )

            for page in pages:
                figures = await until(page, heard, "audible voice with reports")
                assert figures["inbound"]["packetsLost"] == 0
                assert figures["connection"] == "connected"
                assert figures["remoteInbound"]["fractionLost"] == 0

            assert ("student", LegState.CONNECTED) in states
            header = rtp_header(tapped[-1][1])
            assert header is not None
            assert header.payload_type == 111
            leg = endpoint._legs["student"]
            deadline = time.monotonic() + 10  # Chromium reports every five seconds
            while (quality := leg.quality()).rtt_ms is None and time.monotonic() < deadline:
                await asyncio.sleep(0.1)
            assert quality.rtt_ms is not None
            assert quality.rtt_ms < 200
            assert quality.level is not None

            # An ICE restart keeps the voice going under new credentials.
            await leg.accept_answer(await pages[0].evaluate(RESTART, leg.restart_ice()))
            count = (await pages[1].evaluate(STATS))["inbound"]["packetsReceived"]
            await until(
                pages[1],
                lambda figures: figures["inbound"]["packetsReceived"] > count + 100,
                "voice after the ICE restart",
            )
            assert (await pages[0].evaluate(STATS))["connection"] == "connected"
            assert (await pages[1].evaluate(STATS))["inbound"]["packetsLost"] == 0
            assert leg.state is LegState.CONNECTED
    finally:
        await endpoint.close()
    dropped = endpoint.stats().dropped
    assert set(dropped) <= {"no_peer", "peer_not_ready", "no_keys"}, dropped


async def test_a_browser_gets_again_what_was_lost_on_its_way() -> None:
    dice = random.Random(11)
    lost = 0
    endpoint = MediaEndpoint(config=MediaConfig(host="127.0.0.1"), clock=time.monotonic)
    await endpoint.start()
    relay = endpoint.plane
    assert isinstance(relay, Relay)
    send = relay._send

    def lossy(datagram: bytes, address: Address) -> None:
        nonlocal lost
        if datagram[0] >= 128 and dice.random() < 0.1:
            lost += 1
        else:
            send(datagram, address)

    relay._send = lossy
    try:
        async with page_server() as url, chromium() as browser:
            pages = []
            for name in ("student", "teacher"):
                page = await (await browser.new_context()).new_page()
                await page.goto(url)
                pages.append(page)
                leg = endpoint.open_leg(name, on_state=lambda *_: None)
                await leg.accept_answer(await page.evaluate(PAGE, leg.offer()))
            endpoint.feed("student", ["teacher"])
            endpoint.feed("teacher", ["student"])
            figures = await until(
                pages[0], lambda found: found["inbound"].get("packetsReceived", 0) > 300, "voice"
            )
            inbound = figures["inbound"]
            assert lost > 30
            assert inbound["nackCount"] > 0
            assert inbound["packetsLost"] < 0.03 * inbound["packetsReceived"]
    finally:
        await endpoint.close()
