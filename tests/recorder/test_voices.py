"""Rendered voices are where they were spoken, on the right side, whatever the network did."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recorder.voices import render
from tests.fakes.recordings import (
    FRAME,
    RATE,
    STUDENT,
    TEACHER,
    Arrival,
    Sound,
    babble,
    listen,
    opus,
    repeat,
    rtp,
    send,
    write_recording,
)

Channel = NDArray[np.float64]
STUDENT_SOUND = babble(6, seed=1)
TEACHER_SOUND = babble(6, seed=2)
STUDENT_OPUS = opus(STUDENT_SOUND)
TEACHER_OPUS = opus(TEACHER_SOUND)


def offset_ms(
    channel: Channel, at_s: float, sound: Sound, sound_s: float, alike: float = 0.8
) -> float:
    """Return by how many ms the second of `sound` from `sound_s` is later than `at_s`.

    Looks half a second around, and fails when what is there is not that sound.
    """
    wanted = sound[int(sound_s * RATE) : int((sound_s + 1) * RATE)].astype(np.float64)
    first = int((at_s - 0.5) * RATE)
    around = channel[max(0, first) : first + 2 * RATE]
    around = np.pad(around, (max(0, -first), max(0, 2 * RATE - max(0, -first) - len(around))))
    size = 4 * RATE
    product = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(wanted, size)), size)
    best = int(np.argmax(product[:RATE]))
    found = around[best : best + RATE]
    likeness = product[best] / (np.linalg.norm(found) * np.linalg.norm(wanted) + 1e-9)
    assert likeness > alike, f"the sound is not there (likeness {likeness:.2f})"
    return (best - RATE // 2) / RATE * 1000


def loudness(channel: Channel, from_s: float, to_s: float) -> float:
    part = channel[int(from_s * RATE) : int(to_s * RATE)]
    return float(np.sqrt(np.mean(part**2)))


def rendered(folder: Path, arrivals: list[Arrival], seconds: float) -> NDArray[np.float64]:
    """Render what arrived and return both channels; every packet must have been heard."""
    recording = write_recording(folder / "s_test.inkrec", arrivals, seconds=seconds)
    report = render(recording, folder / "out.ogg")
    assert report.left.heard + report.right.heard == len(arrivals)
    return listen(folder / "out.ogg")


def test_student_is_left_teacher_right_and_both_in_place(tmp_path: Path) -> None:
    arrivals = [
        *send(STUDENT, STUDENT_OPUS, start_s=1.0, ssrc=1),
        *send(TEACHER, TEACHER_OPUS, start_s=9.0, ssrc=2),
    ]
    left, right = rendered(tmp_path, arrivals, 16)
    assert len(left) == 16 * RATE
    for second in (0.0, 2.5, 5.0):
        assert abs(offset_ms(left, 1 + second, STUDENT_SOUND, second)) < 10
        assert abs(offset_ms(right, 9 + second, TEACHER_SOUND, second)) < 10
    # One side does not leak into the other: 40 dB.
    assert loudness(right, 1.2, 6.8) < loudness(left, 1.2, 6.8) / 100
    assert loudness(left, 9.2, 14.8) < loudness(right, 9.2, 14.8) / 100
    assert loudness(left, 0.0, 0.9) < 5
    assert loudness(right, 15.2, 16.0) < 5


def test_both_may_speak_at_once(tmp_path: Path) -> None:
    arrivals = [
        *send(STUDENT, STUDENT_OPUS, start_s=0.5, ssrc=1),
        *send(TEACHER, TEACHER_OPUS, start_s=0.77, ssrc=2),
    ]
    left, right = rendered(tmp_path, arrivals, 7)
    assert abs(offset_ms(left, 2.5, STUDENT_SOUND, 2.0)) < 10
    assert abs(offset_ms(right, 2.77, TEACHER_SOUND, 2.0)) < 10


def test_jitter_and_reordering_leave_no_trace(tmp_path: Path) -> None:
    dice = random.Random(5)
    arrivals = [
        arrival._replace(at_us=arrival.at_us + int(dice.expovariate(1 / 25_000)))
        for arrival in send(STUDENT, STUDENT_OPUS, start_s=1.0)
    ]
    left, _ = rendered(tmp_path, arrivals, 8)
    for second in (0.0, 2.5, 5.0):
        assert abs(offset_ms(left, 1 + second, STUDENT_SOUND, second)) < 10


@pytest.mark.parametrize("stall_s", [2.0, 3.8])
def test_a_stall_that_delivers_everything_late_is_put_right(tmp_path: Path, stall_s: float) -> None:
    begins, ends = 2_500_000, int((2.5 + stall_s) * 1e6)
    arrivals = [
        arrival._replace(at_us=ends) if begins < arrival.at_us < ends else arrival
        for arrival in send(STUDENT, STUDENT_OPUS, start_s=1.0)
    ]
    left, _ = rendered(tmp_path, arrivals, 8)
    for second in (0.0, 2.0, 3.5, 5.0):
        assert abs(offset_ms(left, 1 + second, STUDENT_SOUND, second)) < 10


def test_lost_packets_are_silence_in_their_place(tmp_path: Path) -> None:
    dice = random.Random(6)
    sent = list(send(STUDENT, STUDENT_OPUS, start_s=1.0))
    lost = {number for number in range(len(sent)) if dice.random() < 0.1} | set(range(100, 110))
    arrivals = [arrival for number, arrival in enumerate(sent) if number not in lost]
    left, _ = rendered(tmp_path, arrivals, 8)
    for second in (0.0, 2.2, 5.0):
        assert abs(offset_ms(left, 1 + second, STUDENT_SOUND, second)) < 10
    hole = 1 + 100 * FRAME / RATE
    assert loudness(left, hole + 0.02, hole + 0.18) < 20


@pytest.mark.parametrize("pause_s", [0.3, 4.0, 20.0])
def test_a_pause_without_packets_keeps_its_length(tmp_path: Path, pause_s: float) -> None:
    """Mute, or silence suppressed: the timestamps go on, the packets do not."""
    arrivals = [
        *send(STUDENT, STUDENT_OPUS[:150], start_s=1.0),
        *send(
            STUDENT,
            STUDENT_OPUS[150:],
            start_s=4.0 + pause_s,
            timestamp=777 + 150 * FRAME + int(pause_s * RATE),
            sequence=205,
        ),
    ]
    left, _ = rendered(tmp_path, arrivals, 8 + pause_s)
    assert abs(offset_ms(left, 2.9, STUDENT_SOUND, 1.9)) < 10
    assert abs(offset_ms(left, 4.1 + pause_s, STUDENT_SOUND, 3.1)) < 10
    assert abs(offset_ms(left, 6.0 + pause_s, STUDENT_SOUND, 5.0)) < 10
    assert loudness(left, 4.1, 3.9 + pause_s) < 5


def test_sparse_packets_of_suppressed_silence_stay_in_place(tmp_path: Path) -> None:
    sent = list(
        send(STUDENT, [*STUDENT_OPUS[:100], *[b"\xf8"] * 100, *STUDENT_OPUS[100:]], start_s=1.0)
    )
    arrivals = sent[:100] + sent[100:200:20] + sent[200:]
    left, _ = rendered(tmp_path, arrivals, 10)
    assert abs(offset_ms(left, 1.5, STUDENT_SOUND, 0.5)) < 10
    assert abs(offset_ms(left, 5.5, STUDENT_SOUND, 2.5)) < 10


@pytest.mark.parametrize("pause_s", [1.0, 2.9, 3.1, 8.0])
def test_timestamps_that_stood_still_in_a_pause_do_not_pull_speech_back(
    tmp_path: Path, pause_s: float
) -> None:
    arrivals = [
        *send(STUDENT, STUDENT_OPUS[:150], start_s=1.0),
        *send(
            STUDENT,
            STUDENT_OPUS[150:],
            start_s=4.0 + pause_s,
            timestamp=777 + 150 * FRAME,
            sequence=205,
        ),
    ]
    left, _ = rendered(tmp_path, arrivals, 8 + pause_s)
    assert abs(offset_ms(left, 2.9, STUDENT_SOUND, 1.9)) < 10
    assert abs(offset_ms(left, 4.1 + pause_s, STUDENT_SOUND, 3.1)) < 10
    assert abs(offset_ms(left, 6.0 + pause_s, STUDENT_SOUND, 5.0)) < 10
    assert loudness(left, 4.05, 3.95 + pause_s) < 5


def test_joining_again_with_a_new_source_goes_on_in_place(tmp_path: Path) -> None:
    arrivals = [
        *send(STUDENT, STUDENT_OPUS[:150], start_s=1.0, ssrc=1, timestamp=4_000_000_000),
        *send(STUDENT, STUDENT_OPUS[150:], start_s=6.2, ssrc=9, timestamp=12),
    ]
    left, _ = rendered(tmp_path, arrivals, 10)
    assert abs(offset_ms(left, 2.9, STUDENT_SOUND, 1.9)) < 10
    assert abs(offset_ms(left, 6.3, STUDENT_SOUND, 3.1)) < 10
    assert loudness(left, 4.1, 6.1) < 5


def test_counters_wrap_around(tmp_path: Path) -> None:
    arrivals = list(
        send(STUDENT, STUDENT_OPUS, start_s=1.0, timestamp=2**32 - 100 * FRAME, sequence=65_500)
    )
    recording = write_recording(tmp_path / "s_test.inkrec", arrivals, seconds=8)
    report = render(recording, tmp_path / "out.ogg")
    assert (report.left.segments, report.left.heard) == (1, len(STUDENT_OPUS))
    left, _ = listen(tmp_path / "out.ogg")
    for second in (0.0, 1.5, 5.0):
        assert abs(offset_ms(left, 1 + second, STUDENT_SOUND, second)) < 10


@pytest.mark.parametrize("ppm", [-100.0, 100.0])
def test_a_clock_wrong_by_100_ppm_stays_in_place(tmp_path: Path, ppm: float) -> None:
    """Five minutes of it would be 30 ms."""
    dice = random.Random(7)
    arrivals = [
        arrival._replace(at_us=arrival.at_us + int(dice.expovariate(1 / 10_000)))
        for arrival in send(STUDENT, repeat(STUDENT_OPUS, 300), start_s=1.0, ppm=ppm)
    ]
    left, _ = rendered(tmp_path, arrivals, 302)
    for cycles in (0, 25, 49):
        spoken_s = 1 + (cycles * 6 + 2) * (1 + ppm / 1e6)
        # A second of it is 5 samples longer than its original, so a little less alike.
        assert abs(offset_ms(left, spoken_s, STUDENT_SOUND, 2.0, alike=0.6)) < 15


def test_junk_is_counted_and_the_rest_is_heard(tmp_path: Path) -> None:
    dice = random.Random(8)
    arrivals = list(send(STUDENT, STUDENT_OPUS, start_s=1.0))
    for arrival in list(arrivals)[::10]:
        junk = dice.choice(
            [
                b"",
                b"\x80",
                dice.randbytes(60),
                b"\xbf\x6f" + dice.randbytes(14),
                rtp(b"\xff\xff\xff\xff", 1, dice.getrandbits(32), 0x1234),
                rtp(dice.randbytes(30), 1, 2, 0x1234, payload_type=13),
            ]
        )
        arrivals.append(Arrival(arrival.at_us, STUDENT, junk))
    recording = write_recording(tmp_path / "s_test.inkrec", arrivals, seconds=8)
    report = render(recording, tmp_path / "out.ogg")
    left, _ = listen(tmp_path / "out.ogg")
    assert report.left.packets == len(arrivals)
    assert report.left.heard >= len(STUDENT_OPUS)
    assert report.left.unheard > 10
    assert abs(offset_ms(left, 1.1, STUDENT_SOUND, 0.1)) < 10
    assert abs(offset_ms(left, 6.0, STUDENT_SOUND, 5.0)) < 10


def test_a_torn_recording_is_rendered_up_to_there(tmp_path: Path) -> None:
    recording = write_recording(
        tmp_path / "s_test.inkrec", send(STUDENT, STUDENT_OPUS, start_s=1.0), seconds=8
    )
    whole = recording.read_bytes()
    recording.write_bytes(whole[: len(whole) // 2])
    report = render(recording, tmp_path / "out.ogg")
    left, _ = listen(tmp_path / "out.ogg")
    assert report.damage is not None
    assert abs(len(left) / RATE - report.seconds) < 0.001
    assert 3.0 < report.seconds < 5.0
    assert abs(offset_ms(left, 2.0, STUDENT_SOUND, 1.0)) < 10


def test_nobody_spoke(tmp_path: Path) -> None:
    left, right = rendered(tmp_path, [], 3)
    assert len(left) == 3 * RATE
    assert not left.any()
    assert not right.any()


# ru_maxrss would do, but for a child it begins at the size of the process that started it.
MEASURED = """
import sys
from pathlib import Path
from recorder.voices import main
code = main()
status = Path("/proc/self/status").read_text()
sys.stderr.write(status.split("VmHWM:")[1].split()[0])
sys.exit(code)
"""


def peak_kilobytes(recording: Path, out: Path) -> int:
    """Render in a process of its own and return the most memory it had."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, recording, out], capture_output=True, text=True, check=True
    )
    assert out.exists()
    return int(done.stderr)


