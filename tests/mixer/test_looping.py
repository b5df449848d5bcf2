"""Loops wrap."""

import numpy as np

from services.mixer.mixing.looping import folded


def test_what_rings_after_the_end_sounds_over_the_beginning():
    """Every sample after the loop is added where it falls when the loop goes round, however often."""
    audio = np.arange(22, dtype=np.float32).reshape(2, 11)
    loop = folded(audio, 4)
    expected = np.zeros((2, 4), dtype=np.float32)
    for n in range(11):
        expected[:, n % 4] += audio[:, n]
    assert np.array_equal(loop, expected)


def test_folding_is_linear():
    """Folded stems sum to the folded mix, so that stems of a loop null like all others."""
    generator = np.random.default_rng(1)
    stems = [generator.standard_normal((2, 1000)).astype(np.float32) for _ in range(3)]
    assert np.allclose(sum(folded(stem, 700) for stem in stems), folded(sum(stems), 700), atol=1e-5)
