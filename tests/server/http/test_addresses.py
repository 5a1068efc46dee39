"""Where this machine is: a real network card in a namespace of its own, and a machine without any."""

import json
import os
import subprocess
import sys

from server.http.addresses import machine_addresses, machine_names, network_address
from tests.fakes.processes import ROOT

ASK = """
import json
from server.http.addresses import machine_addresses, network_address
print(json.dumps([network_address(), [str(address) for address in machine_addresses()]]))
"""


def alone(*commands: str) -> tuple[str | None, list[str]]:
    """Return what a machine with exactly these network cards says of itself."""
    # Who is not root may be it in a namespace of their own.
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = " && ".join([*commands, f"exec {sys.executable} -c '{ASK}'"])
    done = subprocess.run(
        ["unshare", *root, "--net", "sh", "-c", script], cwd=ROOT, capture_output=True, check=True
    )
    address, addresses = json.loads(done.stdout)
    return address, addresses


def test_a_machine_without_a_network_has_no_address_for_others() -> None:
    assert alone("ip link set lo up") == (None, [])


def test_the_way_out_is_chosen_before_the_bridge_of_containers() -> None:
    chosen, found = alone(
        "ip link add docker0 type bridge",
        "ip address add 10.1.0.1/16 dev docker0",
        "ip link set docker0 up",
        "ip link add wlan0 type veth peer name air",
        "ip address add 192.168.7.5/24 dev wlan0",
        "ip address add fd07::5/64 dev wlan0 nodad",
        "ip link set wlan0 up && ip link set air up",
        "ip route add default dev wlan0",
    )
    assert chosen == "192.168.7.5"
    assert found == ["10.1.0.1", "192.168.7.5", "fd07::5"]


def test_without_a_way_out_any_network_is_one() -> None:
    chosen, _ = alone(
        "ip link add wlan0 type veth peer name air",
        "ip address add 192.168.7.5/24 dev wlan0",
        "ip link set wlan0 up && ip link set air up",
    )
    assert chosen == "192.168.7.5"


def test_here_it_is_one_of_the_machines_own() -> None:
    found = [str(address) for address in machine_addresses()]
    assert "127.0.0.1" not in found
    assert network_address() in [*found, None]
    assert machine_names()[0] == "localhost"
