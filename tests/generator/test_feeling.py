"""Moods are heard in the notes, further genres lend roles, a solo stays a solo."""

from itertools import pairwise
from statistics import mean, median

import pytest

from contracts.brief import Brief, Source, Stated
from contracts.context import Options
from contracts.music import Role, Score
from services.enhancer.reading import read_prompt
from services.generator.arrangement import arrange
from services.generator.blending import blended, lent_roles
from services.generator.composition import compose
from services.generator.feeling import NEUTRAL, Feeling, feeling_of
from services.music.packs.genres import genre, genres
from services.music.packs.moods import moods, touch
from tests.evaluation.ours import brief_of


def song(brief: Brief, seed: int = 1) -> Score:
    return arrange(compose(brief, seed).score, brief, seed).score


def felt(mood: str, valence: float, **stated: object) -> Brief:
    """Everything equal but the mood: same style, key, tempo, energy."""
    return brief_of("pop", 0, moods=(mood,), valence=valence, duration_s=60.0, energy=0.5, **stated)


def share_sounding(score: Score, role: Role) -> float:
    """Mean share of the time to the next onset that a part's notes sound."""
    shares = []
    for part in score.parts.values():
        if part.role is role:
            starts = sorted({note.start for note in part.notes})
            following = dict(pairwise(starts))
            shares += [min(n.duration / (following[n.start] - n.start), 1.5) for n in part.notes if n.start in following]
    return mean(shares)


def test_every_word_of_the_moods_has_a_touch():
    """Dynamics and articulation of every mood are words that the players know."""
    for mood in moods().values():
        assert mood.dynamics in touch().dynamics
        assert mood.articulation in touch().articulation


def test_no_mood_and_the_styles_valence_leave_the_style_alone():
    """Without a mood nothing changes."""
    assert feeling_of(brief_of("jazz"), genre("jazz")) == NEUTRAL == Feeling()


def test_a_mood_is_heard_in_dynamics_articulation_register_and_chords():
    """Of two songs equal in all else, the happy one is louder, shorter of breath, higher and has fewer dark chords."""
    happy, sad = song(felt("happy", 0.95)), song(felt("sad", 0.1))
    notes = {name: list(score.parts["melody"].notes) for name, score in (("happy", happy), ("sad", sad))}
    assert mean(n.velocity for n in notes["happy"]) > mean(n.velocity for n in notes["sad"]) + 8
    assert median(n.pitch for n in notes["happy"]) > median(n.pitch for n in notes["sad"])
    assert share_sounding(happy, Role.BASS) < 0.8 * share_sounding(sad, Role.BASS)
    dark = [mean(e.chord.is_minor for e in score.chord_events()) for score in (happy, sad)]
    assert dark[0] <= dark[1]


def test_moods_colour_chords_but_never_stated_ones():
    """Romantic chords have sevenths and ninths in most songs; chords that the user stated stay as written."""
    colours = [e.chord.quality for seed in range(4) for e in compose(felt("romantic", 0.7), seed).score.chord_events() if e.chord.quality]
    assert len({"maj7", "maj9", "m7"} & set(colours)) >= 2
    stated = compose(felt("romantic", 0.7, chords={"all": ("C", "G", "Am", "F")}), 1).score
    assert {str(e.chord) for e in stated.chord_events()} <= {"C", "G", "Am", "F"}


@pytest.mark.parametrize("prompt", ["house with a dubstep bass", "a house track, dubstep bass"])
def test_the_second_genre_plays_what_the_words_give_it(prompt):
    """A house track with a dubstep bass has the wobble of dubstep, pattern and sound, over the drums of house."""
    brief = read_prompt(prompt, Options())
    assert brief.genres.value[0] == "house"
    assert lent_roles(brief) == {"bass": "dubstep"}
    score = song(brief.model_copy(update={"duration_s": Stated(value=60.0, source=Source.STATED)}))
    assert score.parts["bass"].patch == genre("dubstep").patches["synth_bass"]
    assert "wobble_rate" in score.parts["bass"].controls
    assert score.parts["drums"].patch == genre("house").patches["drum_kit"]


def test_every_genre_can_join_every_other():
    """Each pair of styles makes one pack; what is lent comes from the second, the form from the first."""
    for lead in genres():
        for other in genres():
            if lead != other:
                brief = brief_of(lead, genres=(lead, other))
                pack = blended(brief)
                assert pack.id == lead
                assert pack.form == genre(lead).form
                assert set(lent_roles(brief).values()) == {other}


@pytest.mark.parametrize("words", ["solo piano", "just piano and violin", "a solo cello piece", "only drums", "a duo for flute and piano"])
def test_a_solo_stays_a_solo(words):
    """Where the words name all the players there are no others, and nobody who plays single notes sits there twice."""
    brief = read_prompt(f"{words}, 40 seconds", Options())
    score = song(brief)
    assert {part.instrument for part in score.parts.values()} == set(brief.instruments_with.value)
    single = [p.instrument for p in score.parts.values() if p.instrument in ("cello", "violin", "flute")]
    assert len(single) == len(set(single))


def test_soloists_breathe():
    """In jazz solos the lead is silent for a beat or more at least once in four bars, as real players are."""
    score = compose(brief_of("jazz", 0, duration_s=120.0), 2).score
    bar = score.meter_value.ticks_per_bar
    for name, section in score.sections.items():
        if not name.startswith("solo"):
            continue
        start, end = (section.start_bar - 1) * bar, (section.end_bar - 1) * bar
        notes = [n for n in score.parts["melody"].notes if start <= n.start < end]
        gaps = [b.start - a.end for a, b in pairwise(notes)]
        assert sum(gap >= bar // 4 for gap in gaps) >= section.bars / 8


def test_who_plays_alone_comes_forward():
    """Bars with few players are lifted by at most seven dB, the full ones not at all, and a solo only breathes, both hands as one."""
    score = song(brief_of("funk", 0, duration_s=60.0), 2)
    bar = score.meter_value.ticks_per_bar
    parts = {name: part for name, part in score.parts.items() if part.role is not Role.FX}
    curves = {part.controls["gain_db"] for part in parts.values() if "gain_db" in part.controls}
    assert curves
    full = max(range(score.bars), key=lambda b: sum(any(b * bar <= n.start < (b + 1) * bar for n in p.notes) for p in parts.values()))
    for curve in curves:
        assert [gain for tick, gain in curve if tick <= full * bar][-1] == 0.0
        assert all(-3.5 <= gain <= 7.0 for _, gain in curve)
    alone = song(read_prompt("solo piano, 40 seconds", Options()))
    hands = {part.controls.get("gain_db", ()) for part in alone.parts.values()}
    assert len(hands) == 1
    assert all(gain <= 0.0 for _, gain in hands.pop())


def test_chords_leave_the_lead_its_room():
    """At nine of ten melody notes no chord player sounds above the lead, in styles with song melodies."""
    for style in ("pop", "country", "reggae"):
        score = song(brief_of(style, 0, duration_s=60.0), 3)
        chords = [p.notes for p in score.parts.values() if p.role in (Role.HARMONY, Role.PAD)]
        sung = score.parts["melody"].notes
        above = [any(c.pitch > n.pitch for c in notes if c.start < n.end and c.end > n.start) for n in sung for notes in chords]
        assert mean(above) <= 0.1, style
