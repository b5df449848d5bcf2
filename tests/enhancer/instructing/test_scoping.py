"""Words that limit, turn or measure a change: the opposite of what is asked, or the wrong place, is worse than nothing made."""

import pytest

from contracts.edits import Edit
from contracts.errors import BadInput
from services.enhancer.instructing import read_instruction
from tests.evaluation.instructions import fault_of, read
from tests.evaluation.instructions_truth import SEVENTH, SIXTH, SONGS, load

POP = SONGS["pop"]
MOST_WRONG = {SIXTH: (5, 0), SEVENTH: (19, 5)}
"""Misses, and wrong edits without a word, when the reader was last mended: a new one is a step back."""


@pytest.mark.parametrize("table", [SIXTH, SEVENTH], ids=["sixth", "seventh"])
def test_hostile_words_are_not_silently_misread_again(table: object) -> None:
    """Of the two tables that were written to be misread."""
    judged = read(load(table))  # type: ignore[arg-type]
    wrong, silent = ([one.truth.text for one in judged if test(one)] for test in (lambda one: one.fault, lambda one: one.silent))
    assert (len(wrong) <= MOST_WRONG[table][0], len(silent) <= MOST_WRONG[table][1]) == (True, True), (wrong, silent)  # type: ignore[index]


ASKED = {
    "remove the fade": "ending ending=natural",
    "add a fade": "ending ending=fade",
    "half as much reverb": "mix reverb_db=-6",
    "twice as much reverb": "mix reverb_db=6",
    "drums half as loud": "level parts=drums db=-6",
    "take the echo off the guitar": "mix electric_guitar.delay_db=-120",
    "the strings should only come in from the second chorus on": "remove parts=string_ensemble sections=intro,verse_1,chorus_1,verse_2",
    "strings from the second chorus on only": "remove parts=string_ensemble sections=intro,verse_1,chorus_1,verse_2",
    "bring the bass in at the first chorus": "remove parts=bass sections=intro,verse_1",
    "ab der Bridge ohne Bass": "remove parts=bass sections=bridge,chorus_3,outro",
    "no bass before the bridge": "remove parts=bass sections=intro,verse_1,chorus_1,verse_2,chorus_2",
    "no bass after the bridge": "remove parts=bass sections=chorus_3,outro",
    "drop the bass in the bar before the bridge": "remove parts=bass bars=36-36",
    "guitar just in verse 1": "remove parts=electric_guitar sections=!verse_1",
    "just guitar in verse 1": "remove parts=!electric_guitar sections=verse_1",
    "everything but the chorus quieter": "level sections=!chorus_1,chorus_2,chorus_3 db<0",
    "louder drums, but only in the bridge": "level parts=drums sections=bridge db>0",
    "louder from bar 17 on": "level bars=17-56 db>0 | level sections=!intro,verse_1 db>0",
    "make verse 2 different from verse 1": "rewrite sections=verse_2",
    "i want the piano to play sparser chords": "rewrite parts=acoustic_piano density<0",
    "bass drum and bass quieter": "level parts=drums pieces=kick db<0; level parts=bass db<0",
    "make the drums more laid back": "feel parts=drums looseness=0.6",
    "vocals a bit more to the front": "level parts=melody db=1.5",
    "key change for the last chorus please": "key key=B_minor sections=chorus_3",
    "start straight with the chorus": "form action=remove section=intro; form action=remove section=verse_1",
    "drop the tempo to 100": "tempo bpm=100",
    "the drums louder, no, the bass louder": "level parts=bass db>0; unread=drums",
}


@pytest.mark.parametrize("words", ASKED)
def test_what_turns_or_limits_a_change_is_part_of_it(words: str) -> None:
    """Nothing else is made, and nothing is left unread."""
    found = read_instruction(words, POP)
    assert "" in [fault_of(found, asked, POP) for asked in ASKED[words].split(" | ")], found.edits


REFUSED = (
    "let the bass drop out right before the final chorus", "double the melody an octave up in the choruses", "halve the swing",
    "make the bridge as loud as the choruses", "drums as loud as in the chorus", "make the last chorus like the first verse",
    "instead of the bridge, another verse", "cancel the key change in the last chorus", "the last chorus without the key change",
    "all drums except the kick out in the bridge", "start straight with the outro", "kill it in the chorus", "simpler chords",
    "one bar of silence before the last chorus", "longer fade", "cut to the chorus",
    "remove the tension from the bridge", "lose the swagger in the verses", "take the feel out of the chorus",
    "remove the lyrics in the bridge", "cut everything before the first chorus", "no chorus at the end", "reverb only on the vocals",
    "drums out between the first chorus and the bridge", "the drums louder, no, quieter",
)  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_done_as_it_is_limited_is_not_done_without(words: str) -> None:
    """Beside another wish it is told as unread; alone it is refused."""
    with pytest.raises(BadInput, match="instruction"):
        read_instruction(words, POP)
    found = read_instruction(f"in G minor. {words}", POP)
    kinds: list[Edit] = [edit for edit in found.edits if edit.kind != "key"]
    assert not kinds
    assert found.unread
