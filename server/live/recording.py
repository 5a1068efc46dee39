"""The recorder as an output of a room: opened before anything happens there, and no session goes on without it."""

from base.config import Config
from base.errors import Refusal
from base.log import get_logger
from recorder.config import RecorderConfig, recordings_dir
from recorder.flusher import Flusher
from recorder.format.records import RecordedMember, RecordingInfo
from recorder.member import RecorderMember, RecorderUnavailable
from server.live.outputs import Opening, OpenOutput
from wire import codes

log = get_logger(__name__)

RECORDER_BUFFER_BYTES = 8 * 1024 * 1024
"""More than two tabs and a pen can send in their bursts, so that only the disk can overflow it."""


def recorder_output(config: Config, flusher: Flusher) -> OpenOutput:
    """Return what opens a room's recording.

    It refuses with `recorder_unavailable`; a recording that fails later ends its session.
    """
    folder, section = recordings_dir(config), config.of(RecorderConfig)

    async def open_recording(opening: Opening) -> RecorderMember:
        def failed(reason: str) -> None:
            log.error("recorder_failed", session=opening.session, reason=reason)
            opening.end("recorder_failed")

        members = [RecordedMember(member=each.member, role=each.role) for each in opening.places]
        try:
            return await RecorderMember.open(
                folder,
                RecordingInfo(
                    session=opening.session,
                    opened_unix_ms=opening.opened_unix_ms,
                    subject=opening.subject,
                    members=members,
                ),
                opening.clock_us,
                flusher,
                on_failed=failed,
                min_free_bytes=section.min_free_bytes,
                max_buffer_bytes=RECORDER_BUFFER_BYTES,
            )
        except RecorderUnavailable as error:
            log.error("recorder_unavailable", session=opening.session, reason=error.reason)
            raise unrecorded() from error

    return open_recording


def unrecorded() -> Refusal:
    """Return the refusal of a session that cannot be recorded."""
    return Refusal(codes.RECORDER_UNAVAILABLE, "the session cannot be recorded, so it cannot start")
