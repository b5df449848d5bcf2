"""Reference-matched mastering beside matchering 2.0.6: the same mixes and references, in one run, on one core.

Mixes are the sums of our mixed stems in several genres; references are recordings (a folder in HOUSEBAND_RECORDINGS) that are full
records, and our own masters of another genre. Both sides read two WAV files and write a 24-bit one. `python -m tests.benchmarks.mastering`.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from contracts.context import Context, Options, Request
from services.enhancer.work import ideate
from services.generator.work import arrange, compose, plan, render
from services.mixer.files import write_wav_24
from services.mixer.mastering.chain import Aim
from services.mixer.mastering.matching import Match
from services.mixer.mastering.session import Session, ToneAim
from services.mixer.mixing.work import mix
from services.mixer.profiles import profile
from services.mixer.stored import Stems
from services.music.audio.loudness import integrated_lufs
from services.music.audio.spectrum import REACH, TONE_HZ, is_full_record, stereo_spectrum
from services.music.audio.true_peak import true_peak_dbtp
from services.qa.checks.similarity import tone_correlation
from services.runtime.stores.files import FileStore
from services.runtime.workbench import Workbench

Audio = NDArray[np.float32]

RATE = 48_000
CEILING_DBTP = -1.0
LOUDEST_LUFS = -8.0
SECONDS = 30.0
PROMPTS = {
    "pop": "uplifting pop with piano, electric guitar and strings",
    "rock": "rock song with distorted guitars and drums",
    "house": "four-on-the-floor house",
    "jazz": "jazz quartet with saxophone",
    "metal": "metal with heavy guitars",
    "lofi_hip_hop": "lo-fi hip hop beat",
}
OWN = (("pop", "house"), ("rock", "metal"), ("house", "pop"), ("jazz", "lofi_hip_hop"), ("metal", "rock"), ("lofi_hip_hop", "jazz"))
"""(mix, genre whose own master is the reference)."""


HEAD = """Beside matchering 2.0.6 on the same mixes and references, in one run, processor seconds of one process. Similarity is the
correlation of the third-octave spectra, 60 Hz to 12 kHz, tilt removed, as QA measures it; width off is the mean difference of side over
middle per third octave over 200 Hz; references that are louder than -8 LUFS are followed to -8.

