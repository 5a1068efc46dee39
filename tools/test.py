"""`make test`: every check there is, two lanes at a time, and a table of what came out."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tools.machine import ROOT, Trouble, install_packages, postgres_programs, told
from tools.setup import WEB, node_environment

REPORTS = ROOT / "test-artifacts"
STEP_WITHIN_S = 900.0
SHOWN_LINES = 60

NEEDED: dict[str, Callable[[], bool]] = {
    "chromium": lambda: Path("/usr/bin/chromium").exists(),
    "espeak-ng": lambda: shutil.which("espeak-ng") is not None,
    "iproute2": lambda: shutil.which("ip") is not None,
    "fonts-noto-cjk": lambda: any(Path("/usr/share/fonts").rglob("NotoSansCJK*")),
    "libnss3-tools": lambda: shutil.which("certutil") is not None,
    "postgresql": lambda: postgres_programs() is not None,
}
"""Debian packages the tests use, and how to see that they are there."""


class Stop:
    """What runs now, so that Ctrl-C ends all of it; a step's group holds its servers and browsers."""

    def __init__(self) -> None:
        self.asked = False
        self._lock = threading.Lock()
        self._running: set[int] = set()

    def started(self, group: int) -> None:
        with self._lock:
            self._running.add(group)
        if self.asked:
            end_group(group)

    def ended(self, group: int) -> None:
        with self._lock:
            self._running.discard(group)

    def all(self) -> None:
        self.asked = True
        with self._lock:
            for group in self._running:
                end_group(group)


def end_group(group: int) -> None:
    """End a step with everything it has started."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


STOP = Stop()


@dataclass
class Step:
    """One check: its command, and what came of it."""

    name: str
    command: list[str]
    folder: Path = ROOT
    report: Path | None = None
    """A JUnit file it writes, when it counts tests of its own."""
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""

    @property
    def good(self) -> bool:
        return self.failed == 0 and not self.skipped

    def run(self, environment: dict[str, str]) -> None:
        """Run to the end and take the counts."""
        begun = time.monotonic()
        if self.report is not None:
            self.report.unlink(missing_ok=True)
        process = subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        STOP.started(process.pid)
        try:
            self.output, _ = process.communicate(timeout=STEP_WITHIN_S)
        except subprocess.TimeoutExpired:
            end_group(process.pid)
            self.output, _ = process.communicate()
            self.output += f"\nnot finished within {STEP_WITHIN_S:.0f} s"
        finally:
            STOP.ended(process.pid)
        self.seconds = time.monotonic() - begun
        self._count(process.returncode == 0)

    def _count(self, good: bool) -> None:
        if self.report is not None and self.report.is_file():
            counts = read_report(self.report)
            self.passed, self.failed, self.skipped = counts.passed, counts.failed, counts.skipped
            if not good and self.failed == 0:
                self.failed = 1
        elif good and self.report is None:
            self.passed = 1
        else:
            self.failed = 1


@dataclass
class Counts:
    """What a JUnit file says."""

    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)


def read_report(path: Path) -> Counts:
    """Return the counts of a JUnit file; a skipped test is named with its reason."""
    counts = Counts()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            counts.failed += 1
        elif skip is not None:
            reason = skip.get("message") or "no reason given"
            counts.skipped.append(f"{case.get('classname')}.{case.get('name')}: {reason}")
        else:
            counts.passed += 1
    return counts


def lanes() -> list[list[list[Step]]]:
    """Return the stages; the lanes of one stage run side by side, the steps of a lane in order."""
    python = [sys.executable, "-m"]

    def pytest(name: str, *arguments: str) -> Step:
        report = REPORTS / f"{name.replace(' ', '-')}.xml"
        command = [*python, "pytest", "-q", *arguments, f"--junit-xml={report}"]
        return Step(name, command, report=report)

    vitest = REPORTS / "web-tests.xml"
    checks = [
        Step("format", [*python, "ruff", "format", "--check", "."]),
        Step("lint", [*python, "ruff", "check", "."]),
        Step("import contracts", [str(Path(sys.executable).with_name("lint-imports"))]),
        Step("types", [*python, "mypy"]),
        Step("types of the example", [*python, "mypy", "docs/examples"]),
        Step("web format, types, imports", ["npm", "run", "--silent", "lint"], WEB),
        Step("web first load", ["npm", "run", "--silent", "weight"], WEB),
        Step(
            "web tests",
            [
                "npm",
                "test",
                "--",
                "--reporter=default",
                "--reporter=junit",
                f"--outputFile.junit={vitest}",
            ],
            WEB,
            vitest,
        ),
    ]
    # The browsers and their voices want the machine to themselves.
    return [[checks, [pytest("tests", "-m", "not e2e")]], [[pytest("browser tests", "-m", "e2e")]]]


def main() -> int:
    """Run everything, whatever fails on the way; return 1 when anything did."""
    missing = [package for package, is_there in NEEDED.items() if not is_there()]
    if missing:
        install_packages(missing)
        if still := [package for package, is_there in NEEDED.items() if not is_there()]:
            raise Trouble(
                f"the tests need {' '.join(still)}: type `sudo apt-get install {' '.join(still)}`."
            )
    REPORTS.mkdir(exist_ok=True)
    environment = {**node_environment(), "CI": "1", "FORCE_COLOR": "0", "NO_COLOR": "1"}
    stages = lanes()
    begun = time.monotonic()
    for stage in stages:
        threads = [threading.Thread(target=run_lane, args=(lane, environment)) for lane in stage]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            STOP.all()
            raise
    steps = [step for stage in stages for lane in stage for step in lane]
    print(summary(steps, time.monotonic() - begun))
    return 0 if all(step.good for step in steps) else 1


def run_lane(steps: list[Step], environment: dict[str, str]) -> None:
    """Run steps one after the other, and show at once what a failed one said."""
    for step in steps:
        if STOP.asked:
            return
        step.run(environment)
        print(
            f"· {step.name}: {'ok' if step.good else 'FAILED'} ({step.seconds:.0f} s)", flush=True
        )
        if not step.good:
            lines = step.output.rstrip().splitlines()
            print("\n".join(f"    {line}" for line in lines[-SHOWN_LINES:]), flush=True)


def summary(steps: list[Step], seconds: float) -> str:
    """Return the table, the skipped tests by name, and the closing line."""
    rows = [f"\n{'':26}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}"]
    rows += [
        f"{step.name:26}{step.passed:>8}{step.failed:>8}{len(step.skipped):>9}{step.seconds:>9.1f}"
        for step in steps
    ]
    rows += [
        f"skipped, which counts as a failure here: {name}"
        for step in steps
        for name in step.skipped
    ]
    rows.append(f"{'all':26}{'':8}{'':8}{'':9}{seconds:>9.1f}")
    passed = sum(step.passed for step in steps)
    failed = sum(step.failed + len(step.skipped) for step in steps)
    rows.append(f"{passed} passed, {failed} failed")
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(told(main))
