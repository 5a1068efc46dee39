"""Renders the voices of a recording: one stereo Ogg/Opus file, student left, teacher right.

    python -m recorder.voices RECORDING OUT.ogg

The file is as long as the recording, and its second n is the room's second n: where nobody's
packets were (mute, silence suppressed, loss, absence) there is silence. It streams, so memory does
not grow with the session. Run it outside the process that carries live media.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.container import OutputContainer

from recorder.format.reader import Damage, NotARecording, Reading, decode_payload, read, split_rtp
from recorder.format.records import SAMPLE_RATE, SIDES, Kind, VoiceDeclared
from recorder.library import file_chunks
from recorder.placing import HOLD, Segment
from recorder.rtp import parse_rtp
from recorder.timeline import Samples, Timeline

MAX_SECONDS = 24 * 3600
"""A recording whose clock says more is not believed past that point."""

_STEP = SAMPLE_RATE
"""Sound is written a second at a time, and a second after nothing can change it any more."""
_STEREO_BIT_RATE = 64_000
_MAX_WAITING = 20_000
"""Packets of one voice that may wait to be placed: 40 times a browser's rate."""


class VoiceReport(msgspec.Struct, kw_only=True):
    """What became of one voice's packets."""

    packets: int = 0
    heard: int = 0
    late: int = 0
    """Came after their place was written, or twice."""
    unheard: int = 0
    """No RTP, no Opus, of another payload type, or too many at once."""
    segments: int = 0


class RenderReport(msgspec.Struct, kw_only=True):
    """What was rendered. `damage` says where the recording stopped making sense, if it did."""

    seconds: float = 0.0
    left: VoiceReport = msgspec.field(default_factory=VoiceReport)
    right: VoiceReport = msgspec.field(default_factory=VoiceReport)
    damage: Damage | None = None


class Voice:
    """One voice on its way to its channel."""

    def __init__(self, channel: int, report: VoiceReport) -> None:
        self._channel = channel
        self._report = report
        self._segments: list[tuple[Segment, AudioCodecContext]] = []

    def add(self, raw: bytes, arrived: int, payload_type: int) -> None:
        """Take in an RTP packet that arrived at this sample of the session."""
        self._report.packets += 1
        packet = parse_rtp(raw)
        if packet is None or packet.payload_type != payload_type:
            self._report.unheard += 1
            return
        if sum(len(segment) for segment, _ in self._segments) >= _MAX_WAITING:
            self._report.unheard += 1
            return
        for segment, _ in reversed(self._segments):
            if segment.ssrc == packet.ssrc and segment.add(packet, arrived):
                return
        segment = Segment(packet.ssrc)
        segment.add(packet, arrived)
        self._report.segments += 1
        self._segments.append((segment, _decoder()))

    def place(self, timeline: Timeline, now: int) -> None:
        """Put everything on the timeline whose place lies `HOLD` before `now`."""
        for segment, decoder in self._segments:
            while (placed := segment.take(now)) is not None:
                sound = _decode(decoder, placed.payload)
                if sound is None:
                    self._report.unheard += 1
                    continue
                segment.took(len(sound))
                sound = _stretch(sound, placed.stretch)
                if timeline.put(self._channel, placed.position, sound):
                    self._report.heard += 1
                else:
                    self._report.late += 1
        for pair in [pair for pair in self._segments if pair[0].ended(now)]:
            self._report.late += pair[0].late
            self._segments.remove(pair)

    def close(self) -> None:
        """Count what is left over."""
        self._report.late += sum(segment.late for segment, _ in self._segments)
        self._segments.clear()


