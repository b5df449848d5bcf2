"""The measures of `make eval-brief` count right what is right, and wrong what is wrong, on briefs whose truth is known."""

from collections import Counter
from typing import Any

import pytest

from contracts.brief import Brief, SectionPlan, Source, Stated
from contracts.errors import BadInput
from tests.evaluation.brief import OTHER, instruments, share, short_of, table
from tests.evaluation.brief_measures import CORE, Judged, judge, judge_refusal, same_key
from tests.evaluation.brief_truth import Choices, Span, Truth, load

_DEFAULTS: dict[str, Any] = {
    "tempo_bpm": 120.0, "key": "C major", "meter": "4/4", "duration_s": 120.0, "genres": ("pop",), "moods": (), "energy": 0.5,
    "valence": 0.5, "instruments_with": (), "instruments_without": (), "structure": (), "chords": {}, "production": (), "use": "listening",
}  # fmt: skip


def _brief(inferred: dict[str, Any] | None = None, **stated: Any) -> Brief:
    """A brief that states some fields and infers the rest."""
    values = _DEFAULTS | (inferred or {}) | stated
    return Brief(
        **{name: Stated[Any](value=value, source=Source.STATED if name in stated else Source.INFERRED) for name, value in values.items()}
    )


def _truth(**facts: Any) -> Truth:
    return Truth.parse({"number": 1, "language": "en", "text": "words", **facts})


def test_numbers_count_where_they_are_right_and_stated() -> None:
    """The right tempo that is only inferred counts as missed; either of two accepted ones counts; enharmonic keys are the same."""
    truth = _truth(tempo="140|70", key="F# minor", meter="6/8", duration=90)
    good = judge(truth, _brief(tempo_bpm=70.0, key="Gb minor", meter="6/8", duration_s=90.0))
    assert good.right == {"tempo": True, "duration": True, "key": True, "meter": True}
    guessed = judge(truth, _brief({"tempo_bpm": 140.0, "key": "F# minor"}, meter="3/4", duration_s=91.0))
    assert not any(guessed.right.values())
    assert same_key("C aeolian", "C minor")
    assert not same_key("C dorian", "C minor")


def test_words_for_tempo_accept_a_range_and_need_no_statement() -> None:
    """The word slow is a range, whether or not the reader calls it stated; its ends belong to it."""
    assert judge(_truth(tempo="40-90"), _brief({"tempo_bpm": 90.0})).right == {"tempo in words": True}
    assert judge(_truth(tempo="40-90"), _brief({"tempo_bpm": 92.0})).right == {"tempo in words": False}
    assert Span.parse("40-90").holds(40.0)
    assert not Span.parse(124).holds(125.0)


def test_a_style_without_a_pack_counts_where_it_is_told() -> None:
    """No brief can hold "zouk": it is right where a note tells it and its packs play, wrong where they play untold or another is told."""
    truth = _truth(genres=["zouk"])
    brief = _brief(genres=("reggae", "salsa"))
    told = brief.model_copy(update={"notes": ("Zouk and kizomba has no pack of its own yet: reggae and salsa play it.",)})
    other = brief.model_copy(update={"notes": ("Cumbia has no pack of its own yet: salsa plays it.",)})
    beyond = told.model_copy(update={"genres": _brief(genres=("reggae", "metal")).genres})
    assert [judge(truth, one).right["genre"] for one in (brief, told, other, beyond)] == [False, True, False, False]


def test_instruments_are_counted_one_by_one() -> None:
    """A named one that is missing costs recall, an unnamed one precision; alternatives and what may be there cost nothing."""
    truth = _truth(**{"with": ["acoustic_piano", "bass_guitar|double_bass", "?drum_kit"]})
    judged = judge(truth, _brief(instruments_with=("double_bass", "drum_kit", "flute")))
    assert (judged.found, judged.true, judged.needed, judged.hit) == (3, 2, 2, 1)
    assert instruments([judged]) == (pytest.approx(2 / 3), 0.5)
    assert instruments([judge(_truth(), _brief({"instruments_with": ("flute",)}))]) == (0.0, 0.0)
    assert Choices.parse(["?choir"]).needed == ()


