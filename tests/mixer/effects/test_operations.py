"""Operations on whole files: lengths, channels and rates are what was asked, for any sound."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.errors import BadInput
from contracts.sound import Operation
from services.mixer.effects.operations import OPERATIONS
from services.mixer.effects.processing import process
from services.mixer.effects.sounds import Sound, read_sound
from services.mixer.effects.statements import read_statement
from services.music.audio.levels import decibels
from services.music.audio.true_peak import true_peak


def do(folder, audio, rate, *statements, out="out.wav"):
    """The sound that a file of `audio` becomes, and what was told of it."""
    source = folder / "in.wav"
    soundfile.write(source, np.asarray(audio, dtype=np.float32).T, rate, subtype="FLOAT")
    steps = [(f"do[{index}]", read_statement(text, f"do[{index}]")) for index, text in enumerate(statements)]
    told = process(
        source,
        folder / out,
        [*steps, *([] if out != "out.wav" else [("last", Operation(effect="convert", parameters={"format": "wav32f"}))])],
    )
    return read_sound(folder / out, "out"), told


def noise(channels, samples, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


SHAPES = st.tuples(
    st.sampled_from([1, 2, 3, 6]), st.sampled_from([0, 1, 2, 6, 999, 4000]), st.sampled_from([8000, 44_100, 96_000, 192_000])
)
STATEMENTS = {
    "reverse": lambda n, _: n,
    "pad:before=0.01,after=0.02": lambda n, rate: n + round(0.01 * rate) + round(0.02 * rate),
    "repeat:times=3": lambda n, _: 3 * n,
    "stretch:factor=1.3": lambda n, _: max(1, round(1.3 * n)) if n else 0,
    "pitch:semitones=-3": lambda n, _: n,
    "normalise:peak=-3": lambda n, _: n,
    "normalise:lufs=-20": lambda n, _: n,
    "resample:rate=48000": lambda n, rate: round(n * 48_000 / rate),
    "fade:in=0,out=0": lambda n, _: n,
    "mono": lambda n, _: n,
    "stereo": lambda n, _: n,
    "rotary": lambda n, _: n,
    "reverb:mix=0.4": lambda n, _: n,
    "limiter:drive=20": lambda n, _: n,
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=SHAPES, names=st.lists(st.sampled_from(sorted(STATEMENTS)), min_size=1, max_size=3))
def test_any_operations_on_any_sound_give_the_length_they_promise(tmp_path_factory, shape, names):
    """One sample, nothing at all, six channels, 8 to 192 kHz: finite, of the right length and channels, and the same twice."""
    channels, samples, rate = shape
    folder = tmp_path_factory.mktemp("sound")
    sound, told = do(folder, noise(channels, samples), rate, *names)
    first = (folder / "out.wav").read_bytes()
    for name in names:
        samples, rate = STATEMENTS[name](samples, rate), 48_000 if name.startswith("resample") else rate
        channels = {"mono": 1, "stereo": 2}.get(name, channels)
    assert sound.audio.shape == (channels, samples)
    assert sound.rate == told.after.rate_hz == rate
    assert np.isfinite(sound.audio).all()
    do(folder, noise(*shape[:2]), shape[2], *names)
    assert (folder / "out.wav").read_bytes() == first


def test_trim_keeps_the_very_samples(tmp_path):
    """From the start to the end in time, bit for bit; times may be written with units and as a clock."""
    audio = noise(2, 48_000 * 2)
    sound, _ = do(tmp_path, audio, 48_000, "trim:start=250ms,end=0:01.5")
    assert np.array_equal(sound.audio, audio[:, 12_000:72_000])


def test_stretch_keeps_the_pitch_and_pitch_keeps_the_length(tmp_path):
    """440 Hz stretched by 1.5 stays 440 Hz; up by 7 semitones it is 659.3 Hz: within 3 cents, by the whole sound's spectrum."""
    t = np.arange(48_000 * 2) / 48_000
    audio = 0.3 * np.sin(2 * np.pi * 440 * t)[None]
    for statement, seconds, hz in (
        ("stretch:factor=1.5", 3.0, 440.0),
        ("pitch:semitones=7", 2.0, 440 * 2 ** (7 / 12)),
        ("speed:factor=0.5", 4.0, 220.0),
    ):
        sound, _ = do(tmp_path, audio, 48_000, statement)
        assert sound.seconds == pytest.approx(seconds, abs=1e-4)
        middle = sound.audio[0, 24_000:72_000]
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size), 8 * middle.size))
        heard = np.argmax(spectrum) / 8
        assert abs(1200 * math.log2(heard / hz)) < 3


