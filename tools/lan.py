"""`make run LAN=1`: what is set when others in the network may come, and what they are told."""

import io
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from base.config import Config
from server.http.addresses import machine_addresses, network_address
from server.http.certificates import names_in
from server.http.tls import AUTHORITY_PATH, made_folder
from server.http.tls_config import TlsConfig
from server.media.config import MediaSection
from tools.machine import Trouble

_BLACK_ON_WHITE = "\x1b[97;40m"
_AS_BEFORE = "\x1b[0m"


def settings_for_all(config: Config, address: str) -> dict[str, str]:
    """Return what must be in the environment so that a phone can call; what was set stays."""
    media = config.of(MediaSection)
    settings = {}
    if _for_this_machine(config.server.host):
        settings["INKCALL__SERVER__HOST"] = "0.0.0.0"
    if not config.of(TlsConfig).on:
        settings["INKCALL__TLS__SELF_MADE"] = "true"
    if _for_this_machine(media.host):
        settings["INKCALL__MEDIA__HOST"] = "0.0.0.0"
    if not media.announce:
        # Of all the machine's addresses: one of a container's bridge would only cost time.
        settings["INKCALL__MEDIA__ANNOUNCE"] = f'["{address}"]'
    return settings


def phone_host(config: Config, wanted: str = "") -> str:
    """Return the address a phone reaches this machine by; raise `Trouble` when there is none.

    `wanted` was said by hand, for a machine that is in several networks.
    """
    host = config.server.host
    if not _for_this_machine(host) and host not in ("0.0.0.0", "::"):
        return host
    address = network_address()
    if wanted:
        known = [str(one) for one in machine_addresses() if one.version == 4]
        if wanted not in known:
            raise Trouble(
                f"LAN={wanted}: this machine has no such IPv4 address; it has {', '.join(known) or 'none'}."
            )
        return wanted
    if address is None:
        raise Trouble(
            "this machine has no IPv4 address in a network: connect it to the one the phone is in, "
            "or leave out LAN=1."
        )
    return address


def phone_url(config: Config, address: str) -> str:
    """Return what is typed or scanned on a phone."""
    if config.server.public_url.startswith("https:"):
        return config.server.public_url.rstrip("/")
    return f"https://{_named(config, address)}:{config.server.port}"


def pen_way(config: Config, here: str) -> tuple[str, Path | None]:
    """Return the address the pen of the demo connects to, and what it trusts beside the machine's own."""
    section = config.of(TlsConfig)
    if section.self_made:
        return here, made_folder(config) / "ca.crt"
    if section.certificate:
        host = urlsplit(here).hostname or ""
        where = here if _named(config, host) == host else phone_url(config, host)
        return where, Path(section.certificate)
    return here, None


def welcome(config: Config, address: str, *, coloured: bool) -> str:
    """Return what to show for those who come with a phone."""
    url = phone_url(config, address)
    made = config.of(TlsConfig).self_made
    return f"""
  手机（连同一个网络）扫码或打开 · on a phone in the same network, scan or open:  {url}

{picture(url, coloured=coloured)}
{_trust(config, url) if made else ""}
  同一网络里的任何人都能用上面的密码登录。打不开时，请用 LAN=192.168.1.5 这样的写法换一个本机地址，或在防火墙放行 TCP {config.server.port} 和 UDP {config.of(MediaSection).port}。
  Everybody in this network can sign in with the passwords above. If it does not open, name another of this machine's
  addresses (LAN=192.168.1.5) or let TCP {config.server.port} and
  UDP {config.of(MediaSection).port} through this machine's firewall.
"""


def picture(text: str, *, coloured: bool) -> str:
    """Return a QR code of half blocks, indented as the words are."""
    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(drawn, border=2, compact=True)
    lines = drawn.getvalue().splitlines()
    if coloured:
        # Light modules are drawn: on a light terminal it would be a negative.
        lines = [f"{_BLACK_ON_WHITE}{line}{_AS_BEFORE}" for line in lines]
    return "".join(f"  {line}\n" for line in lines)


def _trust(config: Config, url: str) -> str:
    authority = x509.load_pem_x509_certificate((made_folder(config) / "ca.crt").read_bytes())
    print_ = authority.fingerprint(hashes.SHA256()).hex(":", 2).upper()
    return f"""  证书是这台机器自己做的，所以浏览器会警告：
   · 安卓 Chrome：“高级” → “继续前往”就行。不想再看到警告，就打开下面的地址下载，再到 设置 → 安全 → 加密与凭据 →
     安装证书 → CA 证书 里安装。
   · iPhone 必须安装，否则连不上：先“显示详细信息” → “访问此网站”，再打开下面的地址，到 设置 里安装描述文件，
     最后在 设置 → 通用 → 关于本机 → 证书信任设置 里打开它。
   · {url}{AUTHORITY_PATH}

  This machine made its certificate itself, so the browser warns:
   · Chrome on Android: Advanced → Proceed is enough. To be rid of the warning, fetch the address above and install it under
     Settings → Security → Encryption & credentials → Install a certificate → CA certificate.
   · An iPhone must install it, else no call connects: Show Details → visit this website, then open the address above, install the
     profile in Settings, and switch it on under Settings → General → About → Certificate Trust Settings.
   · SHA-256 {print_}
"""


def _named(config: Config, host: str) -> str:
    """Return the host, or a name that a certificate of one's own is for when it is not for the host."""
    own = config.of(TlsConfig).certificate
    names = names_in(Path(own)) if own else []
    if not names or host in names:
        return host
    return next((name for name in names if not name.startswith("*")), host)


def _for_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
