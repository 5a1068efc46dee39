"""`inkcall-pen`: pairs a pen with a teacher, and carries its ink to their sessions."""

import argparse
import asyncio
import io
import math
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from pen_bridge import credential as credentials
from pen_bridge.addresses import BadAddress, Server, parse_server
from pen_bridge.bridge import Bridge
from pen_bridge.clock import Clock
from pen_bridge.connection import Stopped
from pen_bridge.credential import BadCredential, Credential
from pen_bridge.ink import Ink
from pen_bridge.links.equation import EQUATION
from pen_bridge.links.handwriting import NoShape, write
from pen_bridge.links.recorded import MAX_FILE_BYTES, BadStrokes, Recorded, parse_strokes
from pen_bridge.links.virtual import VirtualPen
from pen_bridge.pairing import Begun, PairingFailed, Unreachable, pair
from pen_bridge.rawlog import RawLog
from pen_bridge.status import StatusLine, printable
from pen_bridge.uplink import Uplink
from wire import codes
from wire.common import PROTOCOL_VERSION
from wire.pen import PenHello

USAGE, UNREACHABLE, NOT_PAIRED, PAIRING_FAILED, REFUSED, BAD_FILE = 2, 3, 4, 5, 6, 7

_EPILOG = f"""\
exit codes: 0 done or stopped; {USAGE} wrong usage; {UNREACHABLE} the server could not be asked for a pairing;
{NOT_PAIRED} this pen is not paired, or no longer; {PAIRING_FAILED} the pairing was not confirmed; {REFUSED} the server
refused the pen; {BAD_FILE} a file cannot be used.
"""

_PAIR_AGAIN = "the server no longer knows this pairing: pair the pen again with `inkcall-pen pair`"
_SENTENCES = {
    codes.TOKEN_INVALID: (NOT_PAIRED, _PAIR_AGAIN),
    codes.TOKEN_EXPIRED: (NOT_PAIRED, _PAIR_AGAIN),
    codes.TOKEN_REVOKED: (NOT_PAIRED, _PAIR_AGAIN),
    codes.FORBIDDEN: (NOT_PAIRED, "this credential is of another pen: pair the pen again"),
    codes.GRANT_INVALID: (REFUSED, "the server does not let this pen into the session"),
    codes.REPLACED: (REFUSED, "another bridge connected with this pen and took its place"),
    codes.SESSION_ENDED: (REFUSED, "the server ended the connection with the session"),
    codes.VERSION: (REFUSED, "the server speaks another version: update inkcall-pen"),
}


class Failure(Exception):
    """What the user is told in one sentence, and the exit code."""

    def __init__(self, exit_code: int, text: str) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A teacher's name must not stop the pen where the console's code page lacks its letters.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        asyncio.run(options.command(options))
    except Failure as failure:
        print(f"inkcall-pen: {failure}", file=sys.stderr)
        return failure.exit_code
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="inkcall-pen",
        description="Carries what a teacher's pen writes to their session. First `pair` the pen with "
        "their account, once; then `run` the bridge beside the browser whenever they teach.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="pair | run")

    pairing = commands.add_parser("pair", help="pair the pen with a teacher's account")
    pairing.add_argument("--server", required=True, help="for example http://127.0.0.1:8400")
    pairing.add_argument(
        "--pen", help="the pen's id (default: the one paired before, or a new one)"
    )
    pairing.add_argument("--model", default="virtual pen", help="what the teacher sees it called")
    _add_state(pairing)
    pairing.set_defaults(command=_pair)

    running = commands.add_parser("run", help="carry the pen's ink to the teacher's sessions")
    running.add_argument("--server", help="default: the server the pen was paired with")
    _add_state(running)
    running.add_argument(
        "--token-file", type=Path, metavar="F", help="a file with a token, instead of a pairing"
    )
    running.add_argument("--pen", help="the pen's id; needed with --token-file")
    what = running.add_mutually_exclusive_group()
    what.add_argument(
        "--virtual",
        metavar="equation|FILE",
        help="a virtual pen that writes a worked equation, or plays a file of strokes",
    )
    what.add_argument("--text", help="a virtual pen that writes this text (ASCII)")
    running.add_argument("--speed", type=_positive, default=1.0, help="2 writes twice as fast")
    running.add_argument(
        "--delay", type=_seconds, default=1.0, help="seconds from the room to the first dot"
    )
    running.add_argument("--loop", action="store_true", help="write again and again")
    running.add_argument("--seed", type=int, default=1, help="of the handwriting's irregularity")
    running.add_argument(
        "--raw-log", type=Path, metavar="F", help="keep what the pen gave (it holds the ink)"
    )
    running.set_defaults(command=_run)
    return parser


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        default=credentials.default_folder(),
        help="folder of the pairing (default: %(default)s)",
    )
    parser.add_argument(
        "--ca",
        type=Path,
        metavar="F",
        help="trust the certificates in this file, too: for a server that made its own, what its "
        "/inkcall-ca.crt gives (`pair` keeps it)",
    )


def _positive(text: str) -> float:
    return _number(text, 0.01, 1000)


def _seconds(text: str) -> float:
    return _number(text, 0, 3600)