def test_negation_needs_every_player_ruled_out_and_none_wanted() -> None:
    """No drums: they must stand among the unwanted and not among the wanted; alone: all whom a style would add are ruled out."""
    truth = _truth(without=["drum_kit", "?percussion"])
    assert judge(truth, _brief(instruments_without=("drum_kit", "percussion"))).right["negation"]
    assert not judge(truth, _brief(instruments_without=("percussion",))).right["negation"]
    assert not judge(truth, _brief(instruments_without=("drum_kit",), instruments_with=("drum_kit",))).right["negation"]
    alone = _truth(**{"with": ["harp"], "only": True})
    assert judge(alone, _brief(instruments_with=("harp",), instruments_without=CORE)).right["alone"]
    assert not judge(alone, _brief(instruments_with=("harp",), instruments_without=CORE[1:])).right["alone"]


def test_what_nobody_said_must_not_be_stated() -> None:
    """A stated key of which the prompt says nothing is counted, an inferred one is not, nor what may be there."""
    assert set(judge(_truth(), _brief(key="D major", structure=(SectionPlan(label="intro"),))).claimed) == {"key", "structure"}
    assert not judge(_truth(), _brief()).claimed
    assert not judge(_truth(maybe=["key"]), _brief(key="D major")).claimed


def test_genres_need_each_named_one_and_no_other_stated() -> None:
    """House and jazz: both, in any order, none beside them; an alternative stands for a subgenre."""
    truth = _truth(genres=["house", "jazz|blues"])
    assert judge(truth, _brief(genres=("blues", "house"))).right["genre"]
    assert not judge(truth, _brief(genres=("house",))).right["genre"]
    assert not judge(truth, _brief(genres=("house", "jazz", "pop"))).right["genre"]


def test_chords_and_form_are_compared_in_order() -> None:
    """Chords by root, quality and bass, spelling aside, by section; labels and bars in order."""
    truth = _truth(chords={"all": ["Am", "F", "Db"]}, sections=["intro", "break|breakdown"], bars=[8, 4])
    plan = (SectionPlan(label="intro", bars=8), SectionPlan(label="breakdown", bars=4))
    good = judge(truth, _brief(chords={"all": ("Am F", "C#")}, structure=plan))
    assert good.right == {"structure": True, "chords": True}
    assert not any(judge(truth, _brief(chords={"all": ("Am", "F")}, structure=plan[::-1])).right.values())


def test_an_impossible_length_must_be_refused_by_name() -> None:
    """Five seconds cannot be a song: the refusal counts as right; the refusal of a possible prompt is wrong in all that it says."""
    refusal = BadInput("duration_s", "five seconds", "10 to 600 seconds")
    assert judge_refusal(_truth(duration=5), refusal).right == {"duration": True}
    assert judge_refusal(_truth(duration=60, tempo=100), refusal).right == {"duration": False, "tempo": False}
    assert judge_refusal(_truth(duration=5), BadInput("tempo_bpm", 5, "more")).right == {"duration": False}


def test_the_table_counts_and_names_what_is_missed() -> None:
    """Half of two tempos is under the aim and said so; the share is that of the prompts that state it."""
    pair = [Judged(1, "en", "a", right={"tempo": True}, needed=1, hit=1, found=1, true=1), Judged(2, "de", "b", right={"tempo": False})]
    assert share(pair, "tempo") == (2, 1)
    assert short_of(pair) == ["tempo 50.0% < 99%"]
    assert "tempo                          2      1   50.0%" in table(pair)


def test_the_prompts_are_many_and_in_seven_languages() -> None:
    """Every table of both files is read, numbered once, and says something; each language has 28 prompts and more."""
    truths = [*load(), *load(OTHER)]
    assert len({one.number for one in truths}) == len(truths) >= 420
    languages = Counter(one.language for one in truths)
    assert set(languages) == {"en", "es", "de", "fr", "pt", "zh", "ja"}
    assert min(languages.values()) >= 28
