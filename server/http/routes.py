"""Which address is whose."""

from aiohttp import web

from server.http import auth, me, ops, pens, photos, recordings, sessions, static
from server.http.errors import add_headers, explain, observe
from server.http.keys import PHOTO_DESK, PHOTOS, SERVICES, VOICES, HttpServices
from server.photo_desk import PhotoDesk
from server.photos import PhotoWorkshop
from server.voice_files import VoiceFiles

_ID = "[A-Za-z0-9_.:-]{1,64}"


def setup(app: web.Application, services: HttpServices) -> None:
    """Put all HTTP routes, middlewares and headers on `app`.

    Called last: the route of the pages takes every GET that no route before it took.
    """
    app[SERVICES] = services
    app[PHOTO_DESK] = PhotoDesk(
        services.storage, services.sessions, services.live, services.config.photos.per_session
    )
    app[PHOTOS] = PhotoWorkshop(services.config.photos)
    app[VOICES] = VoiceFiles(services.config.data_dir / "derived" / "voices")
    app.middlewares.extend([observe, explain])
    app.on_response_prepare.append(add_headers)
    session = f"/api/sessions/{{session:{_ID}}}"
    recording = f"/api/recordings/{{session:{_ID}}}"
    person = f"/api/people/{{person:{_ID}}}"
    app.add_routes(
        [
            web.post("/api/sign-in", auth.sign_in),
            web.post(f"{person}/refresh", auth.refresh),
            web.post(f"{person}/sign-out", auth.sign_out),
            web.get("/api/me", me.me),
            web.get("/api/vocabulary", sessions.vocabulary),
            web.get("/api/sessions/mine", sessions.mine),
            web.post(f"{session}/rating", sessions.rate),
            web.post(f"{session}/report", sessions.report),
            web.post(f"{session}/photos", photos.upload),
            web.get(f"{session}/photos/{{photo:{_ID}}}", photos.show),
            web.get("/api/recordings", recordings.search),
            web.get(recording, recordings.one),
            web.get(f"{recording}/events", recordings.events),
            web.get(f"{recording}/voices", recordings.voices),
            web.post("/api/pens/pairings", pens.begin),
            web.post("/api/pens/pairings/confirm", pens.confirm),
            web.post("/api/pens/pairings/token", pens.token),
            web.get("/api/pens", pens.mine),
            web.delete(f"/api/pens/{{pen:{_ID}}}", pens.remove),
            web.get("/healthz", ops.healthz),
            web.get("/metrics", ops.metrics),
            web.get("/{path:.*}", static.page),
        ]
    )
