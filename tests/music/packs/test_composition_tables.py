"""The tables [form], [harmony] and [melody] of every genre can be played as written."""

import pytest

from contracts.music import Key
from services.generator.composition.functions import function_of
from services.generator.composition.schemes import operations
from services.music.packs.genres import GenrePack, genres
from services.music.packs.harmony_table import modal_tables
from services.music.packs.instruments import instruments
from services.music.packs.melody_table import common_rhythms
from services.music.rng import rng
from services.music.theory.roman import numerals_to_bars, parse_numeral

PACKS = [pytest.param(pack, id=name) for name, pack in genres().items()]


@pytest.mark.parametrize("pack", PACKS)
def test_every_numeral_is_a_chord(pack: GenrePack):
    """Units, endings, substitutions, colours and the final tonic parse; units have 1, 2, 4, 8 or 12 bars."""
    table, key = pack.harmony, Key("Eb", "minor")
    texts = [u.bars for u in table.units]
    assert {len(numerals_to_bars(text)) for text in texts} <= {1, 2, 4, 8, 12}
    texts += [e for endings in (table.open_endings, table.closed_endings) for group in endings.values() for e in group]
    texts += [text for rule in table.substitutions for text in (rule.find, rule.put)] + list(table.tonic.values())
    texts += [f"{numeral}{suffix}" for numeral, shares in table.colours.items() for suffix in shares]
    for text in texts:
        for bar in numerals_to_bars(text):
            assert bar
            assert all(parse_numeral(numeral, key).pitch_classes for numeral in bar)
    assert all(len(rule.find.split()) == len(rule.put.split()) for rule in table.substitutions)


@pytest.mark.parametrize("pack", PACKS)
def test_both_thirds_have_progressions(pack: GenrePack):
    """A song in a major or minor key finds units of its mode; the song's last chord rests on the tonic."""
    assert {"major", "minor"} <= {u.mode for u in pack.harmony.units}
    assert all(parse_numeral(n, Key("C")).root == "C" for n in pack.harmony.tonic.values())


@pytest.mark.parametrize("pack", PACKS)
def test_forms_and_melodies_are_well_formed(pack: GenrePack):
    """Labels have functions and lengths, inner forms add up, rhythms are 16 slots, phrase models exist, leads can sing."""
    for plan in pack.form.plans:
        assert plan.cycles[0] <= plan.cycles[1]
        assert all(function_of(label) for label in (*plan.open, *plan.cycle, *plan.middle, *plan.close))
    for bars, pattern in pack.form.inner.items():
        assert sum(int(token[1:]) for token in pattern.split()) == bars
    table = pack.melody
    assert all(len(pattern) == 16 and set(pattern) <= {"x", "."} for pattern in table.rhythms)
    assert all(len(cell) in (4, 6) for cell in table.cells)
    for model in {*table.schemes, *table.hook_schemes} - {"song"}:  # "song" is drawn from the learned table
        assert len(operations(model, 4, rng(1, "test"))) == 4
    assert all({"melody", "vocal"} & set(instruments()[lead].roles) for lead in table.leads)
    assert all("counter" in instruments()[second].roles for second in table.counter)


def test_modes_have_vamps():
    """The five modes beside major and minor have units and cadences of their own."""
    for mode, table in modal_tables().items():
        key = Key("D", mode)
        for text in (*table.units, *table.open_endings, *table.closed_endings):
            assert all(parse_numeral(n, key) for bar in numerals_to_bars(text) for n in bar)
    assert set(modal_tables()) == {"dorian", "phrygian", "lydian", "mixolydian", "locrian"}
    assert set(common_rhythms()) == {"bars", "four", "six", "three"}
