"""The settings: one struct a section, read from a YAML file and the environment, strictly.

`config.yaml` at the root of the project documents every key; a test holds it equal to this file.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta

ENVIRONMENT_PREFIX = "INKCALL__"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=366 * 86400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Bytes = Annotated[int, Meta(ge=1, le=2**40)]
Ratio = Annotated[float, Meta(ge=0, le=1)]


_ENVIRONMENT_ONLY = {("storage", "access_key"), ("storage", "secret_key")}
"""Keys to somebody's bucket: files are copied, shown and committed."""


class ConfigError(Exception):
    """The settings are wrong; the text names the key and says what was expected."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every section."""


class ServerConfig(Section, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: Port = 8400
    public_url: str = ""
    drain_deadline_s: Seconds = 1800
    web_root: str = "web/dist"
    data_dir: str = "data"
    secret_file: str = ""
    trust_forwarded: bool = False


class DatabaseConfig(Section, frozen=True, kw_only=True):
    url: str = ""


class MediaSection(Section, frozen=True, kw_only=True):
    host: str = "0.0.0.0"
    port: Port = 8401
    announce: list[str] = []
    interrupted_after_s: Seconds = 6
    rtcp_interval_s: Seconds = 1
    max_legs: Count = 1000


class RecorderConfig(Section, frozen=True, kw_only=True):
    folder: str = ""
    flush_interval_s: Seconds = 0.75
    min_free_bytes: Annotated[int, Meta(ge=0)] = 500_000_000


class PeopleConfig(Section, frozen=True, kw_only=True):
    access_token_s: Seconds = 600
    refresh_token_s: Seconds = 30 * 86400
    rotation_grace_s: Annotated[float, Meta(ge=0, le=60)] = 10
    attempts_per_login: Count = 10
    attempts_per_address: Count = 100
    attempts_window_s: Seconds = 300
    argon2_time_cost: Annotated[int, Meta(ge=1, le=100)] = 2
    argon2_memory_kib: Annotated[int, Meta(ge=8, le=4_194_304)] = 19_456
    argon2_parallelism: Annotated[int, Meta(ge=1, le=64)] = 1
    hashes_at_once: Annotated[int, Meta(ge=1, le=64)] = 1
    pairing_code_s: Seconds = 600
    pairing_interval_s: Annotated[int, Meta(ge=1, le=60)] = 2
    max_pairings: Count = 1000


class CallsConfig(Section, frozen=True, kw_only=True):
    ring_s: Seconds = 20


class RoomsConfig(Section, frozen=True, kw_only=True):
    grace_s: Seconds = 60
    limit_s: Seconds = 1800
    warning_s: Seconds = 1500
    max_rooms: Count = 500
    max_loop_lag_s: Seconds = 0.25
    kept_events: Count = 2000
    hello_s: Seconds = 10
    idle_s: Seconds = 12
    max_sockets: Count = 5000
    max_sockets_per_person: Count = 10
    outbox_messages: Count = 4000
    outbox_bytes: Bytes = 8_000_000
    messages_per_s: Count = 200
    messages_burst: Count = 1000


class SessionsConfig(Section, frozen=True, kw_only=True):
    valid_together_s: Annotated[float, Meta(ge=0)] = 60
    valid_voice_s: Annotated[float, Meta(ge=0)] = 3
    form_days: Annotated[int, Meta(ge=1, le=3650)] = 7


class PhotosConfig(Section, frozen=True, kw_only=True):
    max_bytes: Bytes = 15_000_000
    max_pixels: Count = 50_000_000
    side: Annotated[int, Meta(ge=16, le=10_000)] = 2560
    quality: Annotated[int, Meta(ge=1, le=100)] = 85
    timeout_s: Seconds = 60
    waiting: Count = 20
    per_session: Count = 100


class StorageConfig(Section, frozen=True, kw_only=True):
    kind: Literal["local", "s3"] = "local"
    bucket: str = ""
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""

    def __repr__(self) -> str:
        """Name the place and never the keys: settings end up in logs and in test reports."""
        return f"StorageConfig(kind={self.kind!r}, bucket={self.bucket!r}, prefix={self.prefix!r})"


class LogConfig(Section, frozen=True, kw_only=True):
    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Config(Section, frozen=True, kw_only=True):
    """All settings, by section."""

    server: ServerConfig = ServerConfig()
    database: DatabaseConfig = DatabaseConfig()
    media: MediaSection = MediaSection()
    recorder: RecorderConfig = RecorderConfig()
    people: PeopleConfig = PeopleConfig()
    calls: CallsConfig = CallsConfig()
    rooms: RoomsConfig = RoomsConfig()
    sessions: SessionsConfig = SessionsConfig()
    photos: PhotosConfig = PhotosConfig()
    storage: StorageConfig = StorageConfig()
    log: LogConfig = LogConfig()

    @property
    def data_dir(self) -> Path:
        """Return the folder everything is kept in unless another one was named."""
        return Path(self.server.data_dir)

    @property
    def secret_file(self) -> Path:
        """Return the file of the signing key."""
        return Path(self.server.secret_file or self.data_dir / "secret.key")

    @property
    def recordings_dir(self) -> Path:
        """Return the folder of the recordings."""
        return Path(self.recorder.folder or self.data_dir / "recordings")

    @property
    def database_url(self) -> str:
        """Return the address of the database, SQLAlchemy's way."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir / 'inkcall.db'}"


SECTIONS: dict[str, type[Section]] = {
    field.name: type(field.default_factory() if callable(field.default_factory) else field.default)
    for field in msgspec.structs.fields(Config)
}
"""Every section's struct by its name."""


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Return the settings: defaults, then the file, then `INKCALL__SECTION__KEY` variables.

    Without a path only defaults and environment count. Raises `ConfigError` naming the key.
    """
    settings: dict[str, dict[str, Any]] = {}
    if path is not None:
        _merge(settings, _read(path))
    for name, text in sorted(environ.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            section, key = _split(name)
            _check_key(section, key, name)
            settings.setdefault(section, {})[key] = _environment_value(section, key, name, text)
    try:
        config = msgspec.convert(settings, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(_plain(str(error))) from None
    _check(config)
    return config


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark is not None else ""
        raise ConfigError(f"{path}{where}: not valid YAML") from None


def _merge(settings: dict[str, dict[str, Any]], document: Any) -> None:
    if document is None:
        return
    if not isinstance(document, dict):
        raise ConfigError("the file must be a map of sections")
    for section, keys in document.items():
        if section not in SECTIONS:
            raise ConfigError(f"unknown section {section!r}{_nearest(str(section), SECTIONS)}")
        if keys is None:
            continue
        if not isinstance(keys, dict):
            raise ConfigError(f"{section}: must be a map of keys")
        for key, value in keys.items():
            _check_key(section, str(key), f"{section}.{key}")
            if (section, key) in _ENVIRONMENT_ONLY and value:
                variable = f"{ENVIRONMENT_PREFIX}{section}__{key}".upper()
                raise ConfigError(f"{section}.{key}: give it in the environment as {variable}")
            settings.setdefault(section, {})[str(key)] = value


def _split(name: str) -> tuple[str, str]:
    section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
    if not separator:
        raise ConfigError(f"{name}: the form is {ENVIRONMENT_PREFIX}SECTION__KEY")
    return section, key


def _check_key(section: str, key: str, shown: str) -> None:
    if section not in SECTIONS:
        raise ConfigError(f"{shown}: unknown section {section!r}{_nearest(section, SECTIONS)}")
    known = SECTIONS[section].__struct_fields__
    if key not in known:
        raise ConfigError(f"{shown}: unknown key {key!r}{_nearest(key, known)}")


def _environment_value(section: str, key: str, name: str, text: str) -> Any:
    field = next(f for f in msgspec.structs.fields(SECTIONS[section]) if f.name == key)
    if field.type is str:
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"{name}: not a value that can be read") from None


def _nearest(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known))}"


def _plain(text: str) -> str:
    """Turn "Expected `int`, got `str` - at `$.server.port`" round: the key first."""
    what, separator, where = text.partition(" - at `$.")
    return f"{where.rstrip('`')}: {what}" if separator else text


def _check(config: Config) -> None:
    if config.rooms.warning_s >= config.rooms.limit_s:
        raise ConfigError("rooms.warning_s: must be less than rooms.limit_s")
    if config.people.access_token_s >= config.people.refresh_token_s:
        raise ConfigError("people.access_token_s: must be less than people.refresh_token_s")
    storage = config.storage
    if storage.kind == "s3" and not (storage.bucket and storage.access_key and storage.secret_key):
        raise ConfigError("storage.kind: s3 needs bucket, access_key and secret_key")
