"""Recordings over HTTP, for auditors: finding, events, voices in ranges; nobody else."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import av
import msgspec
import pytest

from people.model import Person
from recorder.config import recordings_dir
from recorder.files import recording_path
from recorder.format.records import Kind, RecordedMember, RecordingInfo, Sealed, VoiceDeclared
from recorder.format.writer import encode_header, encode_record, encode_rtp
from sessions.model import Rating, Report, SessionFacts
from tests.fakes.http_server import Http, code, http_server
from tests.fakes.recordings import babble, opus, send
from wire.codec import decode_event, encode
from wire.lobby import Subject
from wire.room import Said, SessionEnded

FACTS = SessionFacts(together_s=300, chat_lines=2)
EVENTS = [
    Said(seq=1, at=500, member="p_1", text="你好"),
    SessionEnded(seq=2, at=4000, reason="hung_up"),
]
SECONDS = 4
ROW = [
    *("session", "student", "teacher", "subject", "started_ms", "seconds", "reason", "rating"),
    *("sealed", "damaged", "bytes"),
]


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Http]:
    async with http_server(tmp_path) as http:
        yield http


@pytest.fixture
async def waiting(tmp_path: Path) -> AsyncIterator[Http]:
    """The same, but nobody works on jobs yet."""
    async with http_server(tmp_path, working=False) as http:
        yield http


async def hold(
    http: Http, session: str, student: Person, teacher: Person, subject: Subject = "maths"
) -> None:
    """Let a session take place, an hour after the one before."""
    clock, sessions = http.kept.clock, http.kept.sessions
    await sessions.create(
        session, f"c_{session}", student.id, teacher.id, subject, "", clock.unix_ms()
    )
    clock.advance(600)
    await sessions.end(session, clock.unix_ms(), "hung_up", FACTS)
    clock.advance(3000)


def record(
    http: Http, session: str, student: Person, teacher: Person, *, torn: bool = False
) -> int:
    """Write the session's recording: two events, two voices; return its size."""
    folder = recordings_dir(http.kept.config)
    folder.mkdir(exist_ok=True)
    info = RecordingInfo(
        session=session,
        opened_unix_ms=http.kept.clock.unix_ms(),
        subject="maths",
        members=[
            RecordedMember(member=student.id, role="student"),
            RecordedMember(member=teacher.id, role="teacher"),
        ],
    )
    parts = [encode_header(info)]
    arrivals = []
    for number, person in enumerate((student, teacher)):
        declared = VoiceDeclared(voice=number, member=person.id)
        parts.append(encode_record(Kind.VOICE_DECLARED, 0, msgspec.msgpack.encode(declared)))
        packets = opus(babble(2, seed=number))
        arrivals += [(number, one) for one in send(person.id, packets, ssrc=number + 1)]
    for number, arrival in sorted(arrivals, key=lambda pair: pair[1].at_us):
        parts.append(encode_rtp(number, arrival.at_us, arrival.packet))
    parts += [encode_record(Kind.EVENT, event.at * 1000, encode(event)) for event in EVENTS]
    seal = Sealed(reason="hung_up", events=2, packets=200, voices=[student.id, teacher.id])
    parts.append(encode_record(Kind.SEALED, SECONDS * 1_000_000, msgspec.msgpack.encode(seal)))
    data = b"".join(parts)[: -20 if torn else None]
    recording_path(folder, session).write_bytes(data)
    return len(data)


