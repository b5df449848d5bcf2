"""Instructions about places, single drums, words and earlier versions; and in Portuguese, Italian, Japanese and Chinese."""

import pytest

from contracts.edits import LevelEdit, LyricsEdit, TitleEdit
from contracts.errors import BadInput
from services.enhancer.instructing import read_instruction
from tests.evaluation.instructions import read
from tests.evaluation.instructions_truth import FIFTH, FOURTH, SONGS, load

POP, BALLAD = SONGS["pop"], SONGS["ballad"]
MOST_WRONG = {FOURTH: 2, FIFTH: 0}
"""What these tables' misses were when they were last mended: a new one is a step back."""


@pytest.mark.parametrize("table", [FOURTH, FIFTH], ids=["fourth", "fifth"])
def test_no_instruction_of_the_tables_is_lost_again(table: object) -> None:
    """Of those that were written by hand in eight languages."""
    judged = read(load(table))  # type: ignore[arg-type]
    wrong = [(one.truth.text, one.fault) for one in judged if one.fault]
    assert len(wrong) <= MOST_WRONG[table], wrong  # type: ignore[index]


UNREAD = ["drums quieter in the umpteenth verse", "the fourteenth chorus louder", "the third guitar softer", "hats louder than the kick"]


@pytest.mark.parametrize("words", UNREAD)
def test_what_says_which_one_is_never_left_out(words: str) -> None:
    """Nobody is made louder or softer in their stead, and the words are told beside something that is understood."""
    with pytest.raises(BadInput, match="instruction"):
        read_instruction(words, POP)
    assert read_instruction(f"in G minor. {words}", POP).unread


@pytest.mark.parametrize("words", ["undo that", "go back to the previous version", "mach das rückgängig", "元に戻して", "撤销"])
def test_an_earlier_version_is_pointed_at(words: str) -> None:
    """How to restore it; beside another wish the wish is carried out and the pointer is told."""
    with pytest.raises(BadInput) as refused:
        read_instruction(words, POP)
    assert "restore" in str(refused.value)
    found = read_instruction(f"{words}. 10 bpm faster", POP)
    assert [edit.kind for edit in found.edits] == ["tempo"]
    assert "restore" in found.unread[0]


def test_a_title_is_quoted_and_never_read() -> None:
    """Whatever it says; what stands beside it is read."""
    found = read_instruction('call it "No Drums, Louder Guitar" and make it a bit faster', POP)
    assert [edit.kind for edit in found.edits] == ["title", "tempo"]
    assert isinstance(found.edits[0], TitleEdit)
    assert found.edits[0].title == "No Drums, Louder Guitar"
    for words in ("call it a day", "name it it"):
        with pytest.raises(BadInput, match="instruction"):
            read_instruction(words, POP)


def test_words_to_sing_are_those_that_are_sung() -> None:
    """What nobody sings is told, with the reason; a place beside the words narrows them."""
    with pytest.raises(BadInput, match='othing in this song sings "kazoo"'):
        read_instruction("replace the word 'kazoo' with 'boat'", BALLAD)
    found = read_instruction("in the chorus, change 'paper boats' to 'paper planes'", BALLAD)
    expected = LyricsEdit(find="paper boats", text="paper planes", sections=("chorus_1", "chorus_2"))
    assert found.edits[0].model_copy(update={"words": ""}) == expected


def test_a_drum_that_nobody_strikes_is_told_with_those_that_are() -> None:
    """Where it is known who strikes what."""
    known = POP.model_copy(update={"parts": {**POP.parts, "drums": POP.parts["drums"].model_copy(update={"pieces": ("kick", "snare")})}})
    with pytest.raises(BadInput, match="no cowbell: drums strike kick, snare"):
        read_instruction("more cowbell", known)
    found = read_instruction("more kick", known)
    assert isinstance(found.edits[0], LevelEdit)
    assert (found.edits[0].parts, found.edits[0].pieces) == (("drums",), ("kick",))


def test_one_place_may_differ_from_the_whole() -> None:
    """Two tempos of one place contradict each other; that of the song and that of a section do not."""
    assert len(read_instruction("110 bpm, the bridge at 90 bpm", POP).edits) == 2
    for words in ("the bridge at 90 bpm and the bridge at 100 bpm", "kick louder in bars 5-8 and kick quieter in bars 7-9"):
        with pytest.raises(BadInput, match="contradict"):
            read_instruction(words, POP)
    assert len(read_instruction("kick louder, snare quieter, drums quieter in bars 5-6", POP).edits) == 3
