"""Where migrations lie: the common ones, and a folder with every part that has tables of its own.

    migrations/versions (the first tables, the event log)
    <part>/migrations   (a branch a part, named by its label) ──> all heads at once

Which order two parts came in does not matter: no migration of one follows one of the other. What
needs another part's table says so with `depends_on`.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from alembic.config import Config as AlembicConfig

ROOT = Path(__file__).resolve().parent.parent
MIGRATIONS = ROOT / "migrations"
COMMON = MIGRATIONS / "versions"

_REVISION = re.compile(r"""^revision\b.*=\s*["']([^"']+)["']""", re.M)


class MigrationsError(Exception):
    """Migrations contradict each other; the text names their files."""


def folders_of_source() -> list[Path]:
    """Return the folders of all parts in this source tree: for tools that know no list of parts."""
    parts = (*ROOT.glob("*/part.py"), *ROOT.glob("*/*/part.py"))
    return sorted(folder for part in parts if (folder := part.parent / "migrations").is_dir())


def alembic_config(url: str, folders: Iterable[Path] | None = None) -> AlembicConfig:
    """Return what Alembic needs to know to work on the database at `url`.

    `folders` are those of the parts; without it, those of all parts in this source tree.
    """
    config = AlembicConfig()
    config.set_main_option("script_location", _plain(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    brought = folders_of_source() if folders is None else folders
    config.set_main_option("version_locations", "\n".join(map(_plain, (COMMON, *brought))))
    config.attributes["url"] = url
    return config


def check(folders: Iterable[Path]) -> None:
    """Raise `MigrationsError` when two files have one revision: Alembic would run one of them."""
    seen: dict[str, Path] = {}
    for folder in (COMMON, *folders):
        for file in sorted(folder.glob("*.py")):
            found = _REVISION.search(file.read_text("utf-8"))
            if found is None:
                raise MigrationsError(f"the migration {_shown(file)} names no revision")
            other = seen.setdefault(found[1], file)
            if other is not file:
                raise MigrationsError(
                    f"the migrations {_shown(other)} and {_shown(file)} have one revision"
                )


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _plain(path: Path) -> str:
    # Alembic keeps its options in an INI file's way, where a percent sign means something.
    return str(path).replace("%", "%%")
