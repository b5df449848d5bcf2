"""The learned chord statistics are probabilities, and what they write are progressions."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.music import Key
from services.generator.composition.chord_model import Chain, border, history_contexts, learned, length_contexts
from services.generator.composition.progressions import runs_of
from services.generator.composition.unit_writer import HOLD, UnitWriter, bar_of
from services.generator.training.chord_songs import ChordSong, Passage, billboard, numeral_of, pop909
from services.generator.training.chords import FAMILIES, learn
from services.music.theory.roman import parse_numeral


@pytest.mark.parametrize("family", FAMILIES)
def test_shares_are_probabilities(family):
    """After any history every chord and every length has a chance, and together they are certain."""
    model = learned()[family]
    draw = np.random.default_rng(3)
    for _ in range(40):
        history = border("verse") + "".join(draw.choice(list(model.chords.symbols), int(draw.integers(0, 6))))
        shares = model.chords.shares(history_contexts(history, model.order))
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) > 0
        symbol = str(draw.choice(list(shares)))
        assert model.chords.share(symbol, history_contexts(history, model.order)) == pytest.approx(shares[symbol])
        onset = int(draw.integers(0, 64))
        assert sum(model.shares(history, onset).values()) == pytest.approx(1.0)
        assert sum(model.lengths.shares(length_contexts(onset, "4")).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_holds_chords(family):
    """Every numeral parses; starts, ends and shapes are shares; the tonic is the commonest chord of its time."""
    model = learned()[family]
    key = Key("C", "minor" if family.endswith("minor") else "major")
    assert all(parse_numeral(numeral, key).pitch_classes for numeral in model.codes)
    time = model.shares_of("time")
    assert max(time, key=lambda numeral: time[numeral]) == ("i" if key.is_minor else "I")
    for table in ("starts", "ends", "shapes"):
        assert all(0.9 < sum(shares.values()) <= 1.001 for shares in model.tables[table].values())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(FAMILIES),
    st.sampled_from(("verse", "chorus", "bridge", "intro")),
    st.sampled_from((4, 8)),
    st.integers(0, 10_000),
    st.booleans(),
)
def test_written_progressions_are_whole(family, function, bars, seed, loops):
    """So many bars as asked, chords of the family's vocabulary, no bar empty or beginning with a hold, the wanted last chord."""
    model = learned()[family]
    writer = UnitWriter(model, family.split("_")[0], 2.2, loops=loops)
    draw = np.random.default_rng(seed)
    end = writer.end_for(function, draw)
    unit = writer.write(function, bars, [], draw, end)
    assert len(unit) == bars
    for bar in unit:
        assert 1 <= len(bar) <= 4
        assert bar[0] != HOLD
        assert all(token == HOLD or token in model.codes for token in bar)
    assert sum(size for _, _, size in runs_of(unit)) == 4 * bars


def test_a_bar_is_written_shortly():
    """Whole bars have one token, halves two, anything else quarters with holds; runs read them back."""
    assert bar_of(["I"] * 4) == ["I"]
    assert bar_of(["I", "I", "V", "V"]) == ["I", "V"]
    assert bar_of(["I", "I", "I", "V"]) == ["I", HOLD, HOLD, "V"]
    assert runs_of([["I", HOLD, HOLD, "V"], ["V"]]) == [("I", 0, 3), ("V", 3, 5)]


def test_what_was_learned_is_preferred():
    """A model of songs that only know one loop finds that loop far less surprising than its reverse."""
    loop = tuple(((numeral, 4),) for numeral in ("I", "V", "vi", "IV") * 4)
    songs = [ChordSong(str(n), False, False, (Passage("verse", loop), Passage("chorus", loop))) for n in range(16)]
    from services.generator.composition.chord_model import chord_model_of

    model = chord_model_of(learn(songs))
    there = Passage("verse", loop).runs
    back = Passage("verse", loop[::-1]).runs
    assert model.bits(there, "verse") < 1.0 < model.bits(back, "verse")


