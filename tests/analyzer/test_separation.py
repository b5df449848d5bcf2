"""Stems: bands that sum to the mix everywhere, Demucs where it is (a tiny twin with random weights), and a word on which it was."""

import importlib.util

import numpy as np
import pytest

from contracts.errors import BadInput
from services.analyzer import separation
from services.analyzer.band_stems import STEMS, split_by_bands
from services.analyzer.reading import Recording
from services.analyzer.separation import method_here, separate

HERE = all(importlib.util.find_spec(name) for name in ("torch", "demucs"))


def recording(seconds=3.0, rate=44_100) -> Recording:
    """A bass, a lead in the middle, a wide chord and clicks."""
    rng, t = np.random.default_rng(4), np.arange(int(seconds * rate)) / rate
    middle = 0.3 * np.sin(2 * np.pi * 80 * t) + 0.2 * np.sin(2 * np.pi * 880 * t)
    for at in range(0, len(t) - 500, rate // 2):
        middle[at : at + 400] += rng.normal(0, 0.5, 400) * np.exp(-np.arange(400) / 80)
    wide = 0.1 * np.sin(2 * np.pi * 1320 * t)
    return Recording(np.stack([middle + wide, middle - wide]).astype(np.float32), rate, seconds, rate, 2)


@pytest.mark.parametrize(("seconds", "rate"), [(3.0, 44_100), (1.7, 22_050), (0.01, 48_000), (2.0, 8000)])
def test_stems_by_bands_sum_to_the_mix(seconds, rate) -> None:
    """Null test at every rate and length: the four stems together are the mix within 110 dB."""
    mix = recording(seconds, rate).audio
    stems = split_by_bands(mix, rate)
    assert tuple(stems) == STEMS
    assert np.abs(sum(stems.values()) - mix).max() < 3e-6


def test_each_band_stem_holds_what_it_is_named_after() -> None:
    """80 Hz lies in the bass, a middle 880 Hz in the vocals, a side 1320 Hz in the rest, clicks in the drums; silence stays silent."""
    mix = recording()
    stems = split_by_bands(mix.audio, mix.rate_hz)

    def share(name: str, hz: float, side: bool = False) -> float:
        sums = {stem: audio[0] - audio[1] if side else audio[0] + audio[1] for stem, audio in stems.items()}
        probe = np.exp(-2j * np.pi * hz * np.arange(mix.audio.shape[1]) / mix.rate_hz)
        found = {stem: abs((audio * probe).sum()) ** 2 for stem, audio in sums.items()}
        return found[name] / sum(found.values())

    assert share("bass", 80) > 0.9
    assert share("vocals", 880) > 0.8
    assert share("other", 1320, side=True) > 0.8
    click = slice(mix.rate_hz, mix.rate_hz + 400)
    hiss = {name: np.abs(np.diff(audio[:, click], 3)).mean() for name, audio in stems.items()}
    assert hiss["drums"] > 0.7 * sum(hiss.values())
    assert not any(audio.any() for audio in split_by_bands(np.zeros((2, 9000), np.float32), 44_100).values())


def test_without_weights_bands_are_taken_and_the_reason_is_told(monkeypatch) -> None:
    """Asked for auto it falls back and says why; demucs alone is refused with the same reason; none does nothing."""
    monkeypatch.delenv(separation.REPO, raising=False)
    stems = separate(recording(0.5), "auto")
    assert stems.how.method == method_here("auto") == "bands"
    assert "not installed" in stems.how.why or "no weights" in stems.how.why
    with pytest.raises(BadInput, match="separate: 'demucs'"):
        separate(recording(0.5), "demucs")
    assert separate(recording(0.5), "none").audio == {}


@pytest.mark.skipif(not HERE, reason="torch and demucs are not installed")
class TestDemucs:
    """The network's route, by a tiny twin of HTDemucs with random weights."""

    @pytest.fixture(autouse=True)
    def twin(self, tmp_path, monkeypatch):
        """A model in the layout of Demucs' local repositories."""
        import torch
        from demucs.htdemucs import HTDemucs
        from demucs.states import save_with_checksum

        torch.manual_seed(0)
        shape = {"sources": ["drums", "bass", "other", "vocals"], "samplerate": 44_100, "segment": 2, "channels": 8, "depth": 3}
        shape |= {"t_layers": 1, "t_heads": 2, "nfft": 2048, "bottom_channels": 0}
        package = {"klass": HTDemucs, "args": [], "kwargs": shape, "state": HTDemucs(**shape).state_dict(), "training_args": {}}
        save_with_checksum(package, tmp_path / "tiny.th")
        monkeypatch.setenv(separation.REPO, str(tmp_path))
        monkeypatch.setenv(separation.MODEL, "tiny")

    def test_stems_are_those_of_the_model_and_the_same_each_time(self) -> None:
        """Four stems as long as the mix, bit for bit alike in two runs; progress goes forward; the model is named."""
        seen: list[float] = []
        first, second = separate(recording(6.0), "auto", seen.append), separate(recording(6.0), "demucs")
        assert first.how.method == "demucs"
        assert first.how.model == "tiny"
        assert sorted(first.audio) == ["bass", "drums", "other", "vocals"]
        assert all(np.array_equal(first.audio[name], second.audio[name]) for name in first.audio)
        assert first.audio["bass"].shape == (2, 6 * 44_100)
        assert seen == sorted(seen)
        assert seen[-1] > 0

    def test_whoever_tells_the_progress_can_stop_it(self) -> None:
        """What the callback raises ends the child and is raised."""

        def stop(share: float) -> None:
            if share > 0:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            separate(recording(20.0), "auto", stop)

    def test_a_model_that_is_not_there_leaves_the_bands(self, monkeypatch) -> None:
        """A wrong name: bands, and the reason names the model."""
        monkeypatch.setenv(separation.MODEL, "nobody")
        stems = separate(recording(0.5), "auto")
        assert stems.how.method == "bands"
        assert "nobody" in stems.how.why
