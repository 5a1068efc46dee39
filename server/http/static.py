"""The built front end: its files, and the one page for every address of the application.

The build puts smaller forms of every text beside them, a folder for each coding:
dist/assets/x.js, dist/br/assets/x.js, dist/gzip/assets/x.js. Each has an ETag of its own.
"""

import asyncio
from pathlib import Path

from aiohttp import web

from base.config import Config
from base.routes import PUBLIC, Binary, Route
from server.http.encoding import preferred
from server.http.errors import render_error

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Inkcall</title>
<p>The server runs, but the pages have not been built. Stop it and type <code>make run</code>.</p>
</html>
"""

_HASHED = "assets"
"""Vite puts a hash of the content into the names in this folder: they never change."""

_CODINGS = ("br", "gzip")
"""The smallest first."""


async def page(request: web.Request, config: Config) -> web.StreamResponse:
    """GET everything that is not another route's."""
    path = request.match_info["path"]
    first = path.partition("/")[0]
    if first in ("api", "ws", *_CODINGS):
        return render_error("not_found", "there is no such address")
    root = Path(config.server.web_root)
    file = await asyncio.to_thread(_find, root, path)
    if file is not None:
        forever = first == _HASHED
        caching = "public, max-age=31536000, immutable" if forever else "no-cache"
        return await _answer(request, root, file, caching)
    # Addresses of pages have no dot in their last part; what has one is a file that is not there.
    if first == _HASHED or "." in path.rpartition("/")[2]:
        return render_error("not_found", "there is no such file")
    index = await asyncio.to_thread(_find, root, "index.html")
    if index is None:
        return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
    return await _answer(request, root, index, "no-cache")


async def _answer(request: web.Request, root: Path, file: Path, caching: str) -> web.FileResponse:
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    # A range is one of the bytes as they are. aiohttp's own choice looks for `x.js.gz`, which the
    # build does not write, since it takes `gzip;q=0` for consent.
    if "Range" not in request.headers:
        accepted = request.headers.get("Accept-Encoding", "")
        forms = await asyncio.to_thread(_forms, root, file)
        coding = preferred(accepted, tuple(forms))
        if coding in forms:
            return web.FileResponse(forms[coding], headers={**headers, "Content-Encoding": coding})
    return web.FileResponse(file, headers=headers)


def _forms(root: Path, file: Path) -> dict[str, Path]:
    """Return the smaller forms of a file below `root`, by their coding."""
    path = str(file.relative_to(root.resolve()))
    forms = {coding: _find(root, f"{coding}/{path}") for coding in _CODINGS}
    return {coding: form for coding, form in forms.items() if form is not None}


def _find(root: Path, path: str) -> Path | None:
    """Return the file of `path` if it is one below `root`, links followed."""
    if "\0" in path:
        return None
    home = root.resolve()
    file = (home / path).resolve()
    return file if file.is_relative_to(home) and file.is_file() else None


ROUTES = (
    Route(
        "GET",
        "/{path}",
        may=PUBLIC,
        do=page,
        summary="The front end",
        returns=Binary(("text/html",)),
        listed=False,
    ),
)
