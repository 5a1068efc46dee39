"""Settings: the documented file is the code, and what is wrong is said by its name."""

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from base.config import COMMON, Config, ConfigError, load_config as load
from base.storage.config import StorageConfig
from recorder.config import recordings_dir
from server.app import SECTIONS
from server.media.config import MediaSection

FILE = Path(__file__).resolve().parents[2] / "config.yaml"


def load_config(path: Path | None, environ: dict[str, str]) -> Config:
    return load(path, environ, SECTIONS)


def test_the_file_holds_every_key_with_its_default_and_nothing_else() -> None:
    written = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert written == msgspec.to_builtins(load_config(None, {}).sections)
    assert list(written) == [*COMMON, *SECTIONS]
    assert load_config(FILE, {}) == load_config(None, {})


def test_every_key_says_what_it_means() -> None:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if re.match(r"  \w+:", line):
            assert re.search(r"\s# \S+ \S+", line), line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("servr: {port: 1}", "unknown section 'servr'; did you mean 'server'?"),
        ("server: {prot: 1}", "server.prot: unknown key 'prot'; did you mean 'port'?"),
        ("server: {port: eighty}", "server.port: Expected `int`, got `str`"),
        ("server: {port: 70000}", "server.port: Expected `int` <= 65535"),
        ("rooms: {warning_s: 1800}", "rooms.warning_s: must be less than rooms.limit_s"),
        ("server: 8400", "server: must be a map of keys"),
        ("- server", "the file must be a map of sections"),
        ("server: [", "line 1: not valid YAML"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(file, {})
    assert said in str(error.value)


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it cannot be read"):
        load_config(tmp_path, {})


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("server: {port: 1, data_dir: here}\nrooms:\n")
    config = load_config(
        file,
        {
            "INKCALL__SERVER__PORT": "2",
            "INKCALL__SERVER__PUBLIC_URL": "8400",
            "INKCALL__MEDIA__ANNOUNCE": "[198.51.100.7]",
            "INKCALL__SERVER__TRUST_FORWARDED": "true",
            "PATH": "/bin",
        },
    )
    assert (config.server.port, config.server.data_dir) == (2, "here")
    assert config.server.public_url == "8400"
    assert config.of(MediaSection).announce == ["198.51.100.7"]
    assert config.server.trust_forwarded


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("INKCALL__SERVER__PROT", "1", "INKCALL__SERVER__PROT: unknown key 'prot'"),
        ("INKCALL__SERVR__PORT", "1", "unknown section 'servr'"),
        ("INKCALL__PORT", "1", "the form is INKCALL__SECTION__KEY"),
        ("INKCALL__SERVER__PORT", "x", "server.port: Expected `int`, got `str`"),
        ("INKCALL__SERVER__PORT", "[", "INKCALL__SERVER__PORT: not a value"),
    ],
)
def test_what_is_wrong_in_the_environment_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(None, {name: value})
    assert said in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load_config(tmp_path / "none.yaml", {})


def test_folders_follow_the_data_folder_unless_named() -> None:
    config = load_config(None, {"INKCALL__SERVER__DATA_DIR": "/srv/inkcall"})
    assert recordings_dir(config) == Path("/srv/inkcall/recordings")
    assert config.secret_file == Path("/srv/inkcall/secret.key")
    assert config.database_url == "sqlite+aiosqlite:////srv/inkcall/inkcall.db"
    config = load_config(None, {"INKCALL__RECORDER__FOLDER": "/mnt/recordings"})
    assert recordings_dir(config) == Path("/mnt/recordings")


def test_keys_of_a_bucket_come_from_the_environment_and_are_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("storage: {secret_key: hush}\n")
    with pytest.raises(ConfigError, match="INKCALL__STORAGE__SECRET_KEY") as caught:
        load_config(file, {})
    assert "hush" not in str(caught.value)
    file.write_text("storage: {kind: s3, bucket: b}\n")
    with pytest.raises(ConfigError, match="access_key"):
        load_config(file, {})
    keys = {"INKCALL__STORAGE__ACCESS_KEY": "me", "INKCALL__STORAGE__SECRET_KEY": "hush"}
    config = load_config(file, keys)
    assert config.of(StorageConfig).secret_key == "hush"
    assert "hush" not in repr(config)
