"""What does forwarding a voice cost? Server CPU a forwarded packet, added delay, loop lag, loss.

    python -m bench.relay [--quick] [--profile FILE]

Each way of forwarding runs in a process of its own, measured by its own CPU clock, with the load in
another; all in one run, so that the machine's mood is the same for all. Ours is measured with every
voice recorded by the product's recorder; aiortc's ways record nothing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import aioice.ice

ROOT = Path(__file__).parent.parent
TARGET = {"us": 35.0, "delay": 5.0, "lag": 5.0}

WAYS = {
    "inkcall": "one port, recorded",
    "inkcall-bare": "one port, not recorded",
    "bytes": "aiortc, decrypted bytes passed on",
    "relay": "aiortc, decode + MediaRelay + encode",
}


def measure(way: str, calls: int, seconds: float, *, profile: str | None = None) -> dict[str, Any]:
    """One run; raises if either process fails."""
    host = "127.0.0.1"
    if way in ("bytes", "relay"):  # aioice takes no loopback candidates
        host = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=False)[0]
    command = [sys.executable, "-m", "bench.relay_server", "--way", way]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        spy = _profile(server.pid, seconds, profile) if profile else None
        load = [sys.executable, "-m", "bench.relay_load", "--port", str(port), "--host", host]
        load += ["--calls", str(calls), "--seconds", str(seconds)]
        output = subprocess.run(
            load, cwd=ROOT, capture_output=True, text=True, timeout=seconds + 180, check=False
        )
        if output.returncode:
            raise RuntimeError(output.stderr)
        result: dict[str, Any] = json.loads(output.stdout)
        if spy is not None:
            spy.wait(seconds + 60)
    finally:
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    result["us"] = result["cpu_s"] / max(1, result["packets"]) * 1e6
    result["lost"] = result["sent"] - result["received"]
    return result


def _profile(pid: int, seconds: float, file: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "-p", str(pid)]
    command += ["-d", str(int(seconds) + 5), "-f", "raw", "-r", "250", "-o", file]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def line(way: str, calls: int, result: dict[str, Any], note: str = "") -> str:
    def number(value: float | None, form: str = ".2f") -> str:
        return "-" if value is None else format(value, form)

    decoded = way == "relay"  # its packets are new ones: neither delay nor loss can be matched
    cells = [
        WAYS[way] + note,
        str(calls),
        number(result["us"], ".1f"),
        number((result["cpu_s"] - result["loop_cpu_s"]) / max(1, result["packets"]) * 1e6, ".1f"),
        "-" if decoded else number(result["delay_p50_ms"]),
        "-" if decoded else number(result["delay_p99_ms"]),
        number(result["lag_p99_ms"]),
        f"{result['lost']} of {result['sent']}",
        number(100 * result["cpu_s"] / result["wall_s"], ".0f") + " %",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = """| way | calls | CPU us a forwarded packet | of it off the loop | added delay p50 ms | p99 ms | loop lag p99 ms | lost | of one core |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="5 s a run instead of 20")
    parser.add_argument("--only", choices=WAYS, help="one way only")
    parser.add_argument("--calls", type=int, action="append", help="instead of 5, 50, 100")
    parser.add_argument("--profile", help="py-spy the server into this file (raw stacks)")
    arguments = parser.parse_args()
    seconds = 5.0 if arguments.quick else 20.0
    load = os.getloadavg()[0]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"load average before {load:.2f}, {seconds:.0f} s a run\n"
    )
    print(HEAD)
    missed: list[str] | None = None
    for way in [arguments.only] if arguments.only else WAYS:
        sizes = arguments.calls or {"relay": [3], "inkcall-bare": [100]}.get(way, [5, 50, 100])
        for calls in sizes:
            result = measure(way, calls, seconds, profile=arguments.profile)
            print(line(way, calls, result), flush=True)
            for key in ("kernel_drops", "dropped", "recorder_failed"):
                if result.get(key):
                    print(f"  {key}: {result[key]}", file=sys.stderr)
            if way == "inkcall" and calls == 100:
                missed = [
                    name
                    for name, bad in {
                        "CPU": result["us"] > TARGET["us"],
                        "added delay p99": (result["delay_p99_ms"] or 0) > TARGET["delay"],
                        "loop lag p99": result["lag_p99_ms"] > TARGET["lag"],
                        "loss": result["lost"] > 0,
                    }.items()
                    if bad
                ]
    if missed is not None:
        print("\ntarget at 100 calls:", "missed: " + ", ".join(missed) if missed else "met")


if __name__ == "__main__":
    main()
