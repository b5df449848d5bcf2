"""The 320 prompts of the evaluation: all are read right; a sample of them is obeyed to the note in the suite."""

import tomllib
from collections import Counter
from typing import Any

import pytest

from contracts.context import Options
from contracts.music import Chord, Key
from services.enhancer.reading import read_prompt
from services.music.packs.genres import genres
from tests.evaluation.obedience import TABLE, check, load
from tests.evaluation.prompt_grammar import prompts
from tests.evaluation.prompt_words import STYLES

PROMPTS = list(enumerate(load(), 1))


def _symbols(bars: Any) -> list[list[tuple[int, str, int]]]:
    chords = [[Chord.parse(token) for token in bar.split()] for bar in bars]
    return [[(chord.root_class, chord.quality, chord.bass_class) for chord in bar] for bar in chords]


def test_the_table_is_what_the_grammar_says() -> None:
    """Ten different prompts for each of the 32 styles, and the file is the grammar's."""
    written = tomllib.loads(TABLE.read_text("utf-8"))["prompt"]
    assert [(one.pop("text"), one) for one in written] == prompts()
    assert len({facts["text"] for _, facts in PROMPTS}) == 320
    assert Counter(facts["style"] for _, facts in PROMPTS) == dict.fromkeys(STYLES, 10)
    assert set(STYLES) <= set(genres())


def test_every_stated_fact_is_read() -> None:
    """Each fact of each prompt stands in the brief as stated, independently of the seed."""
    wrong = []
    for number, facts in PROMPTS:
        brief = read_prompt(facts["text"], Options(), seed=number)
        key, asked = Key.parse(brief.key.value), Key.parse(facts.get("key", brief.key.value))
        right = {
            "style": brief.genres.value[0] == facts["style"] and facts.get("mixed", facts["style"]) in brief.genres.value,
            "tempo": brief.tempo_bpm.value == facts["tempo"],
            "key": (key.tonic_class, key.mode) == (asked.tonic_class, asked.mode),
            "meter": brief.meter.value == facts.get("meter", "4/4") or "meter" not in facts,
            "duration": brief.duration_s.value == facts.get("duration", brief.duration_s.value),
            "with": set(facts.get("with", ())) <= set(brief.instruments_with.value),
            "without": set(facts.get("without", ())) <= set(brief.instruments_without.value),
            "ending": (brief.ending.value if brief.ending else None) == facts.get("ending"),
            "chords": {n: _symbols(b) for n, b in brief.chords.value.items()}
            == {n: _symbols(b) for n, b in facts.get("chords", {}).items()},
            "form": facts.get("form") in (None, [f"{s.label}:{s.bars}" if s.bars else s.label for s in brief.structure.value]),
        }
        wrong += [f"#{number} {name}: {facts['text']}" for name, fine in right.items() if not fine]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("number", range(5, 321, 29))
def test_what_is_stated_is_in_the_score(number: int) -> None:
    """Key, tempo, meter, chords, length, players, form and ending of a sample, made from the words to the arranged score."""
    found = check(PROMPTS[number - 1])
    assert not found.wrong, f"{found.text}\n{found.wrong}"
