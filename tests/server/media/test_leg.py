"""One side's media over real sockets: coming up, being heard, moving, reporting, leaving."""

import asyncio
import itertools

import pytest
from aiortc import AudioStreamTrack, MediaStreamTrack, RTCPeerConnection, RTCSessionDescription

from server.media import LegState, MediaError, rtcp
from server.media.plane import Tapped
from tests.fakes.media_call import exchange, media_call


async def test_voices_flow_both_ways_unchanged() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        for index in range(20):
            a.speak(b"from a %d" % index)
            b.speak(b"from b %d" % index)
        assert [p.payload for p in await b.until_heard(20)] == [b"from a %d" % n for n in range(20)]
        assert [p.payload for p in await a.until_heard(20)] == [b"from b %d" % n for n in range(20)]
        stats = call.endpoint.stats()
        assert stats.packets_out == 40
        assert stats.dropped == {}
        assert stats.legs == {"connected": 2}


async def test_a_stock_aiortc_client_hears_a_voice() -> None:
    async with media_call() as call:
        _, speaker = await call.join("a")
        leg = call.open("b")
        call.endpoint.feed("a", ["b"])
        call.endpoint.feed("b", ["a"])
        client = RTCPeerConnection()
        try:
            tracks: list[MediaStreamTrack] = []
            client.on("track", tracks.append)
            await client.setRemoteDescription(RTCSessionDescription(leg.offer(), "offer"))
            client.addTrack(AudioStreamTrack())
            await client.setLocalDescription(await client.createAnswer())
            await leg.accept_answer(client.localDescription.sdp)
            await call.until(lambda: client.connectionState == "connected")
            # 20 frames fill aiortc's jitter buffer several times over.
            for _ in range(20):
                speaker.speak()
            frame = await asyncio.wait_for(tracks[0].recv(), 5)
            assert getattr(frame, "sample_rate", None) == 48_000
            assert (await speaker.until_heard(3))[-1].header.payload_type == 111
        finally:
            await client.close()


async def test_the_listener_sees_one_stream_when_the_speaker_joins_again() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        for _ in range(5):
            a.speak()
        await b.until_heard(5)
        await call.endpoint._legs["a"].close()
        call.clock.advance(2.0)
        _, again = await call.join("a2", ssrc=77)
        call.endpoint.feed("a2", ["b"])
        call.endpoint.feed("b", ["a2"])
        for _ in range(5):
            again.speak()
        headers = [packet.header for packet in await b.until_heard(10)]
        assert len({header.ssrc for header in headers}) == 1
        steps = [(y.sequence - x.sequence) & 0xFFFF for x, y in itertools.pairwise(headers)]
        assert steps == [1] * 9
        jump = (headers[5].timestamp - headers[4].timestamp) & 0xFFFFFFFF
        assert jump == 2 * 48_000
        assert headers[5].marker
        await exchange(call, b, again)


async def test_muted_nothing_is_forwarded_or_tapped_and_no_gap_is_seen_after() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        tapped: list[Tapped] = []
        call.endpoint.set_tap("a", tapped.extend)
        a.speak(b"before", level=25)
        await b.until_heard(1)
        leg = call.endpoint._legs["a"]
        assert leg.quality().level == -25
        call.endpoint.set_muted("a", True)
        for _ in range(10):
            a.speak(b"secret")
        await call.until(lambda: call.dropped("muted") == 10)
        assert leg.quality().level is None
        call.endpoint.set_muted("a", False)
        a.speak(b"after")
        heard = await b.until_heard(2)
        assert [packet.payload for packet in heard] == [b"before", b"after"]
        assert (heard[1].header.sequence - heard[0].header.sequence) & 0xFFFF == 1
        assert [packet[20:] for _, packet, _ in tapped] == [b"before", b"after"]
        assert leg.quality().level == -30
        call.clock.advance(1.5)  # nothing more came: it is not speaking
        assert leg.quality().level is None


async def test_the_tap_gets_the_packet_as_it_was_sent_with_its_receive_time() -> None:
    async with media_call() as call:
        a, _ = await call.talk()
        tapped: list[Tapped] = []
        call.endpoint.set_tap("a", tapped.extend, "p_1")
        sent = [a.speak(b"one"), a.speak(b"two", skip=3)]
        await call.until(lambda: len(tapped) == 2)
        assert tapped == [("p_1", packet, 1000.0) for packet in sent]
        call.endpoint.set_tap("a", None)
        await exchange(call, a, call.clients[1])
        assert len(tapped) == 2


async def test_a_failing_tap_does_not_stop_the_voice() -> None:
    def broken(_tapped: list[Tapped]) -> None:
        raise RuntimeError("disk")

    async with media_call() as call:
        a, b = await call.talk()
        call.endpoint.set_tap("a", broken)
        await exchange(call, a, b)
        assert call.dropped("tap_failed") == 1


async def test_a_packet_asked_for_again_is_sent_again() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        for _ in range(10):
            a.speak()
        header = (await b.until_heard(10))[4].header
        original = next(raw for raw in b.raw if raw[2:4] == header.sequence.to_bytes(2, "big"))
        again: list[bytes] = []
        b.take = lambda sock, data: again.append(data)  # type: ignore[method-assign]
        b.send_rtcp(rtcp.build_nack(b.ssrc, header.ssrc, (header.sequence, 12)))
        await call.until(lambda: original in again)


