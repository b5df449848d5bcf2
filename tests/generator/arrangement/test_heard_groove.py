"""The drummer takes a reference's groove over: where kick, snare and hat fall, how often, how late, how it swings."""

import numpy as np
from handwritten_song import brief_of, song_of

from contracts.features import DrumVoice, Features, HeardDrums, Measured, Swing
from contracts.music import PPQ, Meter
from services.generator.arrangement import arrange
from services.generator.arrangement.heard_groove import heard_groove

SIXTEENTH = PPQ // 4
FOUR = Meter.parse("4/4")
KICK, SNARE, HAT = (36, 35), (38, 40, 37, 39), (42, 44, 46, 51, 53)


def row(*steps, share=1.0, size=16):
    return tuple(share if i in steps else 0.0 for i in range(size))


def features(swing=None, meter="4/4", confidence=0.9, late=0.0) -> Features:
    """Kick on 1, the "and" of 2 and the "a" of 3, in half of the bars also on 4; snare on 2 and 4; hats in eighths."""
    kick = tuple(max(a, b) for a, b in zip(row(0, 6, 11), row(14, share=0.5), strict=True))
    voices = {
        "kick": DrumVoice(per_bar=3.5, pattern=kick, level=kick, late_ms=row(6, share=late)),
        "snare": DrumVoice(per_bar=2, pattern=row(4, 12), level=row(4, 12), late_ms=row(4, 12, share=late)),
        "hat": DrumVoice(per_bar=8, pattern=row(*range(0, 16, 2)), level=row(*range(0, 16, 2))),
    }
    drums = HeardDrums(steps_per_bar=16, bars=40, voices=voices, confidence=confidence)
    return Features(duration_s=90, sample_rate_hz=48_000, channels=2, analyzed_s=90, meter=meter, drums=drums, swing=swing)


def played(score, keys, section=None):
    """Share of the bars of a section (or of all in which drums play) with a stroke per sixteenth."""
    per_bar = score.meter_value.ticks_per_bar
    bars = range(score.bars)
    if section:
        bars = range(score.sections[section].start_bar - 1, score.sections[section].end_bar - 1)
    hits = np.zeros(16)
    for bar in bars:
        steps = {
            round(n.start / SIXTEENTH) - bar * 16
            for n in score.parts["drums"].notes
            if n.pitch in keys and abs(n.start - bar * per_bar) < 2 * per_bar
        }
        hits += [step in steps for step in range(16)]
    return hits / len(bars)


def test_kick_snare_and_hat_fall_where_the_references_do() -> None:
    """In the choruses of a rock band and of a house track: strokes of every bar in nearly all bars, of half the bars in some, no others."""
    sometimes = []
    for style, chorus in (("rock", "chorus_1"), ("house", "drop_1"), ("pop", "chorus_1")):
        score = arrange(song_of(style), brief_of(style), 1, features=features()).score
        kick = played(score, KICK, chorus)
        assert kick[[0, 6, 11]].min() >= 0.7, style
        assert kick[[2, 3, 5, 7, 9, 13]].max() <= 0.26, style
        sometimes.append(kick[14])
        assert played(score, SNARE, chorus)[[4, 12]].min() >= 0.7, style
    assert 0.1 <= np.mean(sometimes) <= 0.9


def test_without_a_reference_or_with_an_unsure_one_nothing_changes() -> None:
    """The same notes; another meter's pattern is not bent into ours."""
    alone = arrange(song_of("rock"), brief_of("rock"), 1).score
    for other in (None, features(confidence=0.1), features(meter="3/4")):
        assert arrange(song_of("rock"), brief_of("rock"), 1, features=other).score == alone


def test_the_band_swings_as_the_reference() -> None:
    """A straight rock band beside a reference that swings two to one puts its offbeats on the triplet; a straight one takes swing away."""
    swung = arrange(song_of("rock"), brief_of("rock"), 1, features=features(Swing(ratio=2.0, division=8, confidence=0.8))).score
    inside = np.array([n.start % PPQ for n in swung.parts["drums"].notes if n.pitch in HAT]) / PPQ
    off = inside[(inside > 0.3) & (inside < 0.9)]
    assert abs(np.median(off) - 2 / 3) < 0.03
    straight = arrange(song_of("jazz"), brief_of("jazz"), 1, features=features(Swing(ratio=1.0, division=8, confidence=0.8)))
    assert next(d for d in straight.decisions if d.topic == "groove").parameters["swing_ratio"] == 1.0


def test_a_late_snare_is_as_late() -> None:
    """20 ms behind the beat, against the style's own habit; what is beyond the ear's reach is not believed."""
    groove = heard_groove(features(Swing(ratio=1.0, confidence=0.9), late=20.0), FOUR, 120.0)
    assert groove is not None
    assert groove.late("snare", 4 * SIXTEENTH, FOUR.ticks_per_bar) == 20.0
    assert groove.late("clap", 12 * SIXTEENTH, FOUR.ticks_per_bar) == 20.0
    assert groove.late("hat", 4 * SIXTEENTH, FOUR.ticks_per_bar) == 0.0
    for late in (1.0, 90.0):
        found = heard_groove(features(late=late), FOUR, 120.0)
        assert found is not None
        assert not any(found.late_ms["snare"])


def test_a_drummer_who_plays_half_of_the_song_plays_whole_patterns() -> None:
    """Shares of all bars of 0.45 are those of a drummer who rests in the other bars."""
    known = features()
    assert known.drums is not None
    halved = {
        name: voice.model_copy(update={"pattern": tuple(0.45 * share for share in voice.pattern)})
        for name, voice in known.drums.voices.items()
    }
    drums = known.drums.model_copy(update={"voices": halved})
    groove = heard_groove(known.model_copy(update={"drums": drums}), FOUR, 120.0)
    assert groove is not None
    assert groove.chances["kick"][0] == 1.0
    assert groove.patterns["kick"].replace(" ", "")[1] == "X"


def test_a_bar_heard_at_half_the_tempo_is_two_of_ours() -> None:
    """A tempo counted in the other octave: kick on 1 and the "and" of 4, snare on the 3, in the first of two bars; or all twice in one."""
    known = features().model_copy(update={"tempo_bpm": Measured(value=87.0, unit="bpm")})
    twice, half = heard_groove(known, FOUR, 174.0), heard_groove(known, FOUR, 43.5)
    assert twice is not None
    assert half is not None
    assert twice.patterns["snare"] == "|.. .. X. .. .. .. X. .."
    assert half.patterns["snare"] == "|....X... ....X... ....X... ....X..."
    assert twice.late_ms == {}


def test_a_reference_without_drums_may_still_swing() -> None:
    """A piano that swings: the band swings as it does, and the drummer keeps the style's patterns."""
    piano = features(Swing(ratio=1.9, division=8, confidence=0.8)).model_copy(update={"drums": None})
    groove = heard_groove(piano, FOUR, 120.0)
    assert groove is not None
    assert groove.ratio == 1.9
    assert groove.patterns == {}
    assert heard_groove(features().model_copy(update={"drums": None}), FOUR, 120.0) is None
