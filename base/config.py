"""The settings: one struct a section, read from a YAML file and the environment, strictly.

A part brings its own section (`Part.settings`). `config.yaml` at the root documents every key; a test
holds it equal to the code.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec
import yaml
from msgspec import Meta

ENVIRONMENT_PREFIX = "INKCALL__"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=366 * 86400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Bytes = Annotated[int, Meta(ge=1, le=2**40)]
Ratio = Annotated[float, Meta(ge=0, le=1)]


class ConfigError(Exception):
    """The settings are wrong; the text names the key and says what was expected."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every section."""

    environment_only: ClassVar[tuple[str, ...]] = ()
    """Keys that are secrets: refused in a file that people copy and commit."""


class ServerConfig(Section, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Port = 8400
    public_url: str = ""
    drain_deadline_s: Seconds = 1800
    web_root: str = "web/dist"
    data_dir: str = "data"
    secret_file: str = ""
    trust_forwarded: bool = False
    loop: Literal["auto", "uvloop", "asyncio"] = "auto"


class DatabaseConfig(Section, frozen=True, kw_only=True):
    url: str = ""


class LogConfig(Section, frozen=True, kw_only=True):
    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


COMMON: dict[str, type[Section]] = {
    "server": ServerConfig,
    "database": DatabaseConfig,
    "log": LogConfig,
}
"""The sections of the process itself; every other one is brought by a part."""

S = TypeVar("S", bound=Section)


class Config:
    """All settings. The process's own by name, a part's by the class of its section."""

    def __init__(self, **sections: Section) -> None:
        """`sections` by name; one that is not given has its defaults."""
        self.sections = sections
        self.server = self.of(ServerConfig)
        self.database = self.of(DatabaseConfig)
        self.log = self.of(LogConfig)

    def of(self, kind: type[S]) -> S:
        """Return the section of that class."""
        for section in self.sections.values():
            if isinstance(section, kind):
                return section
        return kind()

    def with_(self, **sections: Section) -> "Config":
        """Return the settings with these sections instead."""
        return Config(**{**self.sections, **sections})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.sections == other.sections

    __hash__ = None  # type: ignore[assignment]

    @property
    def data_dir(self) -> Path:
        """Return the folder everything is kept in unless another one was named."""
        return Path(self.server.data_dir)

    @property
    def secret_file(self) -> Path:
        """Return the file of the signing key."""
        return Path(self.server.secret_file or self.data_dir / "secret.key")

    @property
    def database_url(self) -> str:
        """Return the address of the database, SQLAlchemy's way."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir / 'inkcall.db'}"


def load_config(
    path: Path | None, environ: Mapping[str, str], brought: Mapping[str, type[Section]]
) -> Config:
    """Return the settings: defaults, then the file, then `INKCALL__SECTION__KEY` variables.

    `brought` are the sections of parts, by name. Without a path only defaults and environment count.
    Raises `ConfigError` naming the key.
    """
    known = {**COMMON, **brought}
    settings: dict[str, dict[str, Any]] = {}
    if path is not None:
        _merge(settings, _read(path), known)
    for name, text in sorted(environ.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            section, key = _split(name)
            _check_key(section, key, name, known)
            value = _environment_value(known[section], key, name, text)
            settings.setdefault(section, {})[key] = value
    return config_of(settings, brought)


def config_of(
    settings: Mapping[str, Mapping[str, Any]], brought: Mapping[str, type[Section]]
) -> Config:
    """Return the settings these plain values make; raises `ConfigError` naming the key."""
    sections = {}
    for name, kind in {**COMMON, **brought}.items():
        try:
            sections[name] = msgspec.convert(dict(settings.get(name, {})), kind)
        except msgspec.ValidationError as error:
            raise ConfigError(_plain(name, str(error))) from None
    return Config(**sections)


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: it cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise ConfigError(f"{path}{where}: not valid YAML") from None


def _merge(
    settings: dict[str, dict[str, Any]], document: Any, known: Mapping[str, type[Section]]
) -> None:
    if document is None:
        return
    if not isinstance(document, dict):
        raise ConfigError("the file must be a map of sections")
    for section, keys in document.items():
        if section not in known:
            raise ConfigError(f"unknown section {section!r}{_nearest(str(section), known)}")
        if keys is None:
            continue
        if not isinstance(keys, dict):
            raise ConfigError(f"{section}: must be a map of keys")
        for key, value in keys.items():
            _check_key(section, str(key), f"{section}.{key}", known)
            if key in known[section].environment_only and value:
                variable = f"{ENVIRONMENT_PREFIX}{section}__{key}".upper()
                raise ConfigError(f"{section}.{key}: give it in the environment as {variable}")
            settings.setdefault(section, {})[str(key)] = value


def _split(name: str) -> tuple[str, str]:
    section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
    if not separator:
        raise ConfigError(f"{name}: the form is {ENVIRONMENT_PREFIX}SECTION__KEY")
    return section, key


def _check_key(section: str, key: str, shown: str, known: Mapping[str, type[Section]]) -> None:
    if section not in known:
        raise ConfigError(f"{shown}: unknown section {section!r}{_nearest(section, known)}")
    keys = known[section].__struct_fields__
    if key not in keys:
        raise ConfigError(f"{shown}: unknown key {key!r}{_nearest(key, keys)}")


def _environment_value(kind: type[Section], key: str, name: str, text: str) -> Any:
    field = next(f for f in msgspec.structs.fields(kind) if f.name == key)
    if field.type is str:
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"{name}: not a value that can be read") from None


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"


def _plain(section: str, text: str) -> str:
    """Turn "Expected `int`, got `str` - at `$.port`" round: the key first."""
    what, separator, where = text.partition(" - at `$.")
    return f"{section}.{where.rstrip('`')}: {what}" if separator else text
