"""The addresses and names this machine is reached by."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import ifaddr

Address = IPv4Address | IPv6Address

_DISCARD = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): a connected UDP socket sends nothing."""


def machine_addresses() -> list[Address]:
    """Return all addresses of this machine but loopback and link-local ones, in a fixed order."""
    found = set[Address]()
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            text = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            address = ip_address(text.partition("%")[0])
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.add(address)
    return sorted(found, key=lambda address: (address.version, int(address)))


def machine_names() -> list[str]:
    """Return `localhost`, the machine's own name and the one it has without a name server (mDNS)."""
    own = socket.gethostname().lower()
    names = ["localhost"]
    if re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", own) and own != "localhost":
        names.append(own)
        if "." not in own:
            names.append(f"{own}.local")
    return names


def network_address() -> str | None:
    """Return the IPv4 address others in the network reach this machine by; None without a network."""
    known = [address for address in machine_addresses() if address.version == 4]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # The way out of the house begins at the network card, not at a bridge of containers.
            probe.connect(_DISCARD)
            chosen = ip_address(probe.getsockname()[0])
        except OSError:
            chosen = None
    if chosen in known:
        return str(chosen)
    return str(known[0]) if known else None