def test_memory_does_not_grow_with_the_session(tmp_path: Path) -> None:
    peaks = []
    for minutes in (1, 5):
        recording = write_recording(
            tmp_path / f"s_{minutes}.inkrec",
            [
                *send(STUDENT, repeat(STUDENT_OPUS, minutes * 60)),
                *send(TEACHER, repeat(TEACHER_OPUS, minutes * 60)),
            ],
            seconds=minutes * 60,
        )
        peaks.append(peak_kilobytes(recording, tmp_path / f"{minutes}.ogg"))
    # Four more minutes of two channels would be 46 MB.
    assert peaks[1] - peaks[0] < 10_000


def test_what_is_no_recording_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "s_test.inkrec").write_bytes(b"something else, of some length")
    done = subprocess.run(
        [sys.executable, "-m", "recorder.voices", tmp_path / "s_test.inkrec", tmp_path / "out.ogg"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "not rendered: no recording\n"
    assert [path.name for path in tmp_path.iterdir()] == ["s_test.inkrec"]


def test_a_clock_gone_mad_does_not_fill_the_disk(tmp_path: Path) -> None:
    mad = Arrival(2**62, STUDENT, rtp(b"\xf8", 1, 2, 3))
    recording = write_recording(
        tmp_path / "s_test.inkrec",
        [*send(STUDENT, STUDENT_OPUS, start_s=1.0), mad],
        seconds=8,
    )
    report = render(recording, tmp_path / "out.ogg")
    assert report.damage is not None
    assert report.damage.reason == "clock"
    assert 6.9 < report.seconds < 7.1
