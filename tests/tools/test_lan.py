"""What `make run LAN=1` sets and what it leaves as it was set, and where phones and pen are sent."""

from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import segno

from base.config import Config, ServerConfig
from server.http.certificates import made
from server.http.tls_config import TlsConfig
from server.media.config import MediaSection
from tools import lan
from tools.machine import Trouble

HERE = "192.168.7.5"


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "network_address", lambda: HERE)


def test_out_of_the_box_all_is_set_that_a_phone_needs() -> None:
    assert lan.settings_for_all(Config(), HERE) == {
        "INKCALL__SERVER__HOST": "0.0.0.0",
        "INKCALL__TLS__SELF_MADE": "true",
        "INKCALL__MEDIA__ANNOUNCE": '["192.168.7.5"]',
    }
    assert lan.phone_url(Config(), HERE) == "https://192.168.7.5:8400"


def test_what_was_set_by_hand_stays() -> None:
    config = Config(
        server=ServerConfig(host="192.168.9.9"),
        tls=TlsConfig(certificate="c.pem", key="k.pem"),
        media=MediaSection(host="192.168.9.9", announce=["198.51.100.7"]),
    )
    assert lan.settings_for_all(config, HERE) == {}
    assert lan.phone_host(config) == "192.168.9.9"


def test_of_several_networks_one_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        lan, "machine_addresses", lambda: [ip_address(HERE), ip_address("10.8.0.2")]
    )
    assert lan.phone_host(Config()) == HERE
    assert lan.phone_host(Config(), "10.8.0.2") == "10.8.0.2"
    with pytest.raises(
        Trouble, match=r"^LAN=10\.8\.0\.3: .*; it has 192\.168\.7\.5, 10\.8\.0\.2\.$"
    ):
        lan.phone_host(Config(), "10.8.0.3")


def test_voices_bound_to_this_machine_only_are_let_out() -> None:
    settings = lan.settings_for_all(Config(media=MediaSection(host="127.0.0.1")), HERE)
    assert settings["INKCALL__MEDIA__HOST"] == "0.0.0.0"


def test_without_a_network_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "network_address", lambda: None)
    with pytest.raises(Trouble, match=r"no IPv4 address in a network: .* LAN=1\.$") as caught:
        lan.phone_host(Config())
    assert "\n" not in str(caught.value)


def test_with_a_certificate_of_ones_own_phones_and_pen_come_by_its_name(tmp_path: Path) -> None:
    file = made(tmp_path, ["*.school.example", "tutor.school.example"], datetime.now(UTC))
    config = Config(tls=TlsConfig(certificate=str(file), key=str(file)))
    url = "https://tutor.school.example:8400"
    assert lan.phone_url(config, HERE) == url
    assert lan.pen_way(config, "https://127.0.0.1:8400") == (url, file)
    public = config.with_(server=ServerConfig(public_url="https://ink.example/"))
    assert lan.phone_url(public, HERE) == "https://ink.example"


def test_with_one_that_is_for_this_machine_the_pen_stays_here_and_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan, "network_address", lambda: None)
    file = made(tmp_path, ["tutor.school.example", "127.0.0.1"], datetime.now(UTC))
    config = Config(tls=TlsConfig(certificate=str(file), key=str(file)))
    assert lan.pen_way(config, "https://127.0.0.1:8400") == ("https://127.0.0.1:8400", file)


def test_with_a_made_one_or_none_the_pen_stays_on_this_machine() -> None:
    here = "https://127.0.0.1:8400"
    made_here = Config(tls=TlsConfig(self_made=True))
    assert lan.pen_way(made_here, here) == (here, Path("data/tls/ca.crt"))
    assert lan.pen_way(Config(), here) == (here, None)


@pytest.mark.parametrize("coloured", [False, True])
def test_the_picture_is_the_address_light_on_dark_on_every_terminal(coloured: bool) -> None:
    url = "https://192.168.7.5:8400"
    lines = lan.picture(url, coloured=coloured).splitlines()
    if coloured:
        assert all(line.startswith("  \x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
        lines = [line.removeprefix("  \x1b[97;40m").removesuffix("\x1b[0m") for line in lines]
    else:
        lines = [line.removeprefix("  ") for line in lines]
    light = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
    rows = [[light[mark][half] for mark in line] for line in lines for half in (0, 1)]
    wanted = segno.make(url, micro=False).matrix
    drawn = [row[2:-2] for row in rows[2 : 2 + len(wanted)]]
    assert drawn == [list(row) for row in wanted]
    assert len(lines[0]) < 40
