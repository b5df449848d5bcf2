"""Every pack, ours and a user's: all names exist, all chords parse, and errors say what to change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.errors import BadInput
from contracts.music import MODES, Key, Meter
from services.generator.arrangement.metre import groups, held_steps, steps
from services.generator.production.sounds import sounds
from services.mixer.profiles import profile, profiles
from services.music.packs.checking import faults
from services.music.packs.genres import GenrePack, genre, genres, own_packs, use_packs
from services.music.packs.rhythm import playing
from services.music.theory.roman import numerals_to_bars, parse_numeral

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "packs"
METERS = ("2/4", "3/4", "4/4", "5/4", "7/8", "6/8", "9/8", "12/8")
WANTED = {
    "pop", "rock", "classical", "jazz", "electronic", "folk", "blues", "country", "reggae", "funk", "house", "dubstep",
    "lofi_hip_hop", "ambient", "techno", "trance", "drum_and_bass", "trap", "boom_bap", "rnb_soul", "synthwave", "disco", "chiptune",
}  # fmt: skip
SMALL = """id = "mine"
name = "Mine"
synonyms = ["my own music"]
[identity]
tempo_bpm = [90, 100, 110]
meters = ["4/4"]
energy = 0.5
valence = 0.5
minor_share = 0.5
band = ["acoustic_piano"]
"""


@pytest.fixture
def own() -> Iterator[None]:
    """Whatever a test hands in is taken back."""
    yield
    use_packs(())


def test_the_styles_are_there() -> None:
    """The catalogue of styles has the ones that prompts are promised."""
    assert set(genres()) >= WANTED


@pytest.mark.parametrize("pack", list(genres().values()), ids=lambda pack: pack.id)
def test_every_name_in_a_pack_exists(pack: GenrePack) -> None:
    """Instruments, textures, drum voices, sounds, numerals, rhythms and phrase models of every pack exist."""
    assert not list(faults(pack, sounds()))


@pytest.mark.parametrize("pack", list(genres().values()), ids=lambda pack: pack.id)
def test_every_chord_parses_in_every_key(pack: GenrePack) -> None:
    """Every numeral of a pack is a chord on every tonic of its mode, with at least three notes or a bare fifth."""
    for unit in pack.harmony.units:
        for tonic in ("C", "F#", "Db", "A"):
            for numeral in (n for bar in numerals_to_bars(unit.bars) for n in bar):
                assert len(parse_numeral(numeral, Key.parse(f"{tonic} {unit.mode}")).pitch_classes) >= 2, numeral


@pytest.mark.parametrize("pack", list(genres().values()), ids=lambda pack: pack.id)
def test_every_pattern_plays_in_every_meter(pack: GenrePack) -> None:
    """Grooves, percussion, bass and textures give steps inside the bar, in order, with a stroke on some beat, in eight meters."""
    drums = [p for level in (pack.drums.low, pack.drums.mid, pack.drums.high, pack.drums.half) for ps in level.values() for p in ps]
    drums += [p for ps in pack.drums.percussion.values() for p in ps]
    lines = [p for level in (pack.bass.low, pack.bass.mid, pack.bass.high) for p in level]
    textures = [playing().texture[name] for names in pack.comping.textures.values() for name in names]
    lines += [p for texture in textures for level in ("low", "mid", "high") for p in texture.at(level)]
    for text in METERS:
        meter = Meter.parse(text)
        for bar in range(2):
            length = sum(group.length for group in groups(meter, bar))
            for pattern in drums:
                played = steps(pattern, meter, bar, keep_time=True)
                assert all(0 <= step.tick < length for step in played)
                assert [s.tick for s in played] == sorted(s.tick for s in played)
            for pattern in lines:
                assert all(s.tick >= 0 and s.tick + s.length <= length + 1 for s in held_steps(pattern, meter, bar))


def test_every_mode_finds_chords() -> None:
    """Styles that name a mode name one that there is; every style has progressions for major and minor, or is one of them."""
    for pack in genres().values():
        modes = {unit.mode for unit in pack.harmony.units}
        assert modes <= set(MODES), pack.id
        assert modes & {"major", "minor"}, pack.id


def test_the_example_of_the_documentation_is_a_pack(own: None) -> None:
    """The documented example loads, is in the catalogue, and takes the mix that it names."""
    (found,) = use_packs((EXAMPLES,))
    assert (found.id, found.overrides) == ("night_bus", False)
    assert "night_bus" in genres()
    assert not list(faults(genre("night_bus"), sounds()))
    assert profile("night_bus") == profiles()["lofi_hip_hop"]


def test_a_pack_of_ones_own_stands_in_place_of_ours(tmp_path: Path, own: None) -> None:
    """A pack with an id of ours overrides it; of two folders the first wins; without folders ours is back."""
    for name, tempo in (("first", 90), ("second", 80)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "house.toml").write_text(SMALL.replace('"mine"', '"house"').replace("[90,", f"[{tempo},"), "utf-8")
    (found,) = use_packs((tmp_path / "first", tmp_path / "second"))
    assert found.overrides
    assert found.path.parent.name == "first"
    assert genre("house").identity.tempo_bpm[0] == 90
    use_packs(())
    assert genre("house").identity.tempo_bpm[0] == 115
    assert own_packs() == ()


@pytest.mark.parametrize(
    ("change", "field", "value", "allowed"),
    [
        (("[90, 100, 110]", "[100, 90, 110]"), "identity.tempo_bpm", "[100.0, 90.0, 110.0]", "rising"),
        (('["acoustic_piano"]', '["piano_forte"]'), "identity.band", "piano_forte", "acoustic_piano"),
        (("energy = 0.5", "energy = 1.5"), "identity.energy", "1.5", "less than or equal to 1"),
        (("minor_share", "minor_shares"), "identity.minor_share", "nothing", "required"),
        (
            ("[identity]", '[comping.textures]\nacoustic_piano = ["rodes"]\n[identity]'),
            "comping.textures.acoustic_piano",
            "rodes",
            "rhodes",
        ),
        (("[identity]", '[drums]\nmid.kick = ["x... x..."]\n[identity]'), "drums.mid.kick.0", "x... x...", "whole bars"),
        (("[identity]", '[drums]\nmid.kik = ["x... x... x... x..."]\n[identity]'), "drums.mid.kik", "kik", "kick"),
        (("[identity]", '[harmony]\nunits = [{ bars = "I | H7" }]\n[identity]'), "harmony.units.0.bars", "H7", "I–VII"),
        (("[identity]", "[bass]\nlegatto = 0.5\n[identity]"), "bass.legatto", "0.5", "legato"),
        (('"4/4"', '"4/5"'), "identity.meters", "4/5", ""),
    ],
)
def test_what_is_wrong_is_named(change: tuple[str, str], field: str, value: str, allowed: str, tmp_path: Path, own: None) -> None:
    """A refused pack is told by file, field, value and what is allowed, and what was in use before stays."""
    (tmp_path / "mine.toml").write_text(SMALL.replace(*change), "utf-8")
    with pytest.raises(BadInput) as refused:
        use_packs((tmp_path,))
    assert refused.value.field == f"mine.toml: {field}"
    assert value in refused.value.value
    assert allowed in refused.value.allowed
    assert str(tmp_path) in str(refused.value)
    assert own_packs() == ()


def test_a_folder_that_is_not_there_and_a_text_that_is_no_toml(tmp_path: Path, own: None) -> None:
    """A missing folder and a broken file are named."""
    with pytest.raises(BadInput, match="nowhere"):
        use_packs((tmp_path / "nowhere",))
    (tmp_path / "broken.toml").write_text("id = ", "utf-8")
    with pytest.raises(BadInput, match=r"broken\.toml"):
        use_packs((tmp_path,))
