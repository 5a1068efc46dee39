"""docs/deployment.md and the files of deploy/ say what the program does: names, ports, limits, commands."""

import re
from pathlib import Path

import pytest

from base.config import load_config
from server.app import SECTIONS
from server.cli import commands
from server.media.config import MediaSection
from server.photos.config import PhotosConfig

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/deployment.md").read_text("utf-8")
CONFIG = load_config(DEPLOY / "config.yaml", {}, SECTIONS)
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
CADDY = (DEPLOY / "Caddyfile").read_text("utf-8")
UNITS = sorted(DEPLOY.glob("*.service"))


def settings(unit: Path) -> dict[str, list[str]]:
    """Return the lines of a unit by key; systemd has several of some."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", unit.read_text("utf-8"), re.M):
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("file", sorted(path.name for path in DEPLOY.iterdir()))
def test_every_file_has_its_place_on_the_page(file: str) -> None:
    assert f"deploy/{file}" in PAGE


def test_the_settings_are_those_of_a_server_behind_a_proxy() -> None:
    server = CONFIG.server
    assert (server.host, server.trust_forwarded) == ("127.0.0.1", True)
    assert server.public_url.startswith("https://")
    assert CONFIG.of(MediaSection).announce


def test_proxies_lead_to_the_servers_port_and_let_photos_through() -> None:
    upstream = f"127.0.0.1:{CONFIG.server.port};"
    assert f"server {upstream}" in NGINX
    assert f"reverse_proxy {upstream[:-1]}\n" in CADDY
    for limit in (r"client_max_body_size (\d+)m;", r"max_size (\d+)MB"):
        [size] = re.findall(limit, NGINX + CADDY)
        assert PhotosConfig().max_bytes <= int(size) * 1_000_000 <= PhotosConfig().max_bytes * 1.2


def test_nginx_believes_no_clients_address() -> None:
    assert "X-Forwarded-For $remote_addr;" in NGINX
    assert "$proxy_add_x_forwarded_for" not in NGINX


def test_the_page_names_the_ports_of_the_settings() -> None:
    media = CONFIG.of(MediaSection).port
    assert f"| UDP {media} |" in PAGE
    assert f"| TCP {CONFIG.server.port} |" in PAGE
    assert f"UDP port {media}" in NGINX
    assert f"UDP port {media}" in CADDY


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_a_unit_starts_a_command_there_is_as_the_servers_user(unit: Path) -> None:
    said = settings(unit)
    [start] = said["ExecStart"]
    names = {"serve"} | {command.name for command in commands()}
    assert start.split()[1] in names
    assert said["User"] == ["inkcall"]
    assert said["ProtectSystem"] == ["strict"]
    assert said["NoNewPrivileges"] == ["yes"]


def test_the_server_may_drain_and_connect_voices() -> None:
    said = settings(DEPLOY / "inkcall.service")
    assert int(said["TimeoutStopSec"][0]) >= CONFIG.server.drain_deadline_s + 30
    assert "MemoryDenyWriteExecute" not in said, "with it OpenSSL makes no connection"


def test_the_page_types_commands_there_are() -> None:
    typed = re.findall(r"inkcall (serve|backup|restore|people \w+|db \w+)\b", PAGE)
    assert {"backup", "restore", "serve", "people add"} <= set(typed)
    assert set(typed) <= {"serve"} | {command.name for command in commands()}