async def test_reports_give_round_trip_and_loss_both_ways() -> None:
    async with media_call(rtcp_interval_s=0.2) as call:
        a, b = await call.talk()
        for _ in range(30):
            a.speak(level=44)
            a.speak(skip=1, level=44)
        ssrc = (await b.until_heard(60))[0].header.ssrc

        def sender_reports() -> list[rtcp.SenderReport]:
            return [report for report in b.reports if isinstance(report, rtcp.SenderReport)]

        call.clock.advance(0.3)
        await call.until(lambda: bool(sender_reports()))
        report = sender_reports()[-1]
        assert (report.ssrc, report.packets) == (ssrc, 60)
        quality = call.endpoint._legs["a"].quality()
        assert quality.loss_up == pytest.approx(1 / 3, abs=0.02)
        assert quality.level == -44
        # b answers 80 ms later, of which it kept the report 30 ms; it lost half of what was sent.
        call.clock.advance(0.08)
        for highest, fraction in ((100, 255), (200, 170)):
            block = rtcp.Block(
                ssrc=ssrc,
                fraction=fraction,
                lost=5,
                highest=highest,
                jitter=0,
                last_sr=rtcp.middle(report.ntp),
                delay=int(0.03 * 65536),
            )
            b.send_rtcp(rtcp.build_receiver_report(rtcp.ReceiverReport(b.ssrc, (block,))))
        await call.until(lambda: call.endpoint._legs["b"].quality().rtt_ms is not None)
        quality = call.endpoint._legs["b"].quality()
        assert quality.rtt_ms == pytest.approx(50, abs=1)
        # 170/256 lost in all, 1/3 of it before the server: the rest is the way down.
        await call.until(lambda: call.endpoint._legs["b"].quality().loss_down > 0)
        assert call.endpoint._legs["b"].quality().loss_down == pytest.approx(0.5, abs=0.02)
        # The speaker is told the worse of the two.
        a.reports.clear()
        call.clock.advance(0.3)

        def told() -> list[int]:
            return [
                block.fraction
                for packet in a.reports
                if isinstance(packet, rtcp.ReceiverReport | rtcp.SenderReport)
                for block in packet.blocks
                if block.ssrc == a.ssrc
            ]

        await call.until(lambda: bool(told()))
        assert told()[-1] == 170


async def test_closing_says_bye_and_leaves_nothing_behind() -> None:
    async with media_call() as call:
        a, _ = await call.talk()
        leg = call.endpoint._legs["a"]
        await leg.close()
        await leg.close()
        await call.until(lambda: a.byes == 1)
        assert call.states["a"] == [LegState.CONNECTING, LegState.CONNECTED, LegState.CLOSED]
        with pytest.raises(MediaError, match="leg_closed"):
            leg.offer()
        assert call.endpoint.stats().legs == {"connected": 1}
        before = call.dropped("unknown_address")
        a.speak()
        await call.until(lambda: call.dropped("unknown_address") > before)


async def test_a_second_answer_to_the_same_offer_is_refused() -> None:
    async with media_call() as call:
        leg = call.open("a")
        client = await call.client()
        answer = client.answer(leg.offer())
        await leg.accept_answer(answer)
        with pytest.raises(MediaError) as caught:
            await leg.accept_answer(answer)
        assert caught.value.code == "answer_already_taken"


async def test_a_refused_answer_changes_nothing() -> None:
    async with media_call() as call:
        leg = call.open("a")
        client = await call.client()
        with pytest.raises(MediaError) as caught:
            await leg.accept_answer("v=0\r\nnonsense")
        assert caught.value.code == "answer_without_audio"
        await leg.accept_answer(client.answer(leg.offer()))
        await asyncio.wait_for(client.connect(), 5)


async def test_an_ice_restart_from_a_new_address_keeps_the_keys() -> None:
    async with media_call() as call:
        a, b = await call.talk()
        await exchange(call, a, b)
        a.cut()
        leg = call.endpoint._legs["a"]
        await a.new_socket()
        a.restart()
        await leg.accept_answer(a.answer(leg.restart_ice()))
        await a.reach()
        await exchange(call, a, b)
        await exchange(call, b, a)
        assert call.states["a"] == [LegState.CONNECTING, LegState.CONNECTED]


async def test_a_restart_with_another_certificate_is_refused() -> None:
    async with media_call() as call:
        await call.talk()
        leg = call.endpoint._legs["a"]
        stranger = await call.client()
        with pytest.raises(MediaError) as caught:
            await leg.accept_answer(stranger.answer(leg.restart_ice()))
        assert caught.value.code == "answer_changed_fingerprint"


async def test_another_certificate_than_the_answers_ends_the_leg() -> None:
    async with media_call() as call:
        leg = call.open("a")
        client = await call.client()
        other = await call.client()
        await leg.accept_answer(client.answer(leg.offer()))
        client.certificate = other.certificate
        await asyncio.wait_for(client.connect(), 5)
        await call.until(lambda: leg.state is LegState.CLOSED)


async def test_the_offer_announces_the_configured_address() -> None:
    async with media_call(announce=(("192.0.2.7", 3478), ("192.0.2.8", 0))) as call:
        offer = call.open("a").offer()
        assert "192.0.2.7 3478 typ host" in offer
        assert f"192.0.2.8 {call.endpoint.port} typ host" in offer
        assert "127.0.0.1 typ" not in offer


async def test_no_more_legs_than_configured() -> None:
    async with media_call(max_legs=1) as call:
        call.open("a")
        with pytest.raises(MediaError, match="leg_exists"):
            call.endpoint.open_leg("a", on_state=lambda *_: None)
        with pytest.raises(MediaError, match="media_full"):
            call.open("b")
