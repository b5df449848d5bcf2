"""Mixtures: who lends what, what does not go together, and styles asked for at the tempo that is felt."""

from itertools import permutations

import pytest

from contracts.brief import Brief
from contracts.context import Options
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.arrangement.metre import held_steps, steps
from services.generator.blending import blended, lent_roles
from services.generator.composition import compose
from services.generator.composition.lead import choose_lead
from services.generator.pacing import pattern_at_double, wants_double_time
from services.generator.production.sounds import sounds
from services.music.packs.checking import faults
from services.music.packs.genres import genre, genres
from services.music.packs.rhythm import playing


def asked(prompt: str, seconds: float = 30) -> Brief:
    return read_prompt(prompt, Options(duration_s=seconds), seed=4)


def test_every_style_lends_something_it_has() -> None:
    """What a pack lends it can play: patterns of the bass, grooves, textures, numerals."""
    for pack in genres().values():
        assert pack.lends, pack.id
        has = {
            "bass": pack.bass.low or pack.bass.mid or pack.bass.manner != "pattern",
            "drums": pack.drums.low or pack.drums.mid,
            "comping": pack.comping.textures,
            "harmony": pack.harmony.units,
            "melody": pack.melody.leads,
            "lines": True,
        }
        assert all(has[role] for role in pack.lends), pack.id


@pytest.mark.parametrize(
    ("prompt", "lead", "lent"),
    [
        ("house with dubstep bass", "house", {"bass": "dubstep"}),
        ("metal with synthwave arps", "metal", {"comping": "synthwave"}),
        ("drum and bass with jazz chords", "drum_and_bass", {"harmony": "jazz"}),
        ("jazz with trap drums", "jazz", {"drums": "trap"}),
        ("trap soul", "trap", {"harmony": "rnb_soul", "comping": "rnb_soul"}),
        ("country trap", "trap", {"comping": "country"}),
        ("jazz-hop", "lofi_hip_hop", {"harmony": "jazz"}),
        ("future bass", "trap", {"comping": "trance"}),
        ("jazz rap", "boom_bap", {"harmony": "jazz"}),
        ("latin house", "house", {"comping": "salsa"}),
        ("orchestral trap", "trap", {"lines": "cinematic"}),
        ("disco house", "house", {"bass": "disco"}),
    ],
)
def test_words_decide_who_plays_what(prompt: str, lead: str, lent: dict[str, str]) -> None:
    """The lead and the lent roles of mixtures, by their words or their names."""
    brief = asked(prompt)
    assert brief.genres.value[0] == lead
    assert lent.items() <= lent_roles(brief).items()


def test_the_sounds_of_what_is_lent_come_along() -> None:
    """A lent bass brings its player and synthesizer, lent drums their machine, lent chords a player whose sound is theirs."""
    dubbed = blended(asked("jazz with dubstep bass"))
    assert "synth_bass" in dubbed.identity.band
    assert "bass_guitar" not in dubbed.identity.band
    assert dubbed.patches["synth_bass"] == genre("dubstep").patches["synth_bass"]
    assert blended(asked("jazz with trap drums")).patches["drum_kit"] == "kit_trap"
    arps = blended(asked("reggae with synthwave arps"))
    assert arps.patches["pluck_synth"] == genre("synthwave").patches["pluck_synth"]
    assert choose_lead(asked("reggae with synthwave arps"), arps) != "pluck_synth"


def test_triplets_do_not_go_into_a_straight_beat() -> None:
    """A swung style's triplet figures are left out where the drummer plays straight."""
    for prompt in ("jazz with trap drums", "house with blues bass", "techno with jazz piano"):
        pack = blended(asked(prompt))
        names = {name for found in pack.comping.textures.values() for name in found} if pack.id == "jazz" else set()
        written = [p for name in names for p in playing().texture[name].low]
        written += [*pack.bass.low, *pack.bass.mid, *pack.bass.high] if pack.id != "jazz" else []
        assert not [p for p in written if any(len(cell) == 3 for cell in p.split())], prompt


@pytest.mark.parametrize(("style", "felt"), [("trap", 70), ("drum and bass", 87), ("dubstep", 70)])
def test_a_style_asked_for_at_its_felt_tempo_plays_twice_as_fast(style: str, felt: int) -> None:
    """Trap at 70 BPM is trap at 140: as many strokes in a second, within a third."""
    written, slow = asked(f"{style} at {2 * felt} bpm", 40), asked(f"{style} at {felt} bpm", 40)
    assert wants_double_time(genre(slow.genres.value[0]), felt)
    assert not wants_double_time(genre(written.genres.value[0]), 2 * felt)
    counts = [len(arrange(compose(b, 4).score, b, 4).score.parts["drums"].notes) for b in (written, slow)]
    assert 0.6 < counts[1] / counts[0] < 1.6


def test_a_pattern_at_double_pace_keeps_its_strokes() -> None:
    """Two bars of strokes fall into one; finer figures take the nearest sixteenths; held notes stay held."""
    from contracts.music import Meter

    four = Meter.parse("4/4")
    slow = [s.tick for bar in (0, 1) for s in steps("x... ..x. x..x ....", four, bar) if s.char == "x"]
    fast = [s.tick for s in steps(pattern_at_double("x... ..x. x..x ...."), four, 0) if s.char == "x"]
    assert len(fast) == len(slow)
    assert pattern_at_double("xxxxxx x.x. xxx x...").split()[0] == "xxxxx.x."
    held = held_steps(pattern_at_double("1--- ---- ---- ----"), four, 0)
    assert [s.length for s in held] == [four.ticks_per_bar // 2] * 2


def test_any_two_styles_make_a_pack_that_plays() -> None:
    """Every style led by every other, by what it lends: all names exist, and a dozen of them are arranged to the end."""
    pairs = list(permutations(genres(), 2))
    base = asked("pop")
    for index, (lead, other) in enumerate(pairs):
        brief = base.model_copy(update={"genres": base.genres.model_copy(update={"value": (lead, other)})})
        pack = blended(brief)
        assert not list(faults(pack, sounds())), (lead, other)
        if index % (len(pairs) // 12) == 0:
            assert arrange(compose(brief, 2).score, brief, 2).score.parts["melody"].notes
