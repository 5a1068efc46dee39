"""`make test` itself: what it counts, and that it never calls a failure a success."""

import os
import sys
from pathlib import Path

import pytest

from tools.test import Step, lanes, read_report, run_lane, summary

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="no"/></testcase>
<testcase classname="a" name="broken"><error message="no"/></testcase>
<testcase classname="a" name="left_out"><skipped message="no browser"/></testcase>
</testsuite></testsuites>"""


def shell(name: str, line: str, report: Path | None = None) -> Step:
    return Step(name, ["sh", "-c", line], Path.cwd(), report)


def run(*steps: Step) -> list[Step]:
    run_lane(list(steps), dict(os.environ))
    return list(steps)


def test_a_report_is_counted_and_a_skipped_test_named(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text(REPORT)
    counts = read_report(path)
    assert (counts.passed, counts.failed, counts.skipped) == (1, 2, ["a.left_out: no browser"])


def test_a_step_without_a_report_counts_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = run(shell("good", "true"), shell("bad", "echo because; false"))
    assert (good.passed, good.failed) == (1, 0)
    assert (bad.passed, bad.failed) == (0, 1)
    assert "    because" in capsys.readouterr().out


def test_a_step_that_dies_without_its_report_has_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)  # of an earlier run: it must not be taken for this one's
    (step,) = run(shell("died", "true", report))
    assert (step.passed, step.failed) == (0, 1)


def test_a_step_that_fails_although_its_tests_passed_has_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    line = f"echo '<testsuite><testcase name=\"a\"/></testsuite>' > {report}; exit 1"
    (step,) = run(shell("leak", line, report))
    assert (step.passed, step.failed) == (1, 1)


def test_a_skipped_test_counts_as_a_failure_in_the_closing_line(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    (step,) = run(shell("tests", f"cat > {report} <<'X'\n{REPORT}\nX\nexit 1", report))
    text = summary([step], 1.0)
    assert not step.good
    assert "a.left_out: no browser" in text
    assert text.splitlines()[-1] == "1 passed, 3 failed"


def test_the_steps_after_a_failed_one_still_run() -> None:
    steps = run(shell("bad", "false"), shell("good", "true"))
    assert summary(steps, 1.0).splitlines()[-1] == "1 passed, 1 failed"


def test_every_check_of_the_project_is_in_the_lanes() -> None:
    names = [step.name for stage in lanes() for lane in stage for step in lane]
    assert names == [
        "format",
        "lint",
        "import contracts",
        "types",
        "types of the example",
        "web format, types, imports",
        "web first load",
        "web tests",
        "tests",
        "browser tests",
    ]
    assert all(
        step.command[0] in {sys.executable, "npm"} or Path(step.command[0]).exists()
        for stage in lanes()
        for lane in stage
        for step in lane
    )
