"""Composed melodies lie where real songs lie."""

from statistics import median

import pytest

from services.generator.composition import compose
from services.generator.composition.composer import heard_score
from services.generator.composition.critic import BANDS, measure
from tests.generator.composition.briefs import brief

KEYS = ("C major", "G major", "A minor")


@pytest.mark.parametrize("genre", ["pop", "rock", "country", "folk"])
def test_song_styles_lie_in_the_bands(genre):
    """The medians of three songs lie in the 5–95 % bands of real melodies, with a tenth of slack for so few songs."""
    found = [measure(heard_score(compose(brief(genre, key=KEYS[seed]), seed).score)) for seed in range(3)]
    for name, (low, _, high) in BANDS.items():
        value = median(features[name] for features in found)
        assert 0.88 * low <= value <= 1.12 * high, (name, value)
