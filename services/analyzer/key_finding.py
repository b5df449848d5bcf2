"""The key of a stretch of music: which of 24 explains its chords and pitch classes, and where it is at home.

Relative keys share their notes and most chords; what tells them apart is what the music begins and ends with, what lies in
the bass, and where dominants lead. Each of these is a number per key.
"""

import numpy as np
import numpy.typing as npt

from contracts.music.key import Key
from services.analyzer.chord_grid import Grid
from services.analyzer.chord_model import QUALITIES, STATES
from services.analyzer.key_chords import KEYS, MODES, quality_shares, shares_in_keys
from services.music.audio.chroma import MAJOR_PROFILE, MINOR_PROFILE
from services.music.audio.keygram import CLASSES

Array = npt.NDArray[np.float64]
Heard = npt.NDArray[np.float32]

_MINOR_TRIADS = tuple(QUALITIES.index(q) for q in ("m", "m7"))
_MAJOR_TRIADS = tuple(QUALITIES.index(q) for q in ("", "7", "maj7"))
_OPEN = tuple(QUALITIES.index(q) for q in ("5", "sus4"))
_TONICS = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
WEIGHTS = np.array([3.2, 4.1, 0.7, 1.1, 1.3, 1.6, 2.6])
"""Of the evidence in `evidence`, in its order.

By `services.analyzer.training.key_weights`: softmax regression on excerpts of 66 rendered songs and of chord annotations of
250 songs each of McGill Billboard (CC0) and POP909 (MIT), the three alike, none below zero; rounded.
"""
LAST_OF_ALL = 1.9
"""How many times its weight the last chord has where the music comes to an end there; excerpts end anywhere."""


def key_named(number: int) -> Key:
    """The key of a number 0–23, major first, in its commonest spelling."""
    mode = MODES[number // CLASSES]
    return Key(_TONICS[mode][number % CLASSES], mode)


def tonic_shares(likely: Array) -> Array:
    """How likely each stretch is the tonic chord of each key: [stretches, STATES] -> [stretches, KEYS]."""
    cube = likely.reshape(len(likely), CLASSES, len(QUALITIES))
    bare = 0.5 * cube[:, :, _OPEN].sum(axis=2)
    return np.concatenate([cube[:, :, _MAJOR_TRIADS].sum(axis=2) + bare, cube[:, :, _MINOR_TRIADS].sum(axis=2) + bare], axis=1)


def fits(likely: Array) -> Array:
    """Log of how much likelier the chords of each stretch are in each key than anywhere [stretches, KEYS]."""
    return np.asarray(np.log(np.maximum(likely @ (shares_in_keys() / quality_shares()).T, 1e-3)))


def profile_fits(classes: Array) -> Array:
    """Correlation of pitch classes [12] with each key's profile [KEYS]."""
    if classes.std() <= 1e-9:
        return np.zeros(KEYS)
    profiles = [np.roll(profile, tonic) for profile in (MAJOR_PROFILE, MINOR_PROFILE) for tonic in range(CLASSES)]
    return np.array([np.corrcoef(classes, profile)[0, 1] for profile in profiles])


def evidence(likely: Array, path: npt.NDArray[np.int64], grid: Grid, classes: Heard, bass: Heard, *, ended: bool = False) -> Array:
    """What speaks for each key [KEYS, 7].

    Args:
        likely: probability of each chord [stretches, STATES].
        path: the likeliest states; STATES is no chord.
        grid: where stretches begin.
        classes: pitch classes of what sounds [stretches, 12].
        bass: pitch classes of the bass [stretches, 12].
        ended: whether the music comes to an end, instead of being cut or faded.
    """
    length = grid.lengths_s * (path < STATES)
    share = length / max(length.sum(), 1e-9)
    home = tonic_shares(likely)
    sounding = np.flatnonzero(path < STATES)
    edge = max(1, min(8, len(sounding) // 8))
    first, last = (home[sounding[:edge]], home[sounding[-edge:]]) if len(sounding) else (home[:1], home[-1:])
    low = (bass * share[:, None]).sum(axis=0)
    return np.stack(
        [
            share @ fits(likely),
            profile_fits((classes * share[:, None]).sum(axis=0)),
            first.mean(axis=0),
            last.mean(axis=0) * (LAST_OF_ALL if ended else 1.0),
            _resolutions(path),
            np.tile(low / max(low.sum(), 1e-9), 2),
            share @ home,
        ],
        axis=1,
    )


def _resolutions(path: npt.NDArray[np.int64]) -> Array:
    """Share of the chord changes that lead from each key's dominant to its tonic [KEYS]."""
    found = np.zeros(KEYS)
    edges = np.flatnonzero(np.diff(path) != 0)
    for edge in edges:
        before, after = int(path[edge]), int(path[edge + 1])
        if STATES in (before, after):
            continue
        (root, quality), (tonic, kind) = divmod(before, len(QUALITIES)), divmod(after, len(QUALITIES))
        if (root - tonic) % CLASSES == 7 and quality in _MAJOR_TRIADS:
            if kind not in _MINOR_TRIADS:
                found[tonic] += 1
            if kind not in _MAJOR_TRIADS:
                found[CLASSES + tonic] += 1
    return found / max(len(edges), 1)
