"""Addresses of servers: what is one, and where its socket and its API are."""

import pytest

from pen_bridge.addresses import BadAddress, parse_server


@pytest.mark.parametrize(
    ("text", "socket", "api", "local"),
    [
        (
            "http://127.0.0.1:8400",
            "ws://127.0.0.1:8400/ws/pen",
            "http://127.0.0.1:8400/api/x",
            True,
        ),
        (
            "http://127.0.0.1:8400/",
            "ws://127.0.0.1:8400/ws/pen",
            "http://127.0.0.1:8400/api/x",
            True,
        ),
        ("http://[::1]:80", "ws://[::1]:80/ws/pen", "http://[::1]:80/api/x", True),
        ("https://ink.example", "wss://ink.example/ws/pen", "https://ink.example/api/x", False),
        (
            "https://a.example/ink/",
            "wss://a.example/ink/ws/pen",
            "https://a.example/ink/api/x",
            False,
        ),
    ],
)
def test_an_address_leads_to_the_socket_and_the_api(
    text: str, socket: str, api: str, local: bool
) -> None:
    server = parse_server(text)
    assert (server.socket, server.api("x"), server.local) == (socket, api, local)
    assert server.encrypted == text.startswith("https")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ink.example",
        "ftp://a",
        "http://",
        "http://a:b",
        "http://a:99999",
        "http://[::1",
        "http://u:p@a",
        "http://a/?x=1",
        "http://a/#x",
    ],
)
def test_what_is_no_address_is_said_to_be_none(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_server(text)
