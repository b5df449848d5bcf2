"""The melody's workshop: learned habits, plans, rhythms, wishes, returns, and the memory of what may not be copied."""

from itertools import pairwise

import numpy as np
import pytest

from contracts.music import Chord, Key, Meter
from services.generator.composition import compose
from services.generator.composition.grid import STEP, Grid
from services.generator.composition.habits import habits, half_features
from services.generator.composition.known import FIGURE, Known, figures_of, known
from services.generator.composition.lead import Register
from services.generator.composition.phrase import Ground, PhraseWriter, Tone
from services.generator.composition.pitching import Voice
from services.generator.composition.plans import phrase_plan
from services.generator.composition.returns import Returner
from services.generator.composition.rhythm import RhythmBook
from services.generator.composition.soloing import solo_phrase
from services.generator.composition.wishes import SongWish, song_wish
from services.music.packs.genres import genres
from services.music.packs.melody_table import MelodyTable
from services.music.rng import rng
from tests.generator.composition.briefs import METERS, brief

FOUR = Grid(Meter.parse("4/4"))
KEY = Key.parse("C major")


def wish_of(seed: int = 1, genre: str = "pop") -> SongWish:
    """What a song of a style wants."""
    return song_wish(brief(genre), genres()[genre].melody, Register(57, 79, 67), FOUR, seed)


def writer_of(seed: int = 1) -> PhraseWriter:
    """A writer of pop phrases in C."""
    table, wish, draw = MelodyTable(), wish_of(seed), rng(seed, "test")
    return PhraseWriter(Voice(table, KEY, 57, 79, wish), RhythmBook(table, FOUR, 100.0, wish.rhythm, draw), FOUR, draw)


