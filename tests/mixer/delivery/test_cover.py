"""The cover that is drawn of a song: deterministic, its own, in the colour of its key."""

import io
from colorsys import rgb_to_hls

import numpy as np
import pytest
from PIL import Image

from services.mixer.delivery.cover import SIDE, Stretch, draw
from services.mixer.delivery.png import png

RATE = 48_000
FORM = [Stretch(0.0, 0.5, "verse"), Stretch(0.5, 1.0, "chorus")]


def noise(seed, seconds=4):
    return (0.2 * np.random.default_rng(seed).standard_normal((2, seconds * RATE))).astype(np.float32)


def pixels(picture):
    return np.asarray(Image.open(io.BytesIO(picture.data)))


def test_a_png_holds_its_pixels():
    """Whatever the filters: another reader finds the same numbers."""
    wanted = np.random.default_rng(3).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    wanted[10:20] = 7
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(wanted)))), wanted)


def test_the_same_song_has_the_same_cover_and_another_song_another():
    """1000 x 1000; bytes depend on sound, key and form alone."""
    one = draw(noise(1), RATE, "A minor", FORM)
    assert one.data == draw(noise(1), RATE, "A minor", FORM).data
    assert pixels(one).shape == (SIDE, SIDE, 3)
    others = [draw(noise(2), RATE, "A minor", FORM), draw(noise(1), RATE, "Eb major", FORM), draw(noise(1), RATE, "A minor", FORM[:1])]
    assert len({one.data, *(other.data for other in others)}) == 4


@pytest.mark.parametrize(("key", "hue"), [("C major", 0.02), ("D major", 2 / 12 + 0.02), ("F# minor", 6 / 12 + 0.02)])
def test_the_label_has_the_colour_of_the_key(key, hue):
    """The tonic's place on the circle of fifths."""
    red, green, blue = pixels(draw(noise(1), RATE, key, FORM))[SIDE // 2 + 70, SIDE // 2] / 255
    assert rgb_to_hls(red, green, blue)[0] == pytest.approx(hue, abs=0.02)


def test_silence_and_a_click_have_covers_too():
    """Nothing to divide by."""
    for audio in (np.zeros((2, 10), np.float32), np.eye(2, 5000, dtype=np.float32)):
        assert pixels(draw(audio, RATE, "", [])).std() > 0
