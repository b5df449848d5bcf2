"""Delivered files are read in pieces as they are read whole, whoever reads them."""

import numpy as np
import pytest
import soundfile

from contracts.errors import BadInput
from services.qa.reading import Reader, read_audio


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_are_the_whole(tmp_path, subtype, channels):
    """Every sample once, in order, with a last piece as long as what is left; then nothing."""
    path = tmp_path / "stem.wav"
    soundfile.write(path, np.random.default_rng(2).uniform(-0.9, 0.9, (2500, channels)), 48_000, subtype=subtype)
    with Reader(path) as reader:
        assert reader.frames == 2500
        pieces = [reader.read(1000) for _ in range(4)]
    assert [piece.shape for piece in pieces] == [(channels, size) for size in (1000, 1000, 500, 0)]
    assert np.array_equal(np.concatenate(pieces, axis=1), read_audio(path)[0])


def test_what_is_no_sound_is_named(tmp_path):
    path = tmp_path / "stem.wav"
    path.write_bytes(b"RIFF and nothing else")
    with pytest.raises(BadInput, match=r"stem\.wav"):
        Reader(path)


def test_what_is_not_there_or_no_file_is_named(tmp_path):
    """A stem that went, a folder in its place, and one that ends within its header."""
    (tmp_path / "folder.wav").mkdir()
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, np.zeros((10, 2)), 48_000, subtype="PCM_24")
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[:26])
    for name in ("gone", "folder", "cut"):
        with pytest.raises(BadInput, match=rf"{name}\.wav"):
            Reader(tmp_path / f"{name}.wav")