async def test_only_auditors_and_administrators_see_recordings(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    administrator = await http.kept.people.create(
        login="hehaining", password="correct horse", name="何海宁", role="administrator"
    )
    await hold(http, "s_1", student, teacher)
    record(http, "s_1", student, teacher)
    paths = [
        *(("GET", path) for path in ("", "/s_1", "/s_1/events")),
        *((method, "/s_1/voices") for method in ("POST", "GET")),
    ]
    for person, allowed in ((student, False), (teacher, False), (administrator, True)):
        token = await http.token(person)
        for method, path in paths:
            answer = await http.call(method, f"/api/recordings{path}", token)
            assert answer.status == (200 if allowed else 403), path
            if allowed and method == "POST":
                await http.jobs.wait((await answer.json())["job"])


async def test_a_recording_is_found_by_everything(http: Http) -> None:
    lin, zhao = await http.kept.student(), await http.kept.student("zhao", "赵一鸣")
    chen = await http.kept.teacher()
    for session, student in (("s_1", lin), ("s_2", zhao), ("s_3", lin)):
        await hold(http, session, student, chen, "physics" if session == "s_3" else "maths")
    size = record(http, "s_1", lin, chen)
    record(http, "s_2", zhao, chen, torn=True)

    token = await http.token(await http.kept.auditor())

    async def found(query: str) -> list[str]:
        answer = await http.call("GET", f"/api/recordings?{query}", token)
        assert answer.status == 200, query
        return [row["session"] for row in (await answer.json())["recordings"]]

    assert await found("") == ["s_3", "s_2", "s_1"]
    assert await found("student=小雨") == ["s_3", "s_1"]
    assert await found("student=nobody") == []
    assert await found(f"teacher={chen.id}&subject=maths") == ["s_2", "s_1"]
    assert await found("reason=time_limit") == []
    second = (await http.kept.sessions.get("s_2")).started_ms
    assert await found(f"from={second}") == ["s_3", "s_2"]
    assert await found(f"to={second}") == ["s_1"]
    assert await found("from=2025-10-09&to=2025-10-09") == ["s_3", "s_2", "s_1"]
    assert await found("to=2025-10-08") == []
    assert await found("page=2") == []
    for wrong in ("from=yesterday", "page=x", "to=99999-01-01"):
        answer = await http.call("GET", f"/api/recordings?{wrong}", token)
        assert await code(answer) == (400, "bad_request")

    rows = (await (await http.call("GET", "/api/recordings", token)).json())["recordings"]
    by_session = {row["session"]: row for row in rows}
    assert by_session["s_1"]["student"] == {"id": lin.id, "name": lin.name}
    shown = ("sealed", "damaged", "bytes")
    assert [by_session["s_1"][key] for key in shown] == [True, False, size]
    assert [by_session["s_2"][key] for key in shown][:2] == [False, True]
    assert [by_session["s_3"][key] for key in shown] == [False, False, 0]


async def test_one_recording_comes_with_its_forms_and_people(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    await hold(http, "s_1", student, teacher)
    token = await http.token(await http.kept.auditor())
    before = await (await http.call("GET", "/api/recordings/s_1", token)).json()
    assert list(before) == [*ROW, "report_form", "members"]
    rating = Rating(understood=3, clear=2, patient=3, useful=1, labels=["concise"], comment="好")
    await http.kept.sessions.rate("s_1", student.id, rating)
    await http.kept.sessions.report("s_1", teacher.id, Report(difficulty=2, participation=3))
    one = await (await http.call("GET", "/api/recordings/s_1", token)).json()
    assert list(one) == [*ROW, "rating_form", "report_form", "members"]
    assert list(one["rating_form"])[-2:] == ["comment", "total"]
    assert one["rating"] == one["rating_form"]["total"] == 9
    assert one["rating_form"]["labels"] == ["concise"]
    assert one["report_form"]["difficulty"] == 2
    people = [(member["member"], member["role"]) for member in one["members"]]
    assert people == [(student.id, "student"), (teacher.id, "teacher")]
    for path in ("s_9", "s_9/events", "s_9/voices"):
        answer = await http.call("GET", f"/api/recordings/{path}", token)
        assert await code(answer) == (404, "unknown_session")
    for method, path in (("GET", "events"), ("GET", "voices"), ("POST", "voices")):
        answer = await http.call(method, f"/api/recordings/s_1/{path}", token)
        assert await code(answer) == (404, "no_recording")


@pytest.mark.parametrize("torn", [False, True])
async def test_events_come_as_they_were_on_the_wire(http: Http, torn: bool) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    await hold(http, "s_1", student, teacher)
    record(http, "s_1", student, teacher, torn=torn)
    token = await http.token(await http.kept.auditor())
    answer = await http.call("GET", "/api/recordings/s_1/events", token)
    assert answer.content_type == "application/msgpack"
    body = msgspec.msgpack.decode(await answer.read())
    assert set(body) == {"duration_ms", "voices", "events"}
    assert body["duration_ms"] == SECONDS * 1000
    assert body["voices"] == [
        {"member": student.id, "side": "left"},
        {"member": teacher.id, "side": "right"},
    ]
    events = [decode_event(msgspec.msgpack.encode(event)) for event in body["events"]]
    assert events == EVENTS


async def test_voices_are_rendered_once_and_sent_in_ranges(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    await hold(http, "s_1", student, teacher)
    record(http, "s_1", student, teacher)
    path = "/api/recordings/s_1/voices"
    token = await http.token(await http.kept.auditor())
    assert await code(await http.call("GET", path, token)) == (409, "not_rendered")
    asked = [await http.call("POST", path, token) for _ in range(2)]
    one, other = [(await answer.json())["job"] for answer in asked]
    assert one == other
    assert (await http.jobs.wait(one)).state == "done"
    assert await (await http.call("POST", path, token)).json() == {"job": None}
    answer = await http.call("GET", path, token)
    assert answer.content_type == "audio/ogg"
    whole = await answer.read()
    with av.open(io.BytesIO(whole)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.channels) == ("opus", 2)
    (file,) = (http.folder / "derived" / "voices").iterdir()
    made = file.stat().st_mtime_ns
    part = await http.call("GET", path, token, headers={"Range": "bytes=100-299"})
    assert part.status == 206
    assert await part.read() == whole[100:300]
    assert file.stat().st_mtime_ns == made
    assert await http.jobs.counts() == {("render_voices", "done"): 1}


async def test_a_render_that_was_cancelled_may_be_asked_for_again(waiting: Http) -> None:
    student, teacher = await waiting.kept.student(), await waiting.kept.teacher()
    await hold(waiting, "s_1", student, teacher)
    record(waiting, "s_1", student, teacher)
    path = "/api/recordings/s_1/voices"
    token = await waiting.token(await waiting.kept.auditor())
    first = (await (await waiting.call("POST", path, token)).json())["job"]
    # Any auditor may stop it.
    other = await waiting.token(await waiting.kept.auditor("wumin", "吴敏"))
    stopped = await (await waiting.call("POST", f"/api/jobs/{first}/cancel", other)).json()
    assert stopped["state"] == "cancelled"
    assert await code(await waiting.call("GET", path, token)) == (409, "not_rendered")
    again = (await (await waiting.call("POST", path, token)).json())["job"]
    assert again not in (None, first)
    async with waiting.worker.running():
        assert (await waiting.jobs.wait(again)).state == "done"
    assert (await waiting.call("GET", path, token)).status == 200


async def test_renders_that_wait_are_bounded_and_one_of_them_may_be_joined(waiting: Http) -> None:
    student, teacher = await waiting.kept.student(), await waiting.kept.teacher()
    for n in range(21):
        await hold(waiting, f"s_{n}", student, teacher)
        record(waiting, f"s_{n}", student, teacher)
    token = await waiting.token(await waiting.kept.auditor())
    paths = [f"/api/recordings/s_{n}/voices" for n in range(21)]
    answers = [await waiting.call("POST", path, token) for path in paths]
    assert [answer.status for answer in answers] == [200] * 20 + [503]
    assert (await code(answers[20]), answers[20].headers["Retry-After"]) == ((503, "busy"), "30")
    joined = await waiting.call("POST", paths[3], token)
    assert await joined.json() == await answers[3].json()


async def test_the_job_of_a_render_is_all_auditors(http: Http) -> None:
    one, other = await http.kept.auditor(), await http.kept.auditor("wumin", "吴敏")
    wanted = {"session": "s_1", "recording": "none"}
    async with http.kept.database.transaction() as transaction:
        job = await http.jobs.enqueue(transaction, "render_voices", wanted, owner=one.id)
    await http.jobs.wait(job)
    answer = await http.call("GET", f"/api/jobs/{job}", await http.token(other))
    assert (answer.status, (await answer.json())["error"]) == (200, "no_recording")


async def test_voices_of_a_session_that_runs_are_not_rendered(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    now_ms = http.kept.clock.unix_ms()
    await http.kept.sessions.create("s_1", "c_1", student.id, teacher.id, "maths", "", now_ms)
    record(http, "s_1", student, teacher, torn=True)
    token = await http.token(await http.kept.auditor())
    for method in ("GET", "POST"):
        answer = await http.call(method, "/api/recordings/s_1/voices", token)
        assert await code(answer) == (409, "still_running")
    (row,) = (await (await http.call("GET", "/api/recordings", token)).json())["recordings"]
    assert (row["reason"], row["damaged"], row["seconds"]) == ("running", False, 0)


async def test_a_recording_that_cannot_be_rendered_leaves_no_file(http: Http) -> None:
    student, teacher = await http.kept.student(), await http.kept.teacher()
    await hold(http, "s_1", student, teacher)
    folder = recordings_dir(http.kept.config)
    folder.mkdir()
    recording_path(folder, "s_1").write_bytes(b"this is no recording at all")
    token = await http.token(await http.kept.auditor())
    answer = await http.call("POST", "/api/recordings/s_1/voices", token)
    ended = await http.jobs.wait((await answer.json())["job"])
    assert (ended.state, ended.error) == ("failed", "no_recording")
    answer = await http.call("GET", "/api/recordings/s_1/voices", token)
    assert await code(answer) == (409, "not_rendered")
    assert not (http.folder / "derived" / "voices").exists()
    answer = await http.call("GET", "/api/recordings/s_1/events", token)
    assert await code(answer) == (404, "no_recording")
    (row,) = (await (await http.call("GET", "/api/recordings", token)).json())["recordings"]
    assert row["damaged"]
