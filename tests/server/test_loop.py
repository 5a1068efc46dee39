"""The server's loop: the one that was asked for, and a whole process on each."""

import importlib.util
from pathlib import Path

import pytest

from server.loop import Loop, LoopError, loop_factory
from tests.fakes.processes import running_server


@pytest.mark.parametrize(
    ("wanted", "module"), [("asyncio", "asyncio"), ("uvloop", "uvloop"), ("auto", "uvloop")]
)
def test_the_loop_is_the_one_asked_for(wanted: Loop, module: str) -> None:
    loop = loop_factory(wanted)()
    loop.close()
    assert type(loop).__module__.startswith(module)


def test_without_uvloop_auto_is_asyncios(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    loop = loop_factory("auto")()
    loop.close()
    assert type(loop).__module__.startswith("asyncio")
    with pytest.raises(LoopError, match="INKCALL__SERVER__LOOP"):
        loop_factory("uvloop")


@pytest.mark.parametrize("wanted", ["asyncio", "uvloop"])
async def test_a_process_starts_and_stops_on_it(tmp_path: Path, wanted: str) -> None:
    async with running_server(tmp_path, {"INKCALL__SERVER__LOOP": wanted}) as server:
        assert f'"loop": "{wanted}"' in server.log()
        assert await server.stop() == 0
