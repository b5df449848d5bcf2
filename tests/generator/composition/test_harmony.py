"""Harmony obeys what was stated to the letter, and writes what the style knows where nothing was."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.brief import Brief, SectionPlan, Source, Stated
from contracts.music import Chord, Key, Meter
from services.generator.composition.colours import song_colours
from services.generator.composition.devices import CHROMATIC, DEVICES
from services.generator.composition.form import plan_form
from services.generator.composition.harmony import Harmonist, SectionHarmony
from services.generator.composition.harmony_telling import harmony_why
from services.generator.composition.modulation import approach, pivot, told
from services.generator.composition.progressions import runs_of
from services.generator.feeling import feeling_of
from services.music.packs.genres import genres
from services.music.packs.harmony_table import HarmonyTable
from services.music.theory.roman import numerals_to_bars, parse_numeral, plain
from tests.generator.composition.briefs import METERS, TONICS, brief

SYMBOLS = ("Am", "F", "C/E", "G7sus4", "F#m7b5", "Bbmaj7", "D/F#", "E7#9", "C6/9", "Dm7/G", "Ab", "Gm")


def free(wanted: Brief, **changes: object) -> Brief:
    """The brief with a key that nobody stated."""
    document = wanted.model_dump() | {"key": wanted.key.model_copy(update={"source": Source.INFERRED}).model_dump()}
    return Brief.model_validate(document | {name: Stated(value=value).model_dump() for name, value in changes.items()})


FORM = tuple(SectionPlan(label=label, bars=8) for label in ["verse", "chorus", "verse", "chorus", "bridge", "chorus", "chorus"])


def written(wanted: Brief, seed: int, table: HarmonyTable | None = None) -> dict[str, SectionHarmony]:
    """The harmony of a brief."""
    pack = genres()[wanted.genres.value[0]]
    form = plan_form(wanted, pack.form, pack.identity.energy, seed)
    return Harmonist(wanted, table or pack.harmony, form, seed).write()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=5), min_size=1, max_size=7),
    st.sampled_from(METERS),
    st.sampled_from(sorted(genres())),
    st.integers(0, 99),
)
def test_stated_chords_are_obeyed_bar_by_bar(bars, meter, genre, seed):
    """Every bar of every section has the stated symbols in their order, slash basses kept, beginning on beat 1, in any meter."""
    stated = tuple(" ".join(bar) for bar in bars)
    harmony = written(brief(genre, meter=meter, duration_s=60.0, chords={"all": stated}), seed)
    for section in harmony.values():
        by_bar: dict[int, list[tuple[float, str]]] = {}
        for event in section.events:
            by_bar.setdefault(event.bar, []).append((event.beat, event.symbol))
        for offset, bar in enumerate(sorted(by_bar)):
            wanted = [str(Chord.parse(symbol)) for symbol in bars[offset % len(bars)]]
            assert [symbol for _, symbol in by_bar[bar]] == wanted
            beats = [beat for beat, _ in by_bar[bar]]
            assert beats[0] == 1.0
            assert all(a < b for a, b in pairwise(beats))
            assert beats[-1] < 1 + Meter.parse(meter).beats_per_bar


def test_chords_stated_for_one_section_leave_the_others_free():
    """Chords of the verse rule each verse and nothing else but what borrows them; the chorus is written in the same key."""
    structure = (SectionPlan(label="verse", bars=8), SectionPlan(label="chorus", bars=8), SectionPlan(label="verse", bars=8))
    wanted = brief("rock", key="E minor", structure=structure, chords={"verse": ("Em", "C G", "Am/C", "B7")})
    harmony = written(wanted, 5)
    for name in ("verse_1", "verse_2"):
        assert [e.symbol for e in harmony[name].events] == ["Em", "C", "G", "Am/C", "B7"] * 2
        assert harmony[name].stated
    assert not harmony["chorus"].stated
    assert len({e.symbol for e in harmony["chorus"].events}) >= 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(genres())),
    st.sampled_from(TONICS),
    st.sampled_from(("major", "minor", "dorian", "mixolydian", "lydian", "phrygian")),
    st.sampled_from(METERS),
    st.sampled_from(("natural", "loop", "cut", "fade")),
    st.integers(0, 999),
)
def test_every_bar_has_its_chord(genre, tonic, mode, meter, ending, seed):
    """Any style, key, meter and ending: each bar begins with a chord, chords lie in order in it, numerals fit the key."""
    wanted = free(brief(genre, key=f"{tonic} {mode}", meter=meter, duration_s=100.0), ending=ending)
    pack = genres()[genre]
    form = plan_form(wanted, pack.form, pack.identity.energy, seed)
    harmony = Harmonist(wanted, pack.harmony, form, seed).write()
    beats = Meter.parse(meter).beats_per_bar
    for slot in form.slots:
        section = harmony[slot.id]
        assert {e.bar for e in section.events if e.beat == 1} == set(range(slot.start + 1, slot.start + slot.bars + 1))
        assert all((a.bar, a.beat) < (b.bar, b.beat) for a, b in pairwise(section.events))
        assert all(e.beat < 1 + beats and e.roman == e.chord.roman(section.key) for e in section.events)
    last = harmony[form.slots[-1].id]
    if ending in ("natural", "cut"):
        assert last.events[-1].chord.root_class == last.key.tonic_class
    assert harmony_why(form, harmony, Key.parse(wanted.key.value))


def test_stated_keys_stay():
    """Where the key was stated no section leaves it, however much the style likes to modulate."""
    table = genres()["pop"].harmony.model_copy(update={"lift_share": 0.15, "modulation_share": 0.6})
    for seed in range(30):
        assert {str(s.key) for s in written(brief("pop", key="D major", structure=FORM), seed, table).values()} == {"D major"}


def test_a_bridge_modulates_through_a_shared_chord_and_returns():
    """The chord before the bridge's dominant belongs to both keys, the bridge is in the new key, its last chord leads home."""
    table = genres()["pop"].harmony.model_copy(update={"lift_share": 0.0, "modulation_share": 0.6})
    found = 0
    for seed in range(60):
        wanted = free(brief("pop", key="G major", structure=FORM))
        pack = genres()["pop"]
        form = plan_form(wanted, pack.form, pack.identity.energy, seed)
        writer = Harmonist(wanted, table, form, seed)
        harmony = writer.write()
        for move in writer.moves:
            found += 1
            order = [slot.id for slot in form.slots]
            before, here, after = (harmony[order[order.index(move.slot) + k]] for k in (-1, 0, 1))
            assert here.key == move.key != before.key == after.key
            dominant = before.events[-1].chord
            assert dominant.root_class == (move.key.tonic_class + 7) % 12
            assert dominant.quality == "7"
            assert here.events[-1].chord.root_class == (after.key.tonic_class + 7) % 12
            assert any("pivot" in remark or "dominant" in remark for remark in here.remarks)
    assert found >= 5


