"""The layout's own rules, so that nobody has to remember them."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "setuptools"
]["packages"]
TOP = sorted({package.partition(".")[0] for package in PACKAGES})
WITH_README = [*TOP, "web", "docs", "tests", "bench", "tools"]
MAX_LINES = 450
MAX_LINES_COMPOSITION = 200
MAX_LINES_FUNCTION = 60
LONG_FUNCTIONS = {
    "migrations/versions/0001_first_tables.py:upgrade": "a list of tables; a migration is not changed",
    "server/media/relay.py:receive": "the way of each packet: every call costs all calls of the server",
}
"""Functions that may be longer, and why. Tests may: they tell a story from beginning to end."""
MIN_WEB_TESTS = 0.5
"""Lines of the front end's tests for each line of it. What is shown and sent breaks unseen otherwise."""
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
    def too_long(path: Path) -> bool:
        return len(path.read_text("utf-8").splitlines()) > MAX_LINES

    assert shown([path for path in SOURCES if too_long(path)]) == []


def test_the_front_end_is_tested_by_half_as_many_lines_as_it_has() -> None:
    def lines(folder: str) -> int:
        code = [path for path in SOURCES if path.is_relative_to(ROOT / "web" / folder)]
        # Dictionaries have a test of their own, which reads every key.
        code = [path for path in code if not path.name.startswith("words.")]
        return sum(len(path.read_text("utf-8").splitlines()) for path in code)

    assert lines("tests") >= MIN_WEB_TESTS * lines("src")


def test_the_composition_root_does_not_grow() -> None:
    assert len((ROOT / "server/app.py").read_text("utf-8").splitlines()) < MAX_LINES_COMPOSITION


def test_no_function_is_longer_than_can_be_read() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in PYTHON
        if path.relative_to(ROOT).parts[0] != "tests"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_LINES_FUNCTION
    }
    # Equal: an exception that is no longer needed goes, too.
    assert long == set(LONG_FUNCTIONS)


def imports(of: Callable[[str], str]) -> dict[str, set[str]]:
    """Return what each module of ours imports, both as `of` names them."""
    graph = grimp.build_graph(*TOP, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            if of(module) != of(other):
                found.setdefault(of(module), set()).add(of(other))
    return found


def a_folder_or_module_of_its_package(module: str) -> str:
    """`server.http.routes` is `server.http`; `server.app` is itself, and so is all of `recorder.member`."""
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize(
    "of",
    [str, a_folder_or_module_of_its_package, lambda module: module.partition(".")[0]],
    ids=["modules", "folders", "packages"],
)
def test_no_imports_go_in_a_circle(of: Callable[[str], str]) -> None:
    # Raises CycleError, which names the circle.
    tuple(TopologicalSorter(imports(of)).static_order())


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


def test_base_says_no_word_of_the_parts() -> None:
    """It knows ids of people, in its ports (`tell.py`, `names.py`) and as who asks; no noun of theirs."""
    words = re.compile(
        r"\b(teacher|student|tutor|lobby|room|session|photo|recording|voice|pen|ink)s?\b|session_id"
    )
    base = [path for path in PYTHON if path.is_relative_to(ROOT / "base")]
    assert len(base) > 40
    assert shown([path for path in base if words.search(path.read_text("utf-8"))]) == []


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
