"""Composes songs of every genre and prints where their melodies lie in the bands of real songs.

Run as `python -m tests.evaluation.melody_bands [songs per genre] [genre] [--out FILE]`. A value outside its band is marked with `!`.
"""

import argparse
from pathlib import Path
from statistics import median

from contracts.brief import Brief, Source, Stated
from services.generator.composition import compose
from services.generator.composition.composer import heard_score
from services.generator.composition.critic import BANDS, measure
from services.music.packs.genres import genres
from tests.evaluation.measures import keep

_MARKS = {
    "entropy": "H",
    "entropy_1": "H1",
    "entropy_4": "H4",
    "groove": "GS",
    "groove_adjacent": "GSa",
    "scale": "scale",
    "empty_beats": "empty",
}
_MARKS |= {"notes_per_beat": "n/beat", "range": "range", "earlier_bars": "earlier", "compression": "zlib", "strong_chord_tones": "chord"}
_MARKS |= {"leaps": "leaps"}
_NOTE = """Medians of songs of two minutes; low and high are the 5 % and 95 % of 880 POP909 melodies. H, H1, H4: pitch-class entropy of
song, bar, four bars; GS, GSa: grooving similarity of all and of adjacent bars; earlier: bars that were heard exactly so before;
zlib: compression of (pitch, onset distance); chord: chord tones on strong beats."""


def simple_brief(genre: str, index: int = 0, **stated: object) -> Brief:
    """A brief as the reader would infer it for a genre; `stated` overrides single fields and marks them as stated."""
    identity = genres()[genre].identity
    key = (
        ("A minor", "D minor", "F# minor", "C minor", "E minor")
        if identity.minor_share > 0.5
        else ("C major", "G major", "Eb major", "A major", "F major")
    )
    values: dict[str, object] = {
        "tempo_bpm": identity.tempo_bpm[1], "key": key[index % 5], "meter": identity.meters[0], "duration_s": 120.0, "genres": (genre,),
        "moods": (), "energy": identity.energy, "valence": identity.valence, "instruments_with": (), "instruments_without": (),
        "structure": (), "chords": {}, "production": (), "use": "",
    }  # fmt: skip
    fields = {
        name: Stated(value=stated.get(name, value), source=Source.STATED if name in stated else Source.INFERRED)
        for name, value in values.items()
    }
    return Brief.model_validate({name: field.model_dump() for name, field in fields.items()})


def rows(songs: int, only: str | None = None) -> dict[str, dict[str, float]]:
    """Median of each feature per genre."""
    table: dict[str, dict[str, float]] = {}
    for genre in genres():
        if only and genre != only:
            continue
        found = [measure(heard_score(compose(simple_brief(genre, seed), seed).score)) for seed in range(songs)]
        table[genre] = {name: median(f[name] for f in found if f) for name in _MARKS}
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("songs", nargs="?", type=int, default=5)
    parser.add_argument("genre", nargs="?", default=None)
    parser.add_argument("--out", type=Path, default=None)
    arguments = parser.parse_args()
    table = rows(arguments.songs, arguments.genre)
    lines = [
        f"{'':14}" + "".join(f"{mark:>9}" for mark in _MARKS.values()),
        f"{'low':14}" + "".join(f"{BANDS[name][0]:>9}" for name in _MARKS),
        f"{'high':14}" + "".join(f"{BANDS[name][2]:>9}" for name in _MARKS),
    ]
    for genre, features in table.items():
        cells = (f"{features[n]:8.2f}{' ' if BANDS[n][0] <= features[n] <= BANDS[n][2] else '!'}" for n in _MARKS)
        lines.append(f"{genre:14}" + "".join(cells))
    print("\n".join(lines))
    if arguments.out:
        command = f"python -m tests.evaluation.melody_bands {arguments.songs} --out docs/music-measures.md"
        keep(arguments.out, "Melodies", command, _NOTE, "\n".join(lines))


if __name__ == "__main__":
    main()
