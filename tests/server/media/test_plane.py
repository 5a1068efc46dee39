"""The seam of the packet path: a plane that reads its own socket elsewhere takes the place of ours."""

import threading

from server.media.plane import Tapped
from tests.fakes.media_call import exchange, media_call
from tests.fakes.thread_plane import ThreadPlane


async def test_a_plane_with_a_thread_of_its_own_carries_a_call() -> None:
    before = set(threading.enumerate())
    ours = threading.get_ident()
    tapped: list[Tapped] = []
    tapped_in: set[int] = set()

    def tap(packets: list[Tapped]) -> None:
        tapped_in.add(threading.get_ident())
        tapped.extend(packets)

    async with media_call(make_plane=ThreadPlane) as call:
        a, b = await call.talk()
        call.endpoint.set_tap("a", tap, "listener")
        await exchange(call, a, b)
        await exchange(call, b, a)
        await call.until(lambda: len(tapped) == 1)
        assert [whose for whose, _, _ in tapped] == ["listener"]
        plane = call.endpoint.plane
        assert isinstance(plane, ThreadPlane)
        assert plane.forwarders and ours not in plane.forwarders, "forwarded in the plane's thread"
        assert tapped_in == {ours}, "tapped on the loop"
        stats = call.endpoint.stats()
        assert stats.packets_out == 2
        assert stats.stun_requests >= 2, "what is not media came to the endpoint"
        call.endpoint.set_muted("a", True)
        a.speak()
        await call.until(lambda: call.dropped("muted") == 1)
        await call.endpoint._legs["b"].close()
        call.endpoint.set_muted("a", False)
        a.speak()
        await call.until(lambda: call.dropped("no_peer") == 1)
    assert set(threading.enumerate()) <= before, "its thread ended with it"
