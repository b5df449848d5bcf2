"""Styles that are written at twice the tempo that is felt, asked for at the felt one: everybody plays twice as fast.

Trap at 70 BPM is trap at 140: two beats of a groove fall into one, sections and chords last half as many bars.
"""

from services.music.packs.form_table import FormTable
from services.music.packs.genres import GenrePack
from services.music.packs.rhythm import BassTable, DrumTable, Grooves

_SLACK = 1.15
"""How far above its fastest tempo a style may go in double time."""
_DENSER = 1.6


def wants_double_time(pack: GenrePack, bpm: float) -> bool:
    """Whether a tempo is the felt one of a style that is written at twice of it."""
    return pack.identity.felt_half and 2.0 * bpm <= _SLACK * pack.identity.tempo_bpm[2]


def quickened(pack: GenrePack) -> GenrePack:
    """A pack in double time: grooves and bass twice as fast, sections and chords of half as many bars, the melody denser."""
    low, typical, high = pack.melody.notes_per_beat
    melody = pack.melody.model_copy(update={"notes_per_beat": (low * _DENSER, typical * _DENSER, high * _DENSER)})
    held = max(pack.harmony.bars_per_chord // 2, 1)
    return pack.model_copy(
        update={
            "form": _halved(pack.form),
            "harmony": pack.harmony.model_copy(update={"bars_per_chord": held}),
            "melody": melody,
            "drums": quickened_drums(pack.drums),
            "bass": quickened_bass(pack.bass),
        }
    )


def quickened_drums(table: DrumTable) -> DrumTable:
    """The drummer in double time."""
    levels = {level: _grooves(getattr(table, level)) for level in ("low", "mid", "high", "half", "percussion")}
    return table.model_copy(update={**levels, "fill_every": max(table.fill_every // 2, 2)})


def quickened_bass(table: BassTable) -> BassTable:
    """The bass in double time."""
    levels = {level: tuple(pattern_at_double(p) for p in getattr(table, level)) for level in ("low", "mid", "high")}
    return table.model_copy(update=levels)


def pattern_at_double(pattern: str) -> str:
    """Whole bars of a pattern at twice its pace: "x... .... x... ...." -> "x....... x....... x....... x......."."""
    cells = [_of_four(cell) for cell in pattern.split()]
    fast = [first + second for first, second in zip(cells[::2], cells[1::2], strict=True)]
    return " ".join(fast * (2 if len(fast) % 4 else 1))


def _of_four(cell: str) -> str:
    """A cell in four characters: triplets and finer figures take the nearest sixteenths."""
    return "".join(cell[i * len(cell) // 4] for i in range(4))


def _grooves(grooves: Grooves) -> Grooves:
    return {voice: tuple(pattern_at_double(p) for p in patterns) for voice, patterns in grooves.items()}


def _halved(table: FormTable) -> FormTable:
    """Sections of half as many bars, never under two."""
    lengths: dict[str, dict[int, float]] = {}
    for label, weights in table.lengths.items():
        here = lengths.setdefault(label, {})
        for bars, weight in weights.items():
            half = max(bars // 2, 2)
            here[half] = here.get(half, 0.0) + weight
    return table.model_copy(update={"lengths": lengths})
