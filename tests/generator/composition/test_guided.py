"""A reference steers the writing: energies, harmonic rhythm, density; its tune is not written again, its chords stay its own."""

from itertools import pairwise

import numpy as np
import pytest

from contracts.brief import SectionPlan
from contracts.features import Features, HeardLine, HeardSection, Measured
from contracts.music import PPQ
from services.generator.composition import compose
from services.generator.composition.progressions import at_pace, changes_in
from services.generator.guiding import guide_of
from services.music.packs.genres import genre
from services.music.references.figures import line_written, tune_of
from tests.generator.composition.briefs import brief

SHAPE = {"duration_s": 60.0, "sample_rate_hz": 48_000, "channels": 2, "analyzed_s": 60.0}


def pace(per_bar: float) -> Features:
    return Features(**SHAPE, harmonic_rhythm=Measured(value=per_bar, unit="1/bar", confidence=0.9))


def sung(score) -> Features:
    """What a perfect ear hears of a song's melody."""
    beat_s = 60 / score.tempo_bpm
    notes = tuple((n.start / PPQ * beat_s, n.duration / PPQ * beat_s, n.pitch) for n in score.parts["melody"].notes)
    line = HeardLine(notes=notes, low=min(n[2] for n in notes), high=max(n[2] for n in notes), confidence=0.9)
    beats = tuple(i * beat_s for i in range(int(score.music_s / beat_s) + 1))
    return Features(**{**SHAPE, "analyzed_s": score.music_s}, melody=line, beats_s=beats, meter=score.meter,
                    tempo_bpm=Measured(value=score.tempo_bpm, unit="bpm"))  # fmt: skip


@pytest.mark.parametrize("style", ["pop", "folk", "house"])
def test_the_references_tune_is_not_written_again(style) -> None:
    """A song whose reference is what its own seed would write shares no figure with it, and the decision says so."""
    wanted = brief(style, duration_s=45)
    alone = compose(wanted, 3).score
    features = sung(alone)
    assert tune_of(features).shared(line_written(alone.parts["melody"].notes))
    composed = compose(wanted, 3, features)
    for part in composed.score.parts.values():
        assert not tune_of(features).shared(line_written(part.notes))
    assert any(d.topic == "reference: whose tune" and d.choice == "our own" for d in composed.decisions)


def test_sections_rise_and_fall_as_those_of_the_reference() -> None:
    """A loud verse and a soft chorus, where the reference has them; energies of an edited plan stand as they are."""
    labels = ("verse", "chorus", "verse", "chorus")
    plan = tuple(SectionPlan(label=label, bars=8) for label in labels)
    wanted = brief("pop", structure=plan, duration_s=70)
    usual = [s.energy for s in compose(wanted, 1).score.sections.values()]
    theirs = tuple(
        HeardSection(start_s=16.0 * i, end_s=16.0 * i + 16, label=label, letter=label[0], energy=0.9 if label == "verse" else 0.3)
        for i, label in enumerate(labels)
    )
    found = [s.energy for s in compose(wanted, 1, Features(**SHAPE, sections=theirs)).score.sections.values()]
    assert usual[0] < usual[1]
    assert found[0] > found[1]
    assert found[2] > found[3]
    stated = brief("pop", structure=tuple(s.model_copy(update={"energy": e}) for s, e in zip(plan, (0.1, 0.2, 0.3, 0.4), strict=True)))
    assert [s.energy for s in compose(stated, 1).score.sections.values()] == [0.1, 0.2, 0.3, 0.4]


def test_chords_change_as_often_as_in_the_reference() -> None:
    """Over six seeds: half a change a bar against two, on average nearly twice as many."""

    def mean(features) -> float:
        rates = []
        for seed in range(6):
            score = compose(brief("pop", duration_s=50), seed, features).score
            symbols = [event.symbol for event in score.chord_events()]
            rates.append(sum(a != b for a, b in pairwise(symbols)) / score.bars)
        return float(np.mean(rates))

    slow, fast = mean(pace(0.5)), mean(pace(2.0))
    assert fast > 1.7 * slow
    assert 0.3 < slow < 0.85


def test_a_progression_is_held_or_hurried_within_its_phrase() -> None:
    """Four chords in four bars: at half the pace every other one for two bars each, at twice two to a bar; eight bars hold all four."""
    bars = [["I"], ["V"], ["vi"], ["IV"]]
    assert changes_in(bars) == 1.0
    assert at_pace(bars, 4, 0.5) == [["I"], ["I"], ["vi"], ["vi"]]
    assert at_pace(bars, 8, 0.5) == [["I"], ["I"], ["V"], ["V"], ["vi"], ["vi"], ["IV"], ["IV"]]
    assert at_pace(bars, 4, 2.0) == [["I", "V"], ["vi", "IV"]]
    assert at_pace(bars, 4, 1.2) == bars


def test_a_busy_tune_asks_for_a_busy_one() -> None:
    """Notes per beat follow the melody that was heard, by how surely it was heard; an unsure ear changes nothing."""
    table = genre("pop").melody
    notes = tuple((0.2 * i, 0.15, 72 + i % 5) for i in range(290))
    busy = Features(**SHAPE, melody=HeardLine(notes=notes, low=72, high=76, confidence=0.8), tempo_bpm=Measured(value=120, unit="bpm"))
    assert guide_of(busy, 120).melody(table).notes_per_beat[1] > 1.3 * table.notes_per_beat[1]
    assert guide_of(busy, 240).density == pytest.approx(0.5 * (guide_of(busy, 120).density or 0))
    unsure = busy.model_copy(update={"melody": HeardLine(notes=notes, low=72, high=76, confidence=0.1)})
    assert guide_of(unsure, 120).melody(table) == table
    assert guide_of(None, 120).melody(table) is table


def test_changes_are_counted_as_told() -> None:
    """The decision's number is the score's."""
    composed = compose(brief("pop", duration_s=40), 2, pace(1.0))
    told = next(d for d in composed.decisions if d.topic == "reference: harmonic rhythm")
    symbols = [event.symbol for event in composed.score.chord_events()]
    rate = sum(a != b for a, b in pairwise(symbols)) / composed.score.bars
    assert told.choice.startswith(f"{rate:.2f}")
