"""docs/glossary.md names every noun of the domain, and no word has two owners."""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "setuptools"
]["packages"]

TRADE = """
    agent alarm answer background backoff block bucket builder bus bye clock code command
    config context count counter database decoder description disconnect drop endpoint file filter flusher gauge
    greeter group handler header health host info key kind limit line log manifest metric minimum nack object
    offer option packet password progress query reading reception reference renderer request
    route row scale server service signer socket state stat summary table tally throttle
    timing token tool total transport view vocabulary watch workshop writer
"""
"""Nouns that mean here what they mean in every program, or in the RFC they are from."""

NOT_NOUNS = """
    all asked begun binary bound buffering changed declared down ended finished forwarded in kept made missing one other
    over pair placed public recorded registered resend restored ring ringing sealed seen shared soon stored
    taken told up
"""
"""Last words of effects, answers and ports: what is to be done or how something stands."""

TWO_OWNERS = {
    "CallEnded": "the message to a tab; the domain event that is kept",
    "SessionEnded": "the message to a tab; the domain event that is kept",
    "Line": "a line of those who wait; for the bridge it is one line of its window, and it runs alone",
    "Effect": "what is to be done: of the switchboard, of a room; neither knows the other",
    "Event": "what a room's members hear; what moves the switchboard's table",
    "Link": "how a member is connected; for the bridge, which runs alone, the way to its pen",
    "Number": "a bounded number on the wire; a bounded field of a recorded dot",
    "Place": "who is expected in a room; for the bridge, which runs alone, where a letter stands",
    "Side": "how long a page is at one side; the side of a stereo file that a voice is on",
    "Clock": "the pen bridge runs alone and imports nothing of ours but the wire",
    "Server": "for the bridge it is the server's address; it runs alone",
    "Connection": "for the bridge it is its one socket; it runs alone",
    "Socket": "the port a part knows; the server's own, which fulfils it",
    "Answer": "what a route gives back; what a command gives back",
}
"""Class names that stand twice, and why they may."""


def classes() -> dict[str, list[tuple[str, list[str]]]]:
    """Return every public top-level class: its modules, and in each the names of its bases."""
    found = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((ROOT / package.replace(".", "/")).glob("*.py")):
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
                    found[node.name].append((str(file.relative_to(ROOT)), bases))
    return dict(found)


CLASSES = classes()


def aliases() -> dict[str, list[str]]:
    """Return every public name of a type that is no class, such as `Hearers = Role | ...`: its modules."""
    found = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((ROOT / package.replace(".", "/")).glob("*.py")):
            for node in ast.parse(file.read_text("utf-8")).body:
                if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                    continue
                name = node.targets[0].id
                if re.match("[A-Z][a-z]", name) and isinstance(
                    node.value, ast.Subscript | ast.BinOp
                ):
                    found[name].append(str(file.relative_to(ROOT)))
    return dict(found)


ELSEWHERE = {"Exception", "ValueError", "DomainEvent", "Message", "Base", "Section"}
"""Errors; events and messages, which have pages of their own; rows and settings, which are called
after what they keep."""


def stands_elsewhere(name: str) -> bool:
    """Tell whether a class, or what it is made from, is of a kind the glossary need not hold."""
    bases = {base.rpartition(".")[2] for _, bases in CLASSES.get(name, ()) for base in bases}
    return name in ELSEWHERE or any(stands_elsewhere(base) for base in bases - {name})


def words() -> set[str]:
    """Return the words of the glossary's first column, each also by itself."""
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M)
    entries = {entry.strip() for row in rows for entry in row.split(",")} - {"word", "---"}
    return entries | {entry.split()[-1] for entry in entries}


def head(name: str) -> str:
    """Return the last word of a class name: `LiveRoom` is a room."""
    parts: list[str] = re.findall(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])", name)
    return parts[-1].lower()


def is_among(word: str, known: set[str]) -> bool:
    return word in known or word.removesuffix("s") in known


@pytest.mark.parametrize("name", sorted(name for name in CLASSES if not stands_elsewhere(name)))
def test_the_noun_that_names_a_class_is_in_the_glossary(name: str) -> None:
    assert is_among(head(name), {*words(), *TRADE.split(), *NOT_NOUNS.split()}), (
        f"{name} in {CLASSES[name][0][0]}: put the noun into docs/glossary.md"
    )


def test_no_name_of_a_class_or_a_type_has_two_owners() -> None:
    where = {name: [file for file, _ in found] for name, found in CLASSES.items()}
    for name, files in aliases().items():
        where[name] = [*where.get(name, ()), *files]
    twice = {name: files for name, files in where.items() if files[1:]}
    assert {name: files for name, files in twice.items() if name not in TWO_OWNERS} == {}
    assert set(TWO_OWNERS) <= set(twice), "an exception that is not needed any more"


def test_no_word_of_the_glossary_stands_twice() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M)
    entries = [entry.strip() for row in rows for entry in row.split(",")]
    entries = [entry for entry in entries if entry not in ("word", "---")]
    assert sorted(entries) == sorted(set(entries))


def test_every_word_is_said_in_chinese_and_explained() -> None:
    rows = re.findall(r"^\| (.+) \|$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.M)
    for row in rows:
        word, chinese, meaning = row.split(" | ")
        if word not in ("word", "---"):
            assert re.search(r"[\u4e00-\u9fff]", chinese), word
            assert len(chinese.split()) == len(word.split(",")), word
            assert meaning, word


GIVEN_UP = {
    r"PenDesk|pen desk": "the pens that are connected: ConnectedPens",
    r"(this|the|a) page's (socket|source|life)|life of (this|the|a) page": "a browser's window is a tab",
    r"\b(async_)?session(\(\))?\.(commit|flush|execute|scalars?)\(": "a database's is a transaction",
    r"database session": "a database's is a transaction",
    r"\b([Ss]he|[Hh]e|[Hh]ers?|[Hh]is|[Hh]im)(self)?\b|她|(?<!其)他": "students and teachers are they",
}
"""Words that once stood for two things, and what is said now."""


MORE = ("web/src", "docs", "bench", "tools")
"""Folders with words of ours beside the packages'."""


@pytest.mark.parametrize("word", GIVEN_UP)
def test_a_word_that_was_given_up_does_not_come_back(word: str) -> None:
    folders = [*{package.partition(".")[0] for package in PACKAGES}, *MORE]
    files = [
        file
        for folder in folders
        for file in (ROOT / folder).rglob("*")
        if file.suffix in (".py", ".ts", ".vue", ".md") and "node_modules" not in file.parts
    ]
    assert files
    found = [file for file in files if re.search(word, file.read_text("utf-8"))]
    assert [str(file.relative_to(ROOT)) for file in found] == [], GIVEN_UP[word]
