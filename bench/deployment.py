"""Does a call work from another machine, behind each proxy, as docs/deployment.md sets it up?

    client (10.77.0.2) ── TCP 80, 443 ── Caddy or nginx ── 127.0.0.1:8400 ── server
           └───────────── UDP 8401 ──────────────────────────────────────────┘

Two network namespaces; the client's side verifies certificates. Caddy fetches its own by ACME from an authority that is
started here; nginx is given one. A client in Python and two browsers take part. As root, with Debian's caddy, nginx, chromium
and curl, and the pages built (`make setup`).
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.deployment_certificates import authority, certificate

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NAME = "inkcall.example"
SERVER, CLIENT = "inkcall-server", "inkcall-client"
AT, FROM = "10.77.0.1", "10.77.0.2"
MEDIA_PORT = 8401
PROXIES = ("caddy", "nginx")
_WITHIN_S = 60


def main() -> None:
    """Try each proxy and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PROXIES, help="one of the two")
    only = parser.parse_args().only
    missing = [name for name in ("ip", "curl", "chromium", *PROXIES) if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        sys.exit(f"this needs root, and {', '.join(missing) or 'that is all'}")
    with _namespaces(), tempfile.TemporaryDirectory(prefix="inkcall-deploy-") as folder:
        failed = [
            name for name in PROXIES if only in (None, name) and not _tried(name, Path(folder))
        ]
    sys.exit(f"not as it should be: {', '.join(failed)}" if failed else 0)


def _tried(proxy: str, folder: Path) -> bool:
    with contextlib.ExitStack() as stack:
        stack.enter_context(_server(folder / f"{proxy}-data"))
        trusted = stack.enter_context({"caddy": _caddy, "nginx": _nginx}[proxy](folder))
        # The browser first: in the end the client guesses passwords, and is shut out.
        return all(
            [
                _asked(proxy, "bench.deployment_browser", str(trusted), f"{AT}:{MEDIA_PORT}"),
                _asked(proxy, "bench.deployment_client", str(trusted)),
            ]
        )


def _asked(proxy: str, module: str, *arguments: str) -> bool:
    """Run a program on the client's machine; tell what it saw, and whether all is as it should be."""
    done = subprocess.run(
        [*_in(CLIENT), sys.executable, "-m", module, f"https://{NAME}", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    for one in seen:
        print(f"{proxy:6} {'ok ' if one['ok'] else 'NOT'} {one['what']}: {one['seen']}")
    return done.returncode == 0 and bool(seen) and all(one["ok"] for one in seen)


@contextlib.contextmanager
def _namespaces() -> Iterator[None]:
    """Make the two machines and the cable between them; each knows the server's name."""
    hosts = f"127.0.0.1 localhost\n{AT} {NAME}\n"
    try:
        for name in (SERVER, CLIENT):
            _ip("netns", "add", name)
            etc = Path("/etc/netns") / name
            etc.mkdir(parents=True)
            (etc / "hosts").write_text(hosts)
        _ip("link", "add", "ink0", "netns", SERVER, "type", "veth", "peer", "ink1", "netns", CLIENT)
        for name, link, address in ((SERVER, "ink0", AT), (CLIENT, "ink1", FROM)):
            _ip("-n", name, "address", "add", f"{address}/24", "dev", link)
            _ip("-n", name, "link", "set", link, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "del", name], check=False)
            shutil.rmtree(Path("/etc/netns") / name, ignore_errors=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _in(namespace: str) -> list[str]:
    return ["ip", "netns", "exec", namespace]


@contextlib.contextmanager
def _running(arguments: list[str], log: Path, **environment: str) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*_in(SERVER), *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextlib.contextmanager
def _server(data: Path) -> Iterator[None]:
    """Run the server with deploy/config.yaml: only names and addresses are those of this trial."""
    config = data.with_suffix(".yaml")
    config.write_text((DEPLOY / "config.yaml").read_text().replace("198.51.100.7", AT))
    with _running(
        [sys.executable, "-m", "server.cli", "serve", "--demo", "--config", str(config)],
        data.with_suffix(".log"),
        INKCALL__SERVER__DATA_DIR=str(data),
        INKCALL__RECORDER__MIN_FREE_BYTES="0",
        INKCALL__ROOMS__MAX_LOOP_LAG_S="60",
        INKCALL__PEOPLE__ATTEMPTS_PER_ADDRESS="12",
    ):
        _until_it_answers("http://127.0.0.1:8400/healthz", data.with_suffix(".log"))
        yield


@contextlib.contextmanager
def _caddy(folder: Path) -> Iterator[Path]:
    """Run Caddy with deploy/Caddyfile, which fetches its certificate from an authority of ours."""
    home, ca = folder / "caddy", folder / "acme"
    home.mkdir()
    ca.mkdir()
    (ca / "Caddyfile").write_text(
        "{\n\tadmin off\n\thttp_port 9080\n\thttps_port 9443\n\tskip_install_trust\n}\n"
        "localhost:9443 {\n\ttls internal\n\tacme_server\n}\n"
    )
    root = ca / "caddy/pki/authorities/local/root.crt"
    site = (DEPLOY / "Caddyfile").read_text()
    (home / "Caddyfile").write_text(
        "{\n\tadmin off\n\tacme_ca https://localhost:9443/acme/local/directory\n"
        f"\tacme_ca_root {root}\n}}\n{site}"
    )
    run = ["caddy", "run", "--adapter", "caddyfile", "--config"]
    with _running([*run, str(ca / "Caddyfile")], ca / "log", XDG_DATA_HOME=str(ca)):
        _until_it_answers("https://localhost:9443/acme/local/directory", ca / "log", root)
        with _running([*run, str(home / "Caddyfile")], home / "log", XDG_DATA_HOME=str(home)):
            _until_it_answers(f"https://{NAME}/healthz", home / "log", root)
            yield root


@contextlib.contextmanager
def _nginx(folder: Path) -> Iterator[Path]:
    """Run nginx with deploy/nginx.conf as its site, and a certificate where certbot would put it."""
    home = folder / "nginx"
    home.mkdir()
    key, root = authority()
    (home / "root.crt").write_bytes(root)
    chain, private = certificate(NAME, key, root)
    (home / "fullchain.pem").write_bytes(chain)
    (home / "privkey.pem").write_bytes(private)
    site = (DEPLOY / "nginx.conf").read_text()
    (home / "site.conf").write_text(site.replace(f"/etc/letsencrypt/live/{NAME}", str(home)))
    (home / "nginx.conf").write_text(
        f"daemon off;\nuser www-data;\npid {home}/pid;\nerror_log {home}/log;\nevents {{}}\n"
        f"http {{\n access_log off;\n include /etc/nginx/mime.types;\n include {home}/site.conf;\n}}\n"
    )
    folder.chmod(0o755)
    with _running(["nginx", "-c", str(home / "nginx.conf")], home / "out"):
        _until_it_answers(f"https://{NAME}/healthz", home / "out", home / "root.crt")
        yield home / "root.crt"


def _until_it_answers(url: str, log: Path, trusted: Path | None = None) -> None:
    until = time.monotonic() + _WITHIN_S
    ask = [*_in(SERVER), "curl", "-fsS", "-o", "/dev/null", "--max-time", "5", url]
    while True:
        options = ["--cacert", str(trusted)] if trusted is not None else []
        if subprocess.run([*ask, *options], capture_output=True).returncode == 0:
            return
        if time.monotonic() > until:
            sys.exit(f"{url} does not answer:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
