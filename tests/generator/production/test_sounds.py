"""Every patch that a part may choose exists, is levelled, and sounds in tune, on time and alive."""

import numpy as np
import pytest

from contracts.errors import BadInput
from contracts.music import Part, Role
from services.generator.production import faust
from services.generator.production.calibrate import all_choices, measure_lufs, phrase, play_raw
from services.generator.production.engines import choose
from services.generator.production.intonation import agreed, deviation_cents, period_cents
from services.generator.production.sounds import Kit, Sampled, Synth, patch_name, sound_table, sounds, stand_in_name, trim_db
from services.music.packs.instruments import instruments
from tests.generator.production.listening import HAS_DEBIAN_SOUNDS, SHELF, centroid_hz, level_db, line, onset_sample, play

BRIEFED = {
    "supersaw_lead",
    "saw_pluck",
    "square_lead",
    "fm_bell",
    "warm_pad",
    "glass_pad",
    "supersaw_pad",
    "reese_bass",
    "wobble_bass",
    "sub_bass",
    "bass_808",
    "house_bass",
    "acid_bass",
    "fm_epiano",
    "drawbar_organ",
    "arp_pluck",
    "noise_riser",
    "impact",
    "vinyl_noise",
    "kit_acoustic",
    "kit_jazz",
    "kit_909",
    "kit_808",
    "kit_lofi",
    "kit_dubstep",
    "kit_electro",
}
PITCHED = [
    name
    for name, sound in sounds().items()
    if isinstance(sound, Synth | Sampled) and getattr(sound, "pitched", True) and not name.endswith("_stand_in")
]


def measured_here(name: str) -> bool:
    """Sounds were tuned and levelled with everything installed; a stand-in is only asked to sound (test_engines)."""
    return faust.available() if isinstance(sounds()[name], Synth) else HAS_DEBIAN_SOUNDS or isinstance(sounds()[name], Kit)


PITCHED = [name for name in PITCHED if not name.startswith(("kit_", "percussion")) and measured_here(name)]
PERCUSSIVE = ["saw_pluck", "arp_pluck", "fm_epiano", "house_bass", "acid_bass", "guitar_steel", "piano_grand", "kit_909", "kit_acoustic"]
PERCUSSIVE = [name for name in PERCUSSIVE if measured_here(name)]
BRIGHTENING = [
    name
    for name in PITCHED
    if not name.startswith(("glass_pad", "drawbar", "harpsichord", "sub_", "wobble", "guitar_clean", "chip_triangle"))
]


def test_every_patch_of_the_style_tables_exists() -> None:
    """Whatever the arranger may write in `patch` has a sound."""
    assert set(sounds()) >= BRIEFED


@pytest.mark.parametrize("instrument_id", sorted(instruments()))
def test_every_instrument_has_a_sound_in_every_genre(instrument_id: str) -> None:
    """The [sound] table of each instrument names patches that exist and can be played here."""
    table = sound_table(instrument_id)
    for name in (table.default, *table.by_genre.values()):
        assert choose(name, SHELF).patch in {name, stand_in_name(name)}


def test_an_unknown_patch_is_told() -> None:
    """A patch that does not exist is the caller's mistake, with the names there are."""
    with pytest.raises(BadInput, match="kit_909"):
        patch_name(Part(role=Role.PAD, instrument="pad_synth", patch="theremin"), "pop")


@pytest.mark.parametrize("name", PITCHED)
def test_a_patch_plays_in_tune(name: str) -> None:
    """Within ±15 cents at three pitches (vibrato is off: a player swings around the pitch).

    By what the fundamental and the period say together: an overdriven sample's fundamental lies 20 cents under all its other partials.
    """
    sound = sounds()[name]
    assert not isinstance(sound, Kit)
    pitches = [sound.reference_pitch + step for step in (-7, 0, 7)]
    audio = play(line(name, *((2 * i, 1.8, pitch, 90) for i, pitch in enumerate(pitches)), cc1=((0, 0.0),)), bars=2, tail_s=0.1).mean(
        axis=0
    )
    for index, pitch in enumerate(pitches):
        tone = audio[index * 48_000 + 9_600 : index * 48_000 + 38_400]
        hertz = 440.0 * 2 ** ((pitch - 69) / 12)
        assert abs(agreed(deviation_cents(tone, hertz), period_cents(tone, hertz))) <= 15


@pytest.mark.parametrize("name", BRIGHTENING)
def test_velocity_makes_louder_and_brighter(name: str) -> None:
    """A hard stroke has more level and a higher spectral centroid than a soft one."""
    sound = sounds()[name]
    assert not isinstance(sound, Kit)
    pitch = sound.reference_pitch
    audio = play(line(name, (0, 1.8, pitch, 45), (4, 1.8, pitch, 115)), bars=2, tail_s=0.1)
    soft, hard = audio[:, :24_000], audio[:, 96_000:120_000]
    assert level_db(hard) > level_db(soft) + 2.0
    assert centroid_hz(hard) > centroid_hz(soft)


@pytest.mark.parametrize("name", PERCUSSIVE)
def test_a_struck_sound_is_on_time(name: str) -> None:
    """The onset lies within 3 ms of the score's tick (64 samples of grid, and the sample's own attack)."""
    drums = name.startswith("kit_")
    pitch = 38 if drums else getattr(sounds()[name], "reference_pitch", 60)
    audio = play(line(name, (1, 0.5, pitch, 110), drums=drums), bars=1, tail_s=0.1)
    assert abs(onset_sample(audio) - 24_000) <= 144, (onset_sample(audio) - 24_000) / 48


@pytest.mark.parametrize(
    "choice", [c for c in all_choices(SHELF) if c.engine in {"faust", "drum_machine"} and measured_here(c.patch)], ids=lambda c: c.patch
)
def test_synthesised_patches_meet_the_reference_loudness(choice) -> None:  # type: ignore[no-untyped-def]
    """The calibration phrase at velocity 100 has −23 LUFS ± 0.5, is finite, starts silent and ends without a click."""
    audio = play_raw(choice, phrase(choice.patch, sounds()[choice.patch]), SHELF)
    audio = audio * 10 ** (trim_db(choice.engine, choice.patch, choice.source) / 20)
    assert measure_lufs(audio) == pytest.approx(-23.0, abs=0.5)
    assert np.isfinite(audio).all()
    assert abs(audio.mean()) < 0.003
