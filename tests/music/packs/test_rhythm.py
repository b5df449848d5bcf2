"""The playing data: every pattern reads, every name that a pack uses exists."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.generator.arrangement.grooves import learned
from services.music.packs.genres import genres
from services.music.packs.instruments import instruments
from services.music.packs.rhythm import DRUM_VOICES, PERCUSSION_VOICES, BassTable, DrumTable, playing

SOUNDS = Path(__file__).parents[3] / "services" / "generator" / "production"
_INSTRUMENTS = sorted((Path(__file__).parents[3] / "services" / "music" / "packs" / "instruments").glob("*.toml"))
_FILES = (*(SOUNDS / "patches").glob("*.dsp"), *(SOUNDS / "kits").glob("*.toml"))
_SAMPLED = {name for path in _INSTRUMENTS for name in tomllib.loads(path.read_text("utf-8")).get("sound", {}).get("patches", {})}
PATCHES = {p.stem for p in _FILES} | {"kit_acoustic", "kit_jazz"} | _SAMPLED


@pytest.mark.parametrize("style", sorted(genres()))
def test_a_genre_names_only_what_exists(style: str) -> None:
    """Voices, textures, feels, patches and instruments of a pack are known."""
    pack, shared = genres()[style], playing()
    for level in (pack.drums.low, pack.drums.mid, pack.drums.high, pack.drums.half):
        assert set(level) <= set(DRUM_VOICES)
        assert set("".join(p for patterns in level.values() for p in patterns)) <= set("Xxo. ")
    assert set(pack.drums.percussion) <= set(PERCUSSION_VOICES)
    assert pack.drums.feel in learned()
    assert {t for names in pack.comping.textures.values() for t in names} <= set(shared.texture)
    assert set(pack.patches.values()) <= PATCHES
    known = set(instruments()) | {f"{i}_2" for i in instruments()}
    assert set(pack.arrangement.extras) <= known
    assert set(pack.comping.textures) <= known


@pytest.mark.parametrize("style", sorted(genres()))
def test_every_genre_can_drum_when_asked(style: str) -> None:
    """Each level of energy has a groove with a kick, a snare or toms, whether or not the style drums by itself."""
    table = genres()[style].drums
    for level in (table.mid or table.low, table.high or table.mid):
        assert level


def test_bass_patterns_use_bass_characters() -> None:
    """Bass patterns hold degrees, approach, mute, hold and rest only."""
    for pack in genres().values():
        for pattern in (*pack.bass.low, *pack.bass.mid, *pack.bass.high):
            assert set(pattern) <= set("135678vamn-. "), (pack.id, pattern)


def test_textures_use_comping_characters() -> None:
    """Textures hold chords, strums, single voices, holds and rests only."""
    for name, texture in playing().texture.items():
        for pattern in (*texture.low, *texture.mid, *texture.high):
            assert set(pattern) <= set("XxoDdusp123456btv-. "), (name, pattern)


def test_a_pattern_that_is_no_bar_is_refused() -> None:
    """Three cells are no 4/4 bar, and a cell of five characters is no beat."""
    with pytest.raises(ValidationError):
        DrumTable(low={"kick": ("x... x... x...",)})
    with pytest.raises(ValidationError):
        BassTable(mid=("1---- ---- ---- ----",))