def _number(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from {least:g} to {most:g}")
    return number


# --- pair ------------------------------------------------------------------------------------


async def _pair(options: argparse.Namespace) -> None:
    server = _server(options.server, _ca(options))
    if (task := asyncio.current_task()) is not None:
        _on_stop(task.cancel)
    try:
        known = credentials.load(options.state)
    except BadCredential:
        known = None
    pen = options.pen or (known.pen if known is not None else credentials.new_pen_id())

    def show(begun: Begun) -> None:
        minutes = max(1, round(begun.expires_in / 60))
        print(
            f"On the teacher's page, under My dot pens, choose Pair a pen and enter this code "
            f"within {minutes} min:\n\n    {begun.user_code}\n",
            flush=True,
        )

    try:
        credential = await pair(server, pen, options.model, Clock(), show)
        path = credentials.save(options.state, credential)
    except PairingFailed as failed:
        sentence = {
            "expired_token": "the code was not confirmed in time: start again",
            "access_denied": "the pairing was refused: start again",
        }.get(failed.code, printable(str(failed)))
        raise Failure(PAIRING_FAILED, sentence) from failed
    except Unreachable as error:
        raise Failure(UNREACHABLE, f"{printable(str(error))} ({server.origin})") from error
    except BadCredential as error:
        raise Failure(BAD_FILE, str(error)) from error
    print(f"Paired with {printable(credential.teacher_name)}. Kept in {path}.")


# --- run -------------------------------------------------------------------------------------


async def _run(options: argparse.Namespace) -> None:
    credential = _credential(options)
    server = _server(credential.server, _ca(options) or credential.ca)
    clock = Clock()
    link = VirtualPen(
        _recorded(options),
        clock,
        speed=options.speed,
        delay_s=options.delay,
        loop=options.loop,
    )
    ink = Ink(link.scale)
    hello = PenHello(
        versions=[PROTOCOL_VERSION],
        token=credential.token,
        pen=credential.pen,
        model=link.model,
    )
    uplink = Uplink(server, hello, ink, clock, random.Random(os.urandom(8)))
    raw_log = _raw_log(options.raw_log, clock)
    bridge = Bridge(link, ink, uplink, clock, StatusLine(sys.stdout), raw_log)
    stop = asyncio.Event()
    _on_stop(stop.set)
    try:
        await bridge.run(stop)
    except Stopped as stopped:
        exit_code, sentence = _SENTENCES[stopped.code]
        raise Failure(exit_code, sentence) from stopped
    finally:
        if raw_log is not None:
            raw_log.close()
            if raw_log.failed:
                print(f"inkcall-pen: the raw log is incomplete: {raw_log.failed}", file=sys.stderr)


def _credential(options: argparse.Namespace) -> Credential:
    server = None if options.server is None else _server(options.server)
    try:
        if options.token_file is not None:
            if server is None or options.pen is None:
                raise Failure(USAGE, "--token-file needs --server and --pen")
            return credentials.load_token(options.token_file, server, options.pen)
        credential = credentials.load(options.state)
    except BadCredential as error:
        raise Failure(BAD_FILE, str(error)) from error
    if credential is None:
        raise Failure(NOT_PAIRED, "this pen is not paired yet: run `inkcall-pen pair` first")
    if server is not None and server.origin != credential.server:
        raise Failure(
            NOT_PAIRED,
            f"this pen is paired with {credential.server}: run `inkcall-pen pair` for another server",
        )
    if options.pen is not None and options.pen != credential.pen:
        raise Failure(NOT_PAIRED, f"the pairing is of pen {credential.pen}, not of {options.pen}")
    return credential


def _recorded(options: argparse.Namespace) -> Recorded:
    if options.text is None and options.virtual is None:
        raise Failure(USAGE, "say which pen writes: --virtual equation, --virtual FILE or --text")
    try:
        if options.text is not None:
            return write(options.text, seed=options.seed)
        if options.virtual == "equation":
            return write(EQUATION, seed=options.seed)
        with Path(options.virtual).open("rb") as file:
            return parse_strokes(file.read(MAX_FILE_BYTES + 1))
    except NoShape as error:
        raise Failure(USAGE, str(error)) from error
    except OSError as error:
        raise Failure(BAD_FILE, f"{options.virtual} cannot be read: {error.strerror}") from error
    except BadStrokes as error:
        raise Failure(BAD_FILE, f"{options.virtual} cannot be played: {error}") from error


def _raw_log(path: Path | None, clock: Clock) -> RawLog | None:
    if path is None:
        return None
    try:
        return RawLog(path, clock)
    except OSError as error:
        raise Failure(BAD_FILE, f"{path} cannot be written: {error.strerror}") from error


# --- both ------------------------------------------------------------------------------------


def _ca(options: argparse.Namespace) -> str:
    try:
        return "" if options.ca is None else credentials.load_ca(options.ca)
    except BadCredential as error:
        raise Failure(BAD_FILE, str(error)) from error


def _server(text: str, ca: str = "") -> Server:
    try:
        server = parse_server(text, ca)
        server.tls()
    except BadAddress as error:
        raise Failure(USAGE, str(error)) from error
    if not server.encrypted and not server.local:
        print(
            "inkcall-pen: warning: the way to this server is not encrypted (http, not https)",
            file=sys.stderr,
        )
    return server


def _on_stop(stop: Callable[[], object]) -> None:
    """Have Ctrl-C and SIGTERM call `stop`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            # Windows' loop has none: there Ctrl-C arrives as KeyboardInterrupt, see `main`.
            return


if __name__ == "__main__":
    sys.exit(main())