def test_chains_fall_back_to_shorter_contexts():
    """An unseen context has the shares of the longest seen one; a seen one moves towards its counts."""
    chain = Chain({"": {"A": 3, "B": 1}, "A": {"B": 4}}, "AB")
    assert chain.shares(["XA", "A", ""]) == chain.shares(["A", ""])
    assert chain.share("B", ["A", ""]) > chain.share("B", [""])


def test_annotated_chords_become_numerals():
    """Qualities with a third keep it; sus, power chords and single notes take the mode's."""
    assert numeral_of(10, "maj", minor=True) == "bVII"
    assert numeral_of(2, "min7", minor=False) == "ii"
    assert numeral_of(0, "5", minor=True) == "i"
    assert numeral_of(9, "5", minor=False) == "vi"
    assert numeral_of(7, "sus4(b7)", minor=True) == "V"
    assert numeral_of(11, "hdim7", minor=False) == "vii°"
    assert re.fullmatch("[#b]?[IViv]+", numeral_of(6, "7", minor=False))


BILLBOARD = """# title: A Song
# artist: Nobody
# metre: 4/4
# tonic: D

0.0\tsilence
0.3\tA, verse, | D:maj | D:maj . G:maj A:7 | B:min/b3 E:min | N |, (guitar
9.1\t| G:sus4(b7) | x2, guitar)
20.2\tB, chorus, | A:maj | D:5 | (3/4) G:maj A:maj D:1 |
# tonic: E
30.0\tB, chorus, | B:maj | E:maj |
40.0\tend
"""


def test_billboard_files_are_read(tmp_path):
    """Bars, holds, repeats, silence, moved tonics and sections of an annotation in the set's notation."""
    folder = tmp_path / "SalamiFiles"
    folder.mkdir()
    (folder / "0007.txt").write_text(BILLBOARD, "utf-8")
    (folder / "1007.txt").write_text(BILLBOARD, "utf-8")
    songs = billboard(tmp_path)
    assert len(songs) == 1, "the same title and artist twice"
    song = songs[0]
    assert not song.minor
    assert not song.held_out
    assert [p.function for p in song.passages] == ["verse", "chorus", "chorus"]
    verse, chorus, lifted = (p.bars for p in song.passages)
    assert verse[:4] == ((("I", 4),), (("I", 2), ("IV", 1), ("V", 1)), (("vi", 2), ("ii", 2)), (("ii", 4),))
    assert verse[4:] == ((("IV", 4),), (("IV", 4),))
    assert chorus[0] == (("V", 4),)
    assert chorus[1] == (("I", 4),)
    assert [name for name, _ in chorus[2]] == ["IV", "V", "I"]
    assert lifted == ((("V", 4),), (("I", 4),))


def test_pop909_files_are_read(tmp_path):
    """Beats become bars under their labelled phrases; capital letters are sung; every fifth number is held out."""
    for number in ("003", "005"):
        folder = tmp_path / "POP909" / number
        folder.mkdir(parents=True)
        (folder / "analyzed_key.txt").write_text("A:min\n", "utf-8")
        (folder / "human_label1.txt").write_text("i2A4B4\n", "utf-8")
        lines = ["A:min [9, 0, 4] 9 8", "F:maj [5, 9, 0] 5 2", "G:maj [7, 11, 2] 7 2", "E:7 [4, 8, 11, 2] 4 4", "D:min [2, 5, 9] 2 24"]
        (folder / "finalized_chord.txt").write_text("\n".join(lines) + "\n", "utf-8")
    first, second = pop909(tmp_path)
    assert (first.held_out, second.held_out) == (False, True)
    assert first.minor
    assert [p.function for p in first.passages] == ["intro", "verse", "chorus"]
    assert first.passages[1].bars[:3] == ((("bVI", 2), ("bVII", 2)), (("V", 4),), (("iv", 4),))