@pytest.mark.parametrize("home", ["C major", "A minor", "Eb major", "F# minor"])
def test_near_keys_share_a_pivot(home):
    """From any home its relative, dominant and subdominant share a chord that both keys own, and the way there ends on the new dominant."""
    key = Key.parse(home)
    for semitones, mode in ((9, "minor"), (7, "major"), (5, "major")) if not key.is_minor else ((3, "major"), (7, "minor"), (5, "minor")):
        new = Key(key.tonic, mode).transpose(semitones)
        shared = pivot(key, new)
        assert shared is not None
        assert set(shared.pitch_classes) <= set(key.pitch_classes) & set(new.pitch_classes)
        last = parse_numeral(approach(key, new)[-1][0], key)
        assert last.root_class == (new.tonic_class + 7) % 12


def test_a_truck_driver_lifts_the_last_chorus():
    """In styles that do it a few songs raise their last chorus by one or two semitones, never more than 15 %, and say so."""
    table = genres()["pop"].harmony.model_copy(update={"lift_share": 0.15, "modulation_share": 0.0})
    lifts = 0
    for seed in range(150):
        wanted = free(brief("pop", key="C major", structure=FORM))
        pack = genres()["pop"]
        form = plan_form(wanted, pack.form, pack.identity.energy, seed)
        writer = Harmonist(wanted, table, form, seed)
        harmony = writer.write()
        for move in writer.moves:
            lifts += 1
            assert (move.key.tonic_class - 0) % 12 in (1, 2)
            assert [s.key for s in harmony.values()][-1] == move.key
            assert "lifts" in told(move, writer.key)
    assert 3 <= lifts <= 35


