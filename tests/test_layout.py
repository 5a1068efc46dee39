"""The layout's own rules, so that nobody has to remember them."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "setuptools"
]["packages"]
TOP = sorted({package.partition(".")[0] for package in PACKAGES})
WITH_README = [*TOP, "web", "docs", "tests", "bench", "tools"]
MAX_LINES = 500
MAX_BYTES = 200 * 1024


def tracked() -> list[Path]:
    """Return the files git would keep, new ones included."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return [
        path
        for name in sorted(set(listing.split("\0")))
        if name and (path := ROOT / name).is_file()
    ]


FILES = tracked()
SOURCES = [path for path in FILES if path.suffix in {".py", ".ts", ".vue", ".css"}]
PYTHON = [path for path in SOURCES if path.suffix == ".py"]
PAGES = [path for path in FILES if path.suffix == ".md"]


def shown(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_the_packages_of_pyproject_are_the_folders_there_are() -> None:
    found = {
        ".".join(path.relative_to(ROOT).parts[:-1])
        for path in PYTHON
        if path.name == "__init__.py" and path.relative_to(ROOT).parts[0] in TOP
    }
    assert found == set(PACKAGES)


@pytest.mark.parametrize("package", WITH_README)
def test_every_package_says_what_it_is_for_in_twenty_lines(package: str) -> None:
    readme = ROOT / package / "README.md"
    assert readme.is_file()
    # The numbers of the measurements stand in theirs.
    assert package == "bench" or len(readme.read_text("utf-8").splitlines()) <= 20


def test_the_first_line_of_a_module_says_what_it_is() -> None:
    def silent(path: Path) -> bool:
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        return not docstring or not docstring.splitlines()[0].strip()

    assert shown([path for path in PYTHON if silent(path)]) == []


def test_no_source_file_is_longer_than_can_be_read() -> None:
    long = [path for path in SOURCES if len(path.read_text("utf-8").splitlines()) > MAX_LINES]
    assert shown(long) == []


def test_nothing_large_is_kept() -> None:
    assert shown([path for path in FILES if path.stat().st_size > MAX_BYTES]) == []


def test_nothing_names_this_machine_or_a_registry() -> None:
    """Put together from halves, so that this file does not name them either."""
    forbidden = re.compile(
        "|".join(["/ro" + "ot/", "/wo" + "rk/", "/home/" + "[a-z]", "pypi" + r"\.org"])
        + "|pythonho"
        + r"sted\.org|registry\.np"
        + r"mjs|registry\.yar"
        + "n"
    )
    texts = [path for path in FILES if path.suffix not in {".png", ".jpg", ".wav", ".ogg", ".bin"}]
    assert shown([path for path in texts if forbidden.search(path.read_text("utf-8"))]) == []


def test_nothing_is_left_to_do_and_no_test_is_skipped() -> None:
    words = re.compile(
        r"\b(TO"
        + r"DO|FIX"
        + r"ME|XX"
        + r"X)\b|pytest\.(mark\.)?(skip|xf"
        + r"ail)|\b(it|test|describe)\.(skip|todo|only)\b"
    )
    assert shown([path for path in SOURCES if words.search(path.read_text("utf-8"))]) == []


def test_the_wire_needs_no_event_loop() -> None:
    code = "import sys, wire.codec, wire.fold; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_every_test_file_stands_where_its_module_stands() -> None:
    def homeless(test: Path) -> bool:
        where = test.relative_to(ROOT / "tests")
        if where.parts[0] in {"e2e", "fuzz", "contracts", "test_layout.py"}:
            return False
        name = where.with_name(where.name.removeprefix("test_"))
        homes = [
            ROOT / name,
            ROOT / name.with_suffix("") / "__init__.py",
            ROOT / name.with_name(f"__{name.stem}__.py"),
        ]
        if where.parts[0] == "docs":
            homes += [ROOT / name.with_suffix(".md"), ROOT / "docs/examples" / name.name]
        return not any(home.is_file() for home in homes)

    tests = [path for path in PYTHON if path.name.startswith("test_")]
    assert shown([test for test in tests if homeless(test)]) == []


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_two_readmes_are_twins() -> None:
    def headings(name: str) -> list[int]:
        text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text("utf-8"), flags=re.M | re.S)
        return [len(marks) for marks in re.findall(r"^(#+) ", text, re.M)]

    assert headings("README.md") == headings("README.zh-CN.md")


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))
