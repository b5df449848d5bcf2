"""The table of `houseband analyze`: what a musician reads of a file."""

from contracts.features import Features, Measured
from houseband.commands.analyze import rows_of

FILE = {"duration_s": 133.04, "sample_rate_hz": 44_100, "channels": 2, "analyzed_s": 133.04}


def test_numbers_have_units_and_guesses_are_called_so() -> None:
    """Tempo with its octaves, the key with how sure it is, borders as a player shows them."""
    heard = Features(
        **FILE,
        tempo_bpm=Measured(value=89.2, unit="bpm", confidence=0.8),
        key="Bb major",
        key_confidence=0.41,
        loudness_lufs=Measured(value=-14.02, unit="LUFS"),
        boundaries_s=(10.8, 63.62),
        energy_curve=(-30.0, -14.0),
    )
    rows = {name: (value, remark) for name, value, remark in rows_of(heard)}
    assert rows["length"][0] == "2:13.0"
    assert rows["tempo"] == ("89.2 bpm", "sure (80%); may be felt as 44.6 or 178.4")
    assert rows["key"] == ("Bb major", "a guess (41%)")
    assert rows["loudness"][0] == "-14.0 LUFS"
    assert rows["changes at"][0] == "0:10.8  1:03.6"
    assert rows["loudness curve"][0] == "▃█"


def test_what_was_not_heard_is_not_invented() -> None:
    """Silence: length and format, and no tempo."""
    rows = {name: value for name, value, _ in rows_of(Features(**FILE | {"channels": 1}))}
    assert rows["format"] == "mono, 44.1 kHz"
    assert rows["key"] == "not heard"
    assert not {"tempo", "loudness", "stereo", "tone"} & set(rows)