class Renderer:
    """Turns the records of one recording into the packets of one audio stream."""

    def __init__(self, reading: Reading, container: OutputContainer) -> None:
        self.report = RenderReport()
        self._reading = reading
        self._container = container
        self._stream = container.add_stream("libopus", rate=SAMPLE_RATE)
        self._stream.layout = "stereo"
        self._stream.bit_rate = _STEREO_BIT_RATE
        self._timeline = Timeline(HOLD + 4 * _STEP)
        self._sides = {
            "left": Voice(0, self.report.left),
            "right": Voice(1, self.report.right),
        }
        self._roles = {member.member: member.role for member in reading.info.members}
        self._voices: dict[int, Voice] = {}

    def run(self) -> None:
        """Render everything up to the end, or to the first damage."""
        now = placed = 0
        for record in self._reading:
            at = record.at_us * SAMPLE_RATE // 1_000_000
            if at > MAX_SECONDS * SAMPLE_RATE:
                self.report.damage = Damage(self._reading.offset, "clock")
                break
            now = max(now, at)
            # Before the record is looked at: it may come after a long silence.
            if now - placed >= _STEP // 10:
                placed = now
                self._advance(now)
            if record.kind is Kind.RTP:
                self._add(record.payload, now)
            elif record.kind is Kind.VOICE_DECLARED:
                self._declare(record.payload)
        self.report.damage = self.report.damage or self._reading.damage
        # A player refuses a file without any sound, so there is always one frame of it.
        self._finish(max(now, SAMPLE_RATE // 50))

    def _declare(self, payload: bytes) -> None:
        declared = decode_payload(payload, VoiceDeclared)
        if declared is not None:
            side = SIDES.get(self._roles.get(declared.member, ""))
            if side is not None:
                self._voices[declared.voice] = self._sides[side]

    def _add(self, payload: bytes, arrived: int) -> None:
        number, packet = split_rtp(payload)
        voice = self._voices.get(number)
        if voice is not None:
            voice.add(packet, arrived, self._reading.info.opus_payload_type)

    def _advance(self, now: int) -> None:
        for voice in self._sides.values():
            voice.place(self._timeline, now)
        # A correction moves a packet back by less than a step, or it is one of a new segment.
        while self._timeline.start + HOLD + 2 * _STEP <= now:
            self._write(_STEP)

    def _finish(self, end: int) -> None:
        for voice in self._sides.values():
            voice.place(self._timeline, end + 2 * HOLD)
            voice.close()
        while self._timeline.start < end:
            self._write(min(_STEP, end - self._timeline.start))
        self._container.mux(self._stream.encode(None))
        self.report.seconds = end / SAMPLE_RATE

    def _write(self, count: int) -> None:
        position = self._timeline.start
        frame = av.AudioFrame.from_ndarray(self._timeline.take(count), "s16", "stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = Fraction(1, SAMPLE_RATE)
        frame.pts = position
        self._container.mux(self._stream.encode(frame))


def render(
    recording: Path, out: Path, tell: Callable[[int, str], None] | None = None
) -> RenderReport:
    """Render a recording's voices to `out`, which appears whole or not at all.

    A damaged recording is rendered up to the damage. Raises `NotARecording`, `OSError`.
    `tell` hears the progress: 0 to 100, and what is done.
    """
    reading = read(_told(recording, tell))
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with av.open(part, "w", format="ogg") as container:
            renderer = Renderer(reading, container)
            renderer.run()
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return renderer.report


def _told(recording: Path, tell: Callable[[int, str], None] | None) -> Iterator[bytes]:
    size, taken = max(1, recording.stat().st_size), 0
    for chunk in file_chunks(recording):
        if tell is not None:
            tell(min(99, taken * 100 // size), "rendering")
        taken += len(chunk)
        yield chunk


def main() -> int:
    """Render from the command line; the report goes to stdout as JSON."""
    arguments = argparse.ArgumentParser(prog="python -m recorder.voices")
    arguments.add_argument("recording", type=Path)
    arguments.add_argument("out", type=Path)
    given = arguments.parse_args()
    # Live media on the same machine goes first.
    os.nice(10)
    try:
        report = render(given.recording, given.out)
    except (NotARecording, OSError) as error:
        sys.stderr.write(f"not rendered: {error}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0


def _decoder() -> AudioCodecContext:
    decoder = AudioCodecContext.create("libopus", "r")
    decoder.sample_rate = SAMPLE_RATE
    # A browser that sends stereo is mixed down by the decoder.
    decoder.layout = "mono"
    decoder.format = "s16"
    return decoder


def _decode(decoder: AudioCodecContext, payload: bytes) -> Samples | None:
    """Return the sound of one Opus packet, or None when it is none."""
    try:
        frames = decoder.decode(av.Packet(payload))
    except av.FFmpegError:
        return None
    if not frames:
        return None
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.int16)


def _stretch(sound: Samples, by: int) -> Samples:
    if by == 0 or len(sound) + by < 2:
        return sound
    places = np.linspace(0, len(sound) - 1, len(sound) + by)
    return np.interp(places, np.arange(len(sound)), sound).astype(np.int16)


if __name__ == "__main__":
    sys.exit(main())