GROUND = Ground(lambda step: Chord.parse(("C", "F", "G", "C")[step // 32 % 4]), KEY, 67, 8)


def test_learned_shares_are_shares():
    """Half bars, what follows them, pick-ups and sounding lengths each sum to one."""
    rhythms = habits().rhythms
    assert rhythms.share.sum() == pytest.approx(1.0)
    assert np.exp(rhythms.follows).sum(axis=2) == pytest.approx(1.0)
    assert sum(share for _, share in rhythms.pickups) == pytest.approx(1.0)
    assert rhythms.held.sum(axis=1) == pytest.approx(1.0)
    assert half_features(0b10101000)[0] == 3


def test_learned_singers_prefer_what_is_known_of_singers():
    """Steps over sevenths, chord tones on long notes, the tonic at the end of phrases."""
    pitch = habits().pitch
    assert pitch["interval"][0][13 + 2] > pitch["interval"][0][13 + 11]
    assert pitch["chord"][4][3] > pitch["chord"][0][0]
    assert pitch["final"][0].argmax() == pitch["final"][1].argmax() == 0


def test_plans_look_back_only():
    """A bar relates to an earlier one; a hook pauses in its last two bars only."""
    for seed in range(40):
        for bars in (1, 3, 4, 7, 8, 12):
            plan = phrase_plan(bars, rng(seed, "plan"), paused=False)
            assert len(plan) == bars
            assert all(back <= index for index, (_, back) in enumerate(plan))
            assert all(kind != "rest" for kind, _ in plan[: max(0, bars - 2)])


def test_rhythms_follow_the_wish():
    """A song that wants many notes has more than one that wants few."""
    sizes = []
    for many in (1.5, 4.0):
        wish = habits().rhythms.mean * many / habits().rhythms.mean[0]
        book = RhythmBook(MelodyTable(), FOUR, 100.0, wish, rng(1, "rhythm"))
        before, found = None, []
        for index in range(80):
            before = book.bar(index % 3, before)
            found.append(len(before))
        sizes.append(np.mean(found))
    assert sizes[1] > 1.5 * sizes[0]


@pytest.mark.parametrize("meter", METERS)
def test_bars_lie_in_their_meter(meter):
    """Onsets of every position are ascending steps of the bar."""
    grid = Grid(Meter.parse(meter))
    book = RhythmBook(MelodyTable(), grid, 100.0, habits().rhythms.mean, rng(2, meter))
    before = None
    for index in range(24):
        before = book.bar(index % 4, before)
        assert list(before) == sorted(set(before))
        assert all(0 <= step < grid.steps for step in before)


def test_a_phrase_is_sung_in_its_register_and_scale():
    """Notes never overlap, stay in the register and, over diatonic chords, in the scale."""
    for seed in range(12):
        tones = writer_of(seed).write(GROUND, "song")
        assert all(a.step + a.length <= b.step for a, b in pairwise(tones))
        assert all(57 <= t.pitch <= 79 and t.pitch % 12 in {0, 2, 4, 5, 7, 9, 11} for t in tones)


def test_songs_want_different_things():
    """Wishes are functions of the seed, spread over songs, and lie where the style does."""
    assert wish_of(3).features == wish_of(3).features
    density = [wish_of(seed).features["notes_per_beat"] for seed in range(40)]
    assert np.std(density) > 0.1
    slow = np.mean([wish_of(seed, "ambient").features["notes_per_beat"] for seed in range(40)])
    assert slow < 0.6 * np.mean(density)


def test_endings_change_and_heads_stay():
    """Another ending leaves all but the last half of the phrase alone."""
    changed = 0
    for seed in range(8):
        writer = writer_of(seed)
        tones = writer.write(GROUND, "song")
        again = Returner(writer, GROUND, rng(seed, "return")).ending(tones)
        border = GROUND.bars * FOUR.steps // 2
        assert [(t.step, t.pitch) for t in again if t.step < border] == [(t.step, t.pitch) for t in tones if t.step < border]
        changed += again != tones
    assert changed >= 5


def test_the_filter_knows_what_it_was_told_in_any_key():
    """Figures are found again transposed, others are not."""
    tune = [(2 * i + (i % 3 == 0), 60 + (5 * i) % 11) for i in range(30)]
    other = [(3 * i, 60 + (7 * i) % 13) for i in range(30)]
    memory = Known.of(figures_of(tune), 4000)
    assert memory.count([(s + 16, p + 5) for s, p in tune]) == 30 - FIGURE + 1
    assert memory.count(other) == 0


def test_hooks_differ_and_nothing_is_copied():
    """Twelve seeds of one brief give twelve hooks; no twelve notes in a row are those of a song that was learned from."""
    hooks = set()
    for seed in range(12):
        score = compose(brief("pop", duration_s=90), seed).score
        notes = [(round(n.start / STEP), n.pitch) for n in score.parts["melody"].notes]
        assert known().count(notes) == 0
        chorus = next(s for s in score.sections.values() if s.label == "chorus")
        begin = score.bar_tick(chorus.start_bar) // STEP
        hooks.add(tuple((s - begin, p) for s, p in notes if begin <= s < begin + 32))
    assert len(hooks) == 12


def test_a_solo_breathes_and_goes_on():
    """Breaths shorten only what sounds into them: every note of a solo lasts, after the first breath as before it."""
    for seed in range(12):
        tones = solo_phrase(writer_of(seed), GROUND, (), rng(seed, "solo"))
        assert tones
        assert all(t.length >= 1 for t in tones)


def test_no_major_seventh_is_held_over_a_dominant():
    """A phrase moves where it would sing a major seventh against a minor one, even on a weak beat; over a plain triad it may stay."""
    writer = writer_of()
    held = [Tone(0, 8, 71)]
    over = {name: Ground(lambda _, name=name: Chord.parse(name), KEY, 67, 8) for name in ("C7", "C")}
    assert writer.fitted(held, over["C7"])[0].pitch % 12 in Chord.parse("C7").pitch_classes
    assert writer.fitted([Tone(4, 2, 71)], over["C7"])[0].pitch % 12 in Chord.parse("C7").pitch_classes
    assert writer.fitted(held, over["C"]) == held


@pytest.mark.parametrize("seed", [1, 2])
def test_a_coda_ends_the_tune(seed):
    """The tune of a classical piece sounds to its last bar and ends on the tonic."""
    score = compose(brief("classical", duration_s=80.0, key="D minor"), seed).score
    last = score.parts["melody"].notes[-1]
    assert last.start >= score.end_tick - score.meter_value.ticks_per_bar
    assert last.pitch % 12 == score.key_value.tonic_class


@pytest.mark.parametrize("genre", ["blues", "funk", "jazz", "pop"])
def test_no_style_sings_a_major_seventh_over_a_dominant(genre):
    """Blues, bebop, pentatonic or plain: what is sung over a chord with a minor seventh lacks the major one."""
    voice = Voice(genres()[genre].melody, Key.parse("E minor"), 57, 79, wish_of(1, genre))
    for symbol in ("C7", "A9", "Em7", "B7#9"):
        chord = Chord.parse(symbol)
        assert (chord.root_class + 11) % 12 not in voice.scale_of(chord, voice.key)
