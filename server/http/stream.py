"""Sends an object of the storage: whole, a range of it, or the word that the browser has it already."""

from http import HTTPStatus

from aiohttp import web

from base.storage import Storage


async def stream(
    request: web.Request, storage: Storage, key: str, tag: str, headers: dict[str, str]
) -> web.StreamResponse:
    """Answer with the object under `key`, whose bytes `tag` names; `KeyError` if it is not there."""
    size = await storage.size(key)
    headers = {**headers, "ETag": f'"{tag}"', "Accept-Ranges": "bytes"}
    known = request.if_none_match or ()
    if any(etag.value in (tag, "*") for etag in known):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    start, end, status = 0, size, HTTPStatus.OK
    if "Range" in request.headers and request.headers.get("If-Range", f'"{tag}"') == f'"{tag}"':
        try:
            asked = request.http_range
            start, end, _ = asked.indices(size)
        except ValueError:
            start, end = size, size
        if start >= end:
            headers["Content-Range"] = f"bytes */{size}"
            return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    # Opened before the first byte of the answer, while it can still be another answer.
    async with storage.open(key, start, end) as chunks:
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        if request.method != "HEAD":
            async for chunk in chunks:
                await response.write(chunk)
        await response.write_eof()
    return response