def test_a_hit_is_where_it_belongs_after_stretching(tmp_path):
    """Clicks at 0.5 s and 1.0 s stand at 0.6 and 1.2 s after a stretch by 1.2: within 5 ms."""
    audio = 1e-4 * noise(1, 96_000)
    audio[0, [24_000, 48_000]] = 0.9
    sound, _ = do(tmp_path, audio, 48_000, "stretch:factor=1.2")
    for seconds in (0.6, 1.2):
        near = sound.audio[0, round((seconds - 0.1) * 48_000) : round((seconds + 0.1) * 48_000)]
        assert abs(np.abs(near).argmax() / 48_000 - 0.1) < 0.005


def test_joined_and_mixed_files_fit_the_first(tmp_path):
    """A mono file at 44.1 kHz takes the rate and the channels of a stereo one at 48 kHz; crossfades keep the power."""
    soundfile.write(tmp_path / "other.wav", noise(1, 44_100, 1).T, 44_100, subtype="FLOAT")
    audio = noise(2, 48_000)
    joined, _ = do(tmp_path, audio, 48_000, f"concat:file={tmp_path / 'other.wav'},crossfade=0.5")
    assert joined.audio.shape == (2, 72_000)
    middle, before = (np.square(joined.audio[:, a:b]).mean() for a, b in ((30_000, 42_000), (0, 24_000)))
    assert abs(10 * np.log10(middle / before)) < 0.7
    mixed, _ = do(tmp_path, audio, 48_000, f"mix:file={tmp_path / 'other.wav'},db=-6,start=0.5")
    assert mixed.audio.shape == (2, 72_000)
    assert np.array_equal(mixed.audio[:, :24_000], audio[:, :24_000])
    cut, _ = do(tmp_path, audio, 48_000, f"mix:file={tmp_path / 'other.wav'},start=0.5,extend=no")
    assert cut.audio.shape == (2, 48_000)


def test_silence_is_taken_out_at_the_ends_or_everywhere(tmp_path):
    """A second of nothing before, between and behind two half seconds of sound; 20 ms of it are kept around each."""
    part, gap = noise(1, 24_000), np.zeros((1, 48_000))
    audio = np.concatenate([gap, part, gap, part, gap], axis=1)
    ends, _ = do(tmp_path, audio, 48_000, "silence")
    assert ends.seconds == pytest.approx(2.0 + 0.04, abs=0.08)
    everywhere, _ = do(tmp_path, audio, 48_000, "silence:where=all")
    assert everywhere.seconds == pytest.approx(1.0 + 0.08, abs=0.15)
    nothing, told = do(tmp_path, gap, 48_000, "silence")
    assert nothing.audio.shape == (1, 0)
    assert told.document()["after"]["loudness_lufs"] is None


def test_surround_is_folded_down_as_the_standard_says(tmp_path):
    """ITU-R BS.775: centre and surrounds at -3 dB, no LFE; scaled so that full scale stays full scale."""
    audio = np.zeros((6, 6), np.float32)
    audio[range(6), range(6)] = 1.0
    sound, _ = do(tmp_path, audio, 48_000, "stereo")
    half = math.sqrt(0.5)
    expected = np.array([[1, 0, half, 0, half, 0], [0, 1, half, 0, 0, half]]) / (1 + 2 * half)
    assert np.allclose(sound.audio, expected, atol=1e-6)