@pytest.mark.parametrize("device", sorted(DEVICES))
@pytest.mark.parametrize("text", ["I | vi | IV | V", "I | IV | ii V | I", "Imaj7 | ii7 | V7 | Imaj7", "I | V | vi | IV | I | IV | V | V"])
def test_devices_keep_the_bars(device, text):
    """A device changes at most one bar, never the first, keeps the bars' number and gives chords that exist."""
    bars = numerals_to_bars(text)
    changed = DEVICES[device](bars, "major", 1, np.random.default_rng(2))
    if changed is None:
        return
    assert len(changed) == len(bars)
    assert sum(a != b for a, b in zip(bars, changed, strict=True)) == 1
    assert changed[0] == bars[0]
    assert all(parse_numeral(n, Key("E")) for bar in changed for n in bar)
    names = {plain(n) for bar in changed for n in bar} - {plain(n) for bar in bars for n in bar}
    assert device in CHROMATIC or names <= {"ii", "IV", "vi", "V"}


def test_returns_are_almost_literal():
    """Over many pop and rock songs most bars of returning verses and choruses are as they were, and some returns change a chord."""
    same, changed = 0, 0
    for genre in ("pop", "rock"):
        for seed in range(25):
            harmony = written(brief(genre, structure=FORM), seed)
            first = {}
            for name, section in harmony.items():
                base = name.rsplit("_", 1)[0]
                symbols = [e.symbol for e in section.events]
                if base in first and len(first[base]) == len(symbols):
                    same += sum(a == b for a, b in zip(first[base], symbols, strict=True))
                    changed += sum(a != b for a, b in zip(first[base], symbols, strict=True))
                elif base not in first and base in ("verse", "chorus"):
                    first[base] = symbols
    assert 0.005 < changed / (same + changed) < 0.25


def test_songs_have_a_palette():
    """Pop and rock songs have 4 to 11 different triads in nearly all cases, and the verse is hardly ever the chorus."""
    sizes, equal = Counter(), 0
    for genre in ("pop", "rock"):
        for seed in range(30):
            harmony = written(brief(genre, structure=FORM), seed)
            key = next(iter(harmony.values())).key
            sizes[len({(e.chord.root_class, e.chord.is_minor) for s in harmony.values() for e in s.events if s.key == key})] += 1
            verse, chorus = ([e.symbol for e in harmony[n].events] for n in (_first(harmony, "verse"), _first(harmony, "chorus")))
            equal += verse[:8] == chorus[:8]
    assert sum(n for size, n in sizes.items() if 4 <= size <= 11) >= 56
    assert equal <= 3


def _first(harmony: dict[str, SectionHarmony], label: str) -> str:
    return next(name for name in harmony if name.startswith(label))


def test_loops_come_round():
    """A song that is to loop does not stop on its tonic before it begins on it again, unless its style loops anyway."""
    for seed in range(12):
        wanted = free(brief("pop", key="C major", duration_s=60.0), ending="loop")
        sections = list(written(wanted, seed).values())
        assert (sections[-1].events[-1].chord.root_class, sections[0].events[0].chord.root_class) != (0, 0)


def test_runs_count_quarters():
    """Holds and halves are read as lengths; the whole is four quarters a bar."""
    assert runs_of(numerals_to_bars("I . . V | V IV")) == [("I", 0, 3), ("V", 3, 3), ("IV", 6, 2)]


@pytest.mark.parametrize("genre", sorted(genres()))
def test_a_dorian_fourth_has_the_keys_third(genre):
    """In minor a major IV never gets a major seventh, which would rub against the key's third."""
    table = genres()[genre].harmony
    wanted = brief(genre, moods=("dreamy", "romantic"))
    for seed in range(12):
        colour = song_colours(table, feeling_of(wanted, genres()[genre]), seed, minor=True).get("IV", "")
        assert "maj" not in colour
