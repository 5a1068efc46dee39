"""Speech for the fake microphones, and a measure of whether it is what was heard.

The measure: both sounds are split into bands of about an octave, the loudness of each band is
followed in 20 ms steps (compressed by the power 0.3, as hearing does), and windows of two seconds
are correlated at their best place; the median of the windows counts. It compares *what was said
when*, and is blind to level, phase, the coder's noise and to a jitter buffer that stretches time a
little between windows, as a listener is. Another text scores below 0.5, the same one through Opus,
noise suppression and a jitter buffer above 0.9 (`test_speech.py` and the calls in `tests/e2e`).
"""

import itertools
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float64]
RATE = 16_000
STEP = RATE // 50
WINDOW_S = 2.0
EDGES = (100, 200, 400, 700, 1100, 1700, 2600, 3800, 6000)


def speak(path: Path, text: str, voice: str = "en", seconds: float = 20.0) -> None:
    """Write `seconds` of espeak-ng reading `text` over and over, 48 kHz mono, to a WAV file."""
    program = shutil.which("espeak-ng")
    assert program, "espeak-ng is needed: apt-get install espeak-ng"
    raw = path.with_suffix(".raw.wav")
    subprocess.run([program, "-v", voice, "-s", "150", "-w", str(raw), text], check=True)
    sound, rate = read_wav(raw)
    raw.unlink()
    at = np.arange(0, len(sound) / rate, 1 / 48_000)
    once = np.interp(at, np.arange(len(sound)) / rate, sound)
    times = int(np.ceil(seconds * 48_000 / len(once)))
    whole = np.tile(once, times)[: int(seconds * 48_000)]
    write_wav(path, whole, 48_000)


def read_wav(path: Path) -> tuple[Sound, int]:
    """Return samples (-1 to 1, mono) and rate of a 16-bit WAV file."""
    with wave.open(str(path), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        channels = file.getnchannels()
        return data.reshape(-1, channels).mean(axis=1) / 32768, file.getframerate()


def write_wav(path: Path, sound: Sound, rate: int) -> None:
    """Write mono samples (-1 to 1) as a 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def resample(sound: Sound, rate: int) -> Sound:
    """Return the sound at 16 kHz (linear; good enough to follow loudness)."""
    at = np.arange(0, len(sound) / rate, 1 / RATE)
    resampled: Sound = np.interp(at, np.arange(len(sound)) / rate, sound)
    return resampled


def bands(sound: Sound) -> Sound:
    """Return compressed loudness, shape (bands, 20 ms steps), of a 16 kHz sound."""
    steps = len(sound) // STEP
    frames = sound[: steps * STEP].reshape(steps, STEP) * np.hanning(STEP)
    power = np.abs(np.fft.rfft(frames, 512, axis=1)) ** 2
    hertz = np.fft.rfftfreq(512, 1 / RATE)
    rows = [
        power[:, (hertz >= low) & (hertz < high)].sum(axis=1)
        for low, high in itertools.pairwise(EDGES)
    ]
    picture = np.asarray(rows)
    loudness: Sound = (picture / (picture.mean(axis=1, keepdims=True) + 1e-12)) ** 0.3
    return loudness


def likeness(said: Sound, heard: Sound) -> float:
    """Return how alike two 16 kHz sounds are, 1 the same, 0 unrelated.

    `heard` is a part of `said`, which its speaker repeats for ever.
    """
    size = int(WINDOW_S * RATE)
    assert len(heard) >= size, "at least a window must have been heard"
    reference = bands(np.concatenate([said, said[:size]]))
    starts = range(0, len(heard) - size + 1, size)
    windows = [_best(reference, bands(heard[at : at + size])) for at in starts]
    print("likeness of the windows", np.round(windows, 2))
    return float(np.median(windows))


def _best(reference: Sound, sample: Sound) -> float:
    """Return the highest correlation of `sample` with any part of `reference`."""
    length = sample.shape[1]
    sample = sample - sample.mean(axis=1, keepdims=True)
    norm = np.sqrt((sample**2).sum())
    best = 0.0
    for shift in range(reference.shape[1] - length):
        window = reference[:, shift : shift + length]
        window = window - window.mean(axis=1, keepdims=True)
        scale = norm * np.sqrt((window**2).sum())
        if scale > 0:
            best = max(best, float((sample * window).sum() / scale))
    return best
