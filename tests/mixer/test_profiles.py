"""Strips: the role's, then the instrument's, then what the genre says itself."""

import pytest

from contracts.errors import BadInput
from contracts.sound import Bell
from services.mixer import profiles as module
from services.mixer.profiles import profile, profiles, source_strip
from services.music.packs.instruments import Instrument, instruments


def test_every_instrument_has_a_strip_that_the_mixer_understands():
    """Each file's [strip] validates, alone and merged into every genre's strips of the roles that it plays."""
    for name, entry in instruments().items():
        assert (source_strip(name) is None) == (not entry.strip)
        for style in profiles().values():
            for role in entry.roles:
                assert style.strip(role, name, None).level_lu < 12


@pytest.fixture
def guitar(monkeypatch):
    """An instrument of one's own in the catalogue; its strip as given."""

    def made(**strip):
        entry = instruments()["acoustic_guitar"].model_copy(update={"id": "test_guitar", "strip": strip})
        monkeypatch.setattr(module, "instruments", lambda: {"test_guitar": Instrument.model_validate(entry.model_dump())})
        source_strip.cache_clear()

    yield made
    source_strip.cache_clear()


def test_an_instruments_bands_come_beside_the_roles_and_its_high_pass_instead(guitar):
    """Bands add; what the genre says of the same key wins; level and place stay the role's."""
    guitar(eq=[{"hz": 2500, "db": -2.0}], highpass_hz=77.0, compression={"ratio": 3.0}, saturation_db=2.0)
    for genre, highpass in (("pop", 77.0), ("ambient", 70.0)):
        plain, own = (profile(genre).strip("harmony", name, None) for name in ("marimba", "test_guitar"))
        assert own.eq == (*plain.eq, Bell(hz=2500, db=-2.0))
        assert own.highpass_hz == highpass  # ambient's harmony says 70 Hz itself
        assert (own.level_lu, own.pan, own.hall_db) == (plain.level_lu, plain.pan, plain.hall_db)
    pop = profile("pop").strip("harmony", "test_guitar", None)
    assert (pop.compression.ratio, pop.compression.attack_ms, pop.saturation_db) == (3.0, 18.0, 2.0)


def test_a_strip_that_is_none_is_told(guitar):
    """An instrument's file cannot move the fader."""
    guitar(level_lu=3.0)
    with pytest.raises(BadInput, match=r"instruments\.test_guitar\.strip\.level_lu"):
        profile("pop").strip("harmony", "test_guitar", None)
