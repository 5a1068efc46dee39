"""A whole server inside the test's own loop: real sockets, a real SQLite file, quick times."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from base.config import Config, config_of
from server.app import SECTIONS, Server, serving


def quick_config(folder: Path, **sections: dict[str, Any]) -> Config:
    """Return settings for tests: free ports, cheap password hashes, everything under `folder`."""
    settings: dict[str, dict[str, Any]] = {
        "server": {"port": 0, "data_dir": str(folder / "data"), "web_root": str(folder / "web")},
        "media": {"host": "127.0.0.1", "port": 0},
        "recorder": {"min_free_bytes": 0, "flush_interval_s": 0.2},
        "people": {"argon2_time_cost": 1, "argon2_memory_kib": 8},
        "rooms": {"max_loop_lag_s": 5},
        # The sessions of tests last a moment, and have forms all the same.
        "sessions": {"form_together_s": 0},
    }
    for section, keys in sections.items():
        settings.setdefault(section, {}).update(keys)
    return config_of(settings, SECTIONS)


@asynccontextmanager
async def quick_server(folder: Path, **sections: dict[str, Any]) -> AsyncIterator[Server]:
    """Run a server with the demonstration people for the time of the block."""
    async with serving(quick_config(folder, **sections), with_demo=True) as server:
        yield server
