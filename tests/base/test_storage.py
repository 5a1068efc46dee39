"""Local storage: what was put is got, wholly, and keys cannot leave the folder."""

from pathlib import Path

import pytest

from base.storage import LocalStorage


async def test_what_was_put_is_got_until_it_is_deleted(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("photos/s_1/f_1.jpg", b"one")
    await storage.put("photos/s_1/f_1.jpg", b"two")
    assert await storage.get("photos/s_1/f_1.jpg") == b"two"
    assert await storage.exists("photos/s_1/f_1.jpg")
    assert [file.name for file in (tmp_path / "photos" / "s_1").iterdir()] == ["f_1.jpg"]
    await storage.delete("photos/s_1/f_1.jpg")
    await storage.delete("photos/s_1/f_1.jpg")
    assert not await storage.exists("photos/s_1/f_1.jpg")
    with pytest.raises(KeyError):
        await storage.get("photos/s_1/f_1.jpg")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\0b",
        "a b",
        "x" * 101,
        "é",
    ],
)
async def test_a_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    storage = LocalStorage(tmp_path)
    with pytest.raises(ValueError, match="not a storage key"):
        await storage.put(key, b"x")
    with pytest.raises(ValueError, match="not a storage key"):
        storage.path(key)


async def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    await storage.put("a/b", b"old")
    with pytest.raises(TypeError):
        await storage.put("a/b", "text")  # type: ignore[arg-type]
    assert await storage.get("a/b") == b"old"
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["b"]