"""


@dataclass(frozen=True)
class Mix:
    """The sum of the mixed stems of one of our songs."""

    audio: Audio
    genre: str


@dataclass(frozen=True)
class Side:
    """What one of the two made of a pair."""

    similarity: float
    width_off_db: float
    loudness_off_lu: float
    true_peak_dbtp: float
    seconds: float


@dataclass(frozen=True)
class Pair:
    """One mix and one reference."""

    mix: str
    reference: str
    before: float
    ours: Side
    theirs: Side


def make_mix(genre: str, folder: Path) -> Mix:
    """Compose, play and mix a song, and sum its stems."""
    bench = Workbench(FileStore(folder / genre, sync=False), folder, lambda _, __: None)
    request = Request(prompt=PROMPTS[genre], seed=list(PROMPTS).index(genre) + 1, options=Options(duration_s=SECONDS))
    context = Context(composition_id="bench", job_id=f"bench-{genre}", seq=0, created_at=0.0, request=request)
    for stage in (ideate, compose, arrange, plan):
        context = stage(context, bench)
    assert context.production
    stems = {part: render(context, part, bench) for part in context.production.plan}
    production = context.production.model_copy(update={"state": "rendered", "stems": stems})
    context = mix(context.model_copy(update={"production": production}), bench)
    assert context.mixing
    mixed = Stems(context.mixing.stems, bench)
    return Mix(np.sum([mixed.load(name) for name in mixed.stems], axis=0, dtype=np.float32), str(context.mixing.settings["profile"]))


def _read(path: Path) -> tuple[Audio, int]:
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(samples.T if samples.shape[1] == 2 else np.repeat(samples.T[:1], 2, axis=0)), int(rate)


def ours(mix_file: Path, reference_file: Path, out: Path, genre: str) -> None:
    """Read both, match tone, width and loudness, write 24 bits."""
    audio, rate = _read(mix_file)
    reference, reference_rate = _read(reference_file)
    centres, level, side = stereo_spectrum(reference, reference_rate)
    tone = ToneAim(match=Match(centres, level, REACH * reference_rate), sides=(centres, side), width_share=1.0)
    with tempfile.TemporaryDirectory() as scratch:
        session = Session(["mix"], lambda _: audio.copy(), rate, audio.shape[1], profile(genre), Path(scratch), threads=1)
        session.run(Aim(min(integrated_lufs(reference, reference_rate), LOUDEST_LUFS), CEILING_DBTP), tone, stereo_spectrum(audio, rate))
    write_wav_24(out, session.total, rate)


def theirs(mix_file: Path, reference_file: Path, out: Path) -> None:
    """matchering.process, writing 24 bits."""
    import matchering

    matchering.process(target=str(mix_file), reference=str(reference_file), results=[matchering.pcm24(str(out))])


def judge(out: Path, reference: Path, seconds: float) -> Side:
    """Measure a result beside its reference."""
    (one, rate), (other, other_rate) = _read(out), _read(reference)
    (centres, level, side), (hz, their_level, their_side) = stereo_spectrum(one, rate), stereo_spectrum(other, other_rate)
    inside = (centres >= TONE_HZ[0]) & (centres <= TONE_HZ[1])
    octaves, known = np.log2(centres[inside]), np.log2(hz)
    wide = inside & (centres > 200)
    width = np.interp(np.log2(centres[wide]), known, their_side)
    return Side(
        similarity=tone_correlation(centres[inside], level[inside], np.interp(octaves, known, their_level)),
        width_off_db=float(np.abs(np.clip(side[wide], -30, 10) - np.clip(width, -30, 10)).mean()),
        loudness_off_lu=integrated_lufs(one, rate) - integrated_lufs(other, other_rate),
        true_peak_dbtp=true_peak_dbtp(one, rate, 8),
        seconds=seconds,
    )


def _timed(work: Callable[[], None]) -> float:
    """CPU seconds: both sides compute in this process, and other work on the machine does not count."""
    began = time.process_time()
    work()
    return time.process_time() - began


def compare(name: str, mixed: Mix, reference: Path, folder: Path) -> Pair:
    """Master one mix after one reference on both sides."""
    source, files = folder / "mix.wav", {side: folder / f"{side}.wav" for side in ("ours", "theirs")}
    sf.write(source, (mixed.audio * (0.5 / np.abs(mixed.audio).max())).T, RATE, subtype="FLOAT")
    seconds = {
        "ours": _timed(lambda: ours(source, reference, files["ours"], mixed.genre)),
        "theirs": _timed(lambda: theirs(source, reference, files["theirs"])),
    }
    before = judge(source, reference, 0.0).similarity
    return Pair(name, reference.stem, before, *(judge(files[side], reference, seconds[side]) for side in ("ours", "theirs")))


def recordings() -> list[Path]:
    """The recordings in HOUSEBAND_RECORDINGS that are full records; a solo instrument is no master to be matched."""
    folder, found = os.environ.get("HOUSEBAND_RECORDINGS"), []
    for path in sorted(Path(folder).iterdir()) if folder else []:
        if path.suffix in (".wav", ".flac", ".ogg"):
            audio, rate = _read(path)
            centres, level, _ = stereo_spectrum(audio, rate)
            inside = (centres >= TONE_HZ[0]) & (centres <= TONE_HZ[1])
            if is_full_record(centres[inside], level[inside]):
                found.append(path)
    return found


def _own_master(mixed: Mix, out: Path, scratch: Path) -> None:
    session = Session(["mix"], lambda _: mixed.audio.copy(), RATE, mixed.audio.shape[1], profile(mixed.genre), scratch)
    session.run(Aim(-11.0, CEILING_DBTP))
    write_wav_24(out, session.total, RATE)


def run(folder: Path) -> list[Pair]:
    """All pairs: six of our own, and each recording with two of the mixes."""
    mixes = {genre: make_mix(genre, folder) for genre in PROMPTS}
    masters = {genre: folder / f"our_{genre}.wav" for genre in mixes}
    for genre, mixed in mixes.items():
        _own_master(mixed, masters[genre], folder)
    compare("warm-up", mixes[OWN[0][0]], masters[OWN[0][1]], folder)  # all is warm from here on
    pairs = [compare(name, mixes[name], masters[other], folder) for name, other in OWN]
    names = list(mixes)
    for number, recording in enumerate(recordings()):
        pairs += [compare(name, mixes[name], recording, folder) for name in (names[2 * number % 6], names[(2 * number + 1) % 6])]
    return pairs


def table(pairs: list[Pair]) -> str:
    """The pairs as Markdown."""
    columns = ("width off, dB", "loudness off, LU", "true peak, dBTP", "CPU s")
    lines = [
        f"| mix | reference | similarity before | ours | theirs |{''.join(f' {what}: ours | theirs |' for what in columns)}",
        "|---" * 13 + "|",
    ]
    for pair in pairs:
        cells = [pair.mix, pair.reference[:32].replace("_", " "), f"{pair.before:.3f}"]
        for form in ("similarity:.3f", "width_off_db:.1f", "loudness_off_lu:+.2f", "true_peak_dbtp:+.2f", "seconds:.2f"):
            field, spec = form.split(":")
            cells += [format(getattr(side, field), spec) for side in (pair.ours, pair.theirs)]
        lines.append("| " + " | ".join(cells) + " |")
    ahead = sum(pair.ours.similarity >= pair.theirs.similarity for pair in pairs)
    held = sum(pair.ours.true_peak_dbtp <= CEILING_DBTP for pair in pairs)
    time_share = sum(pair.ours.seconds for pair in pairs) / sum(pair.theirs.seconds for pair in pairs)
    lines += ["", f"Similarity at least theirs in {ahead} of {len(pairs)}; true peak held in {held}; time {time_share:.2f} × theirs."]
    return "\n".join(lines) + "\n"


def section() -> str:
    """The comparison as a section of docs/benchmarks.md; nothing where matchering is not installed."""
    if find_spec("matchering") is None:
        return ""
    with tempfile.TemporaryDirectory() as scratch:
        return "## Mastering after a reference\n\n" + HEAD + table(run(Path(scratch)))


def main() -> int:
    """Run and print. Returns 0 where every similarity is at least theirs, every peak held, and the time at most half."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as scratch:
        pairs = run(Path(scratch))
    text = table(pairs)
    print(text)
    if out:
        out.write_text(text, "utf-8")
    good = all(p.ours.similarity >= p.theirs.similarity and p.ours.true_peak_dbtp <= CEILING_DBTP for p in pairs)
    return 0 if good and sum(p.ours.seconds for p in pairs) <= 0.5 * sum(p.theirs.seconds for p in pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
