"""What touches sockets and transports itself is tested on both event loops."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from server.loop import loop_factory

BOTH = {"media", "live", "sockets", "test_listening.py", "test_tls.py"}
"""Folders and files."""
Factory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Factory]:
    asyncios = {"asyncio": loop_factory("asyncio")}
    if BOTH.isdisjoint((item.path.parent.name, item.path.name)):
        return asyncios
    return {**asyncios, "uvloop": loop_factory("uvloop")}