def test_a_stereo_effect_leaves_a_mono_file_mono_and_pairs_of_channels_apart(tmp_path):
    """Three channels through a reverb: what sounds only in the third is heard in the third alone."""
    audio = np.zeros((3, 9600), np.float32)
    audio[2] = noise(1, 9600)[0]
    sound, _ = do(tmp_path, audio, 48_000, "reverb")
    assert np.abs(sound.audio[:2]).max() < 1e-6
    assert np.abs(sound.audio[2]).max() > 0.01


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_24"), ("a.flac", "PCM_24"), ("a.mp3", "MPEG_LAYER_III"), ("a.ogg", "VORBIS")])
def test_the_name_says_the_coding_and_peaks_stay_where_they_were_asked(tmp_path, name, subtype):
    """A file that another reader opens, with its true peak within 0.2 dB of what was asked (lossless), 1 dB (lossy)."""
    _, told = do(tmp_path, noise(2, 48_000), 48_000, "normalise:peak=-3", out=name)
    assert soundfile.info(tmp_path / name).subtype == subtype
    decoded = soundfile.read(tmp_path / name, dtype="float32")[0].T
    assert decibels(true_peak(np.ascontiguousarray(decoded), 8)) == pytest.approx(-3, abs=0.2 if subtype == "PCM_24" else 1.0)
    assert told.after.true_peak_dbtp == pytest.approx(decibels(true_peak(np.ascontiguousarray(decoded), 8)), abs=0.01)


def test_a_lossy_file_does_not_pass_full_scale_when_it_is_decoded(tmp_path):
    """Noise at 0 dBTP grows by the coding: the file is that much quieter, and says so."""
    _, told = do(tmp_path, noise(2, 48_000), 48_000, "normalise:peak=0", out="a.ogg")
    assert told.after.true_peak_dbtp <= 0
    assert told.quieter_db > 0


def test_samples_over_full_scale_are_counted_where_the_coding_clips_them(tmp_path):
    """In 24 bits they are told; in float they are kept."""
    assert do(tmp_path, 20 * noise(1, 4800), 48_000, "gain:db=0", out="a.flac")[1].clipped > 100
    kept, told = do(tmp_path, 20 * noise(1, 4800), 48_000, "gain:db=0")
    assert told.clipped == 0
    assert np.abs(kept.audio).max() > 2


def test_what_grows_past_all_memory_is_refused(tmp_path):
    """Before anything is made of it."""
    for statement in ("repeat:times=1000", "stretch:factor=10"):
        with pytest.raises(BadInput, match="at most"):
            OPERATIONS[statement.partition(":")[0]].apply(Sound(np.zeros((64, 900_000), np.float32), 48_000), "do[0]", **_values(statement))


def _values(statement):
    operation = read_statement(statement, "do[0]")
    table = OPERATIONS[operation.effect].parameters
    return {one.name: one.read(operation.parameters.get(one.name, one.default), one.name) for one in table}


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("eq:hz=3.5kHz,db=-3dB", {"hz": 3500.0, "db": -3.0}),
        ("trim:start=1:30", {"start": 90.0}),
        ("fade:in=20ms", {"in": 0.02}),
        ("delay:time_ms=0.25s", {"time_ms": 250.0}),
        ("normalize:lufs=-14LUFS,limit=no", {"lufs": -14.0, "limit": False}),
        ("plugin:name=a,x=1,y=true,z=low,fast", {"x": 1.0, "y": True, "z": "low,fast"}),
    ],
)
def test_statements_are_read_with_their_units(text, parameters):
    """Numbers in the parameter's own unit, words as words."""
    assert read_statement(text, "do[0]").parameters == parameters


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "do[0]"),
        ("nothing", "do[0]"),
        ("eq:hz", "do[0]"),
        ("eq:hz=3ms", "do[0].parameters.hz"),
        ("trim:start=-", "do[0].parameters.start"),
        ("tremolo:beats=1Hz", "do[0].parameters.beats"),
        ("plugin:x=1", "do[0]"),
        ("plugin:path=a.vst3,name=b", "do[0]"),
        ("normalise:limit=perhaps", "do[0].parameters.limit"),
    ],
)
def test_what_is_no_statement_is_told(text, field):
    """With its place."""
    with pytest.raises(BadInput) as caught:
        read_statement(text, "do[0]")
    assert caught.value.field == field


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_left(tmp_path):
    """The target appears whole or not at all."""
    source = tmp_path / "in.wav"
    soundfile.write(source, noise(2, 480).T, 48_000)
    step = ("do[0]", Operation(effect="reverse"))
    for target in (Path("/proc/out.wav"), tmp_path / "no" / "out.wav", tmp_path, source, tmp_path / "out.xyz"):
        with pytest.raises(BadInput) as caught:
            process(source, target, [step])
        assert caught.value.field == "out"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.wav"]
