"""Accounts from the command line, as an operator makes them."""

import asyncio
import os
import sys
from pathlib import Path

from tests.fakes.services import kept

ROOT = Path(__file__).resolve().parents[2]


async def accounts(folder: Path, *words: str, password: str = "") -> tuple[int, str, str]:
    """Run the program; return its status and what it said."""
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.cli",
        "people",
        *words,
        cwd=ROOT,
        env={**os.environ, "INKCALL__SERVER__DATA_DIR": str(folder)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await program.communicate(f"{password}\n".encode())
    return program.returncode or 0, said.decode().strip(), complained.decode().strip()


async def test_an_operator_opens_accounts_and_ends_their_sign_ins(tmp_path: Path) -> None:
    teacher = ["--login", "chen", "--name", "陈静怡", "--role", "teacher", "--subject", "maths"]
    status, person_id, _ = await accounts(
        tmp_path, "add", *teacher, "--grade", "7", "--grade", "8", password="a good password"
    )
    assert status == 0
    async with kept(tmp_path) as services:
        signed_in = await services.people.sign_in("chen", "a good password", "192.0.2.1")
        assert signed_in.person.id == person_id
        assert (signed_in.person.subjects, signed_in.person.grades) == (["maths"], [7, 8])
    assert await accounts(tmp_path, "sign-out", "--login", "chen") == (0, "1 sign-ins ended", "")


async def test_what_cannot_be_is_said_in_words(tmp_path: Path) -> None:
    student = ["add", "--login", "lin", "--name", "林小雨", "--role", "student"]
    status, _, complained = await accounts(tmp_path, *student)
    assert (status, complained) == (2, "inkcall: a student needs one --grade")
    pirate = ["add", "--login", "lin", "--name", "林小雨", "--role", "pirate"]
    status, _, complained = await accounts(tmp_path, *pirate)
    assert status == 2 and "--role" in complained and "teacher" in complained
    status, _, complained = await accounts(tmp_path, *student, "--grade", "8", password="short")
    assert (status, "password" in complained) == (1, True)
    status, _, complained = await accounts(tmp_path, "sign-out", "--login", "nobody")
    assert (status, complained) == (1, "inkcall: there is no such person")
