"""A band that is synthesised here: a short score, its dry stems, and a context whose production is done."""

import time

import numpy as np

from contracts.context import Context, Musical, Options, ProductionSection, Request, ScoreSection, StemPlan, Technical
from contracts.music.score import Note, Part, Role, Score, Section
from services.mixer import files

RATE = 48_000
BPM = 120.0


def make_score(bars=8, extra=()):
    """Two sections at 120 bpm: a verse and a chorus, four on the floor."""
    ticks = 3840
    kicks = [Note(tick, 240, 36, 100) for tick in range(0, bars * ticks, 960)]
    hats = [Note(tick + 480, 120, 42, 70) for tick in range(0, bars * ticks, 960)]
    half = bars // 2
    parts = {
        "drums": Part(role=Role.DRUMS, instrument="drum_kit", notes=tuple(kicks + hats)),
        "bass": Part(role=Role.BASS, instrument="synth_bass", notes=tuple(Note(t, 900, 36, 90) for t in range(0, bars * ticks, 960))),
        "melody": Part(role=Role.MELODY, instrument="synthesizer", notes=tuple(Note(t, 440, 72, 90) for t in range(0, bars * ticks, 480))),
        "acoustic_piano": Part(role=Role.HARMONY, instrument="acoustic_piano", notes=(Note(0, 960, 60, 80),)),
        "pad_synth": Part(role=Role.PAD, instrument="pad_synth", notes=(Note(0, 960, 60, 80),)),
        **dict(extra),
    }
    sections = {
        "verse_1": Section(label="verse", start_bar=1, bars=half, energy=0.5, key="C major"),
        "chorus_1": Section(label="chorus", start_bar=1 + half, bars=bars - half, energy=0.9, key="C major"),
    }
    return Score(title="Test", genre="pop", tempo_bpm=BPM, sections=sections, parts=parts, tail_s=2.0)


def _drums(count):
    beat = RATE // 2
    t = np.arange(beat) / RATE
    kick = np.sin(2 * np.pi * (55 * t + 3 * (1 - np.exp(-t * 60)))) * np.exp(-t * 14)
    noise = np.random.default_rng(1).standard_normal((2, beat))
    hat = np.diff(noise, axis=1, prepend=0) * np.exp(-t * 60) * 0.12
    snare = noise * np.exp(-t * 22) * 0.25
    bar = np.concatenate([kick + 0 * hat, kick + snare, kick + 0 * hat, kick + snare], axis=-1) + np.tile(
        np.roll(hat, beat // 2, axis=1), 4
    )
    return np.tile(bar, count // bar.shape[1] + 1)[:, :count] * 0.5


def _saw(frequency, count, harmonics, seed=0):
    t = np.arange(count) / RATE
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, harmonics)
    return sum(np.sin(2 * np.pi * frequency * k * t + phases[k - 1]) / k for k in range(1, harmonics + 1) if frequency * k < 20_000)


def _notes(wave, length, decay):
    t = np.arange(wave.size) % length / RATE
    return wave * np.exp(-t * decay) * np.minimum(1, t * 200)


def make_stems(seconds=18.0):
    """Dry stems [2, samples] of the score, peak about 0.5; the melody is louder in its second half."""
    count = round(seconds * RATE)
    bass = _notes(_saw(65.4, count, 12), RATE // 2, 2.0)
    melody = _notes(_saw(523.3, count, 30, 1) + 0.7 * _saw(784.0, count, 20, 2), RATE // 4, 5.0)
    piano = _notes(sum(_saw(f, count, 24, k) for k, f in enumerate((261.6, 329.6, 392.0))), RATE // 2, 3.0)
    pad = [sum(_saw(f * d, count, 18, k) for k, f in enumerate((130.8, 261.6, 392.0))) for d in (0.999, 1.001)]
    stems = {
        "drums": _drums(count),
        "bass": np.stack([bass, bass]),
        "melody": np.stack([melody, melody]) * np.where(np.arange(count) < count / 2, 0.7, 1.0),
        "acoustic_piano": np.stack([piano, np.roll(piano, 40)]),
        "pad_synth": np.stack(pad),
    }
    end = np.where(np.arange(count) < count - 2 * RATE, 1.0, 0.0)
    return {name: (0.5 * stem * end / np.abs(stem).max()).astype(np.float32) for name, stem in stems.items()}


def make_context(bench, score, stems, *, genre="pop", target=-14.0, ceiling=-1.0, rate=RATE):
    """A context whose production is done: score and dry stems stored."""
    store = bench.objects
    raw = score.to_json()
    document = store.put_bytes("scores/test.json", raw, "application/json")
    stored, plan = {}, {}
    for name, audio in stems.items():
        path = bench.scratch / f"{name}.wav"
        files.write_float_wav(path, audio, rate)
        stored[name] = store.put_audio(f"stems/dry/{name}.wav", path)
        plan[name] = StemPlan(part=name, engine="sampled", instrument=score.parts[name].instrument, digest="0", key=stored[name].key)
    return Context(
        composition_id="c",
        job_id="j",
        seq=6,
        created_at=time.time(),
        request=Request(prompt="test", seed=1, options=Options(target_lufs=target, ceiling_dbtp=ceiling)),
        musical=Musical(key="C major", tempo_bpm=BPM, meter="4/4", genre=genre),
        technical=Technical(target_lufs=target, true_peak_ceiling_dbtp=ceiling, sample_rate_hz=rate),
        arrangement=ScoreSection(score=document),
        production=ProductionSection(state="rendered", plan=plan, stems=stored),
    )


def asking(context):
    """The context of a request for further files: an encoder each, a version and the archive."""
    options = context.request.options.model_copy(update={"formats": ("ogg@44100", "mp3_320", "flac16"), "editions": ("loop", "stems_zip")})
    return context.model_copy(update={"request": context.request.model_copy(update={"options": options})})
