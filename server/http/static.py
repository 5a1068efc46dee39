"""The built front end: files as they are, and the one page for every address of the application."""

import asyncio
from pathlib import Path

from aiohttp import web

from base.config import Config
from base.routes import PUBLIC, Binary, Route
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


async def page(request: web.Request, config: Config) -> web.StreamResponse:
    """GET everything that is not another route's."""
    path = request.match_info["path"]
    first = path.partition("/")[0]
    if first in ("api", "ws"):
        return render_error("not_found", "there is no such address")
    root = Path(config.server.web_root)
    file = await asyncio.to_thread(_find, root, path)
    if file is not None:
        forever = first == _HASHED
        caching = "public, max-age=31536000, immutable" if forever else "no-cache"
        return web.FileResponse(file, headers={"Cache-Control": caching})
    # Addresses of pages have no dot in their last part; what has one is a file that is not there.
    if first == _HASHED or "." in path.rpartition("/")[2]:
        return render_error("not_found", "there is no such file")
    index = await asyncio.to_thread(_find, root, "index.html")
    if index is None:
        return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
    return web.FileResponse(index, headers={"Cache-Control": "no-cache"})


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
