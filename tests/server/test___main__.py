"""The program as an operator runs it: starts or says why not, drains on SIGTERM, stops on Ctrl-C."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from tests.fakes.processes import ROOT, ServerProcess, running_server
from tests.fakes.sessions import in_session
from tests.fakes.wire_client import client
from wire import codes, lobby, room
from wire.common import Draining, Refused

QUICK = {
    "INKCALL__PEOPLE__ARGON2_TIME_COST": "1",
    "INKCALL__PEOPLE__ARGON2_MEMORY_KIB": "8",
}


async def failed(folder: Path, **settings: str) -> tuple[int | None, str]:
    """Run a server that cannot start; return its exit code and what it said."""
    environment = {
        **os.environ,
        "INKCALL__SERVER__PORT": "0",
        "INKCALL__MEDIA__PORT": "0",
        "INKCALL__SERVER__DATA_DIR": str(folder / "data"),
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "server"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    lines = [line for line in said.decode().splitlines() if line.startswith("inkcall-server:")]
    assert "Traceback" not in said.decode()
    return process.returncode, "\n".join(lines)


async def test_a_busy_port_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, said = await failed(tmp_path, INKCALL__SERVER__PORT=port)
    assert code == 1
    assert port in said
    assert "INKCALL__SERVER__PORT" in said
    assert len(said.splitlines()) == 1


async def test_a_busy_media_port_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = str(taken.getsockname()[1])
        code, said = await failed(tmp_path, INKCALL__MEDIA__PORT=port)
    assert code == 1
    assert "INKCALL__MEDIA__PORT" in said


async def test_a_certificate_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    file = str(tmp_path / "nothing.pem")
    code, said = await failed(tmp_path, INKCALL__TLS__CERTIFICATE=file, INKCALL__TLS__KEY=file)
    assert code == 1
    assert said.endswith(f"tls.certificate: {file}: there is no such file.")
    assert len(said.splitlines()) == 1


async def test_a_certificate_without_a_key_is_a_wrong_setting(tmp_path: Path) -> None:
    code, said = await failed(tmp_path, INKCALL__TLS__CERTIFICATE="c.pem")
    assert code == 2
    assert "tls.key: a certificate and its key go together" in said
    assert len(said.splitlines()) == 1


async def test_a_database_out_of_reach_is_one_sentence_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can answer there
        port = taken.getsockname()[1]
        url = f"postgresql://inkcall:hunter2@127.0.0.1:{port}/inkcall"
        code, said = await failed(tmp_path, INKCALL__DATABASE__URL=url)
    assert code == 1
    assert "database.url" in said and str(port) in said
    assert "hunter2" not in said
    assert len(said.splitlines()) == 1


async def test_an_unknown_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    code, said = await failed(tmp_path, INKCALL__ROOMS__GRACES="60")
    assert code == 2
    assert "INKCALL__ROOMS__GRACES" in said
    assert "grace_s" in said


async def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, said = await failed(tmp_path, INKCALL__SERVER__DATA_DIR=str(tmp_path / "file" / "data"))
    assert code == 1
    assert "INKCALL__SERVER__DATA_DIR" in said


async def test_sigterm_lets_a_running_session_finish_and_takes_no_new_call(
    tmp_path: Path,
) -> None:
    async with (
        running_server(tmp_path, QUICK) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
        client(server.url, "student2") as other,
    ):
        student_side, teacher_ready = await in_session(student, teacher)
        student_room = await student.room(student_side.grant, "web-s")
        teacher_room = await teacher.room(teacher_ready.grant, "web-t")
        waiting = await other.lobby()
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await waiting.wait(Draining)
        await student_room.wait(Draining)
        await waiting.send(lobby.CallTeacher(teacher=teacher.person["id"], subject="maths"))
        assert (await waiting.wait(Refused)).code == codes.DRAINING
        await student_room.send(room.Say(n=1, text="还在"))
        assert (await teacher_room.wait(room.Said)).text == "还在"
        await teacher_room.send(room.EndSession(n=1))
        assert (await student_room.wait(room.SessionEnded)).reason == "hung_up"
        async with asyncio.timeout(15):
            assert await server.process.wait() == 0


async def test_sigterm_ends_what_is_left_at_the_deadline(tmp_path: Path) -> None:
    settings = {**QUICK, "INKCALL__SERVER__DRAIN_DEADLINE_S": "0.5"}
    async with (
        running_server(tmp_path, settings) as server,
        client(server.url, "student1") as student,
        client(server.url, "teacher1") as teacher,
    ):
        student_side, _ = await in_session(student, teacher)
        student_room = await student.room(student_side.grant, "web-s")
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert (await student_room.wait(room.SessionEnded)).reason == "drained"
        async with asyncio.timeout(15):
            assert await server.process.wait() == 0


async def test_ctrl_c_stops_at_once_and_a_second_start_finds_everything(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, QUICK)
    await server.start()
    assert await server.stop() == 0
    await server.start()
    try:
        async with client(server.url, "student1") as student:
            assert student.person["name"] == "林小雨"
    finally:
        assert await server.stop() == 0
