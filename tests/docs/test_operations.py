"""docs/operations.md lists every metric there is, each with the code's own words."""

import ast
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from base.metrics import Metrics

ROOT = Path(__file__).parents[2]
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
    "setuptools"
]["packages"]
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")
MAKERS = {"counter", "gauge"}


class Metric(NamedTuple):
    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


def made_in(source: str) -> list[Metric]:
    """Return what a module makes with `counter` and `gauge`, however it calls its `Metrics`."""
    tree = ast.parse(source)
    lists = {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in MAKERS
        ):
            name, text, *labels = (
                lists.get(each.id, each) if isinstance(each, ast.Name) else each
                for each in node.args
            )
            found.append(
                Metric(
                    ast.literal_eval(name),
                    node.func.attr,
                    tuple(ast.literal_eval(labels[0])) if labels else (),
                    ast.literal_eval(text),
                )
            )
    return found


def made() -> list[Metric]:
    return sorted(
        metric
        for package in PACKAGES
        for file in (ROOT / package.replace(".", "/")).glob("*.py")
        for metric in made_in(file.read_text("utf-8"))
    )


def listed() -> list[tuple[Metric, str]]:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.splitlines()
        if line.startswith("| `inkcall_")
    ]
    return [
        (Metric(name.strip("`"), kind, tuple(re.findall(r"`(\w+)`", labels)), text), look)
        for name, kind, labels, text, look in rows
    ]


def test_the_page_lists_every_metric_with_its_kind_its_labels_and_the_codes_own_words() -> None:
    assert sorted(metric for metric, _ in listed()) == made()
    assert [metric.name for metric, look in listed() if not look] == []


def test_no_metric_is_made_in_a_way_this_test_does_not_see() -> None:
    names = {metric.name.removesuffix("_total") for metric in made()}
    of_base = {family.name for family in Metrics().registry.collect()}
    assert {name for name in of_base if name.startswith("inkcall_")} <= names
    makers = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package.replace(".", "/")).glob("*.py")
        if "prometheus_client" in file.read_text("utf-8")
    ]
    assert [file for file in makers if file != "base/metrics.py"] == []
